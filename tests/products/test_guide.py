"""The commands of the guide that name a product run as written."""

import os
import re
import subprocess

import pytest

from jobs.deployment.settings import ROOT

COMMANDS = re.findall(r"(PRODUCT=\w+ \.venv/bin/python -m [^`\n]+)", (ROOT / "docs" / "products.md").read_text())


@pytest.mark.skipif(not os.access(ROOT / ".venv" / "bin" / "python", os.X_OK), reason="an image has no .venv: Python is on the path")
@pytest.mark.parametrize("command", COMMANDS)
def test_it_runs_as_written(command: str) -> None:
    bare = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=bare, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_guide_has_some() -> None:
    assert len(COMMANDS) >= 2
