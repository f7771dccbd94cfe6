"""Which code wrote a row."""

import hashlib
import subprocess
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jobs.settings import ROOT


@cache
def code_version() -> str:
    """The commit of the checkout (`-dirty` with changes), else a digest of the sources: a zip or an image has no git."""
    return _commit() or _source_digest()


def _commit() -> str | None:
    if not (ROOT / ".git").exists():
        return None
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):  # no git on the machine, or a checkout of another user
        return None
    return described.stdout.strip() or None


def _source_digest() -> str:
    digest = hashlib.sha256()
    for source in _sources(files("jobs")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return f"sources-{digest.hexdigest()[:12]}"


def _sources(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _sources(entry)
        elif entry.name.endswith(".py"):
            found.append(entry)
    return found
