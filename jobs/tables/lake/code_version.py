"""Which code wrote a row."""

import hashlib
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jobs.deployment.settings import ROOT


@cache
def code_version() -> str:
    """The commit of the checkout (`-dirty` with changes), else a digest of the sources: a zip or an image has no git."""
    return _commit() or f"sources-{source_digest()}"


def source_digest(*places: str) -> str:
    """A digest of the sources of modules and of all below folders, both given as paths in `jobs`; of all of it where none is given.

    The same in a checkout, a package or a zip.
    """
    digest, root = hashlib.sha256(), files("jobs")
    for place, source in [(place, root.joinpath(place)) for place in places] or [("", root)]:
        for path, content in _sources(source, place):
            digest.update(path.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:12]


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


def _sources(source: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    """Path and content, in an order that depends on the paths alone. A file that is not there is an error of whoever names it."""
    if not source.is_dir():
        yield path, source.read_bytes()
        return
    for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
        if (entry.is_dir() and entry.name != "__pycache__") or entry.name.endswith(".py"):
            yield from _sources(entry, f"{path}/{entry.name}")
