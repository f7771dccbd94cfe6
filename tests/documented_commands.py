"""The commands of README, CONTRIBUTING and docs: each is run as written by tests/end_to_end/test_typed_commands.py, or stands here with a reason."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.deployment.settings import ROOT

_BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
_OF_A_SHELL = ("", "bash", "sh")
_INLINE = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(r"(\.venv/bin/python -m|python -m|make|airflow|docker|git|pip) \S")

NOT_RUN = {
    r"make (demo|clean|setup|stack-\w+)\b": "the demo itself, and what starts or removes it; the pipeline that the others run on",
    r"make (test|lint|types|help)[\w-]*\b": "what runs the tests",
    r"make (benchmark|evaluate)-\w+|.* simulation\.": "takes minutes to an hour",
    r"make (lock|screenshots|code-archive)\b": "needs a package index, a browser or a cluster",
    r"docker ": "needs a container engine (docker/README.md)",
    r"airflow ": "needs Airflow's own environment; tests/end_to_end runs Airflow's commands by `local.stack.local_stack exec`",
    r"git |pip ": "for whoever installs this elsewhere",
    r".* --accept-less\b": "accepts that input is gone; tests of the gate do so on purpose",
    r".* jobs\.restore_window\b": "takes hours back to an earlier time; tests/tables do so on purpose",
    r"make page\b|.* jobs\.serve_pages$": "serve until they are stopped; tests/page and tests/local/test_show_page.py ask them",
    r".* jobs\.write_\w+$": "write into the checkout; their --check is a test",
    r".* --check-channel\b": "posts to a real Slack channel",
    r".*(…|\bFILE\b|\bTIME\b)": "a form, not a command",
}
"""Patterns of commands that are not run, and why."""


@dataclass(frozen=True)
class DocumentedCommand:
    document: str
    text: str

    @property
    def why_not_run(self) -> str | None:
        return next((reason for pattern, reason in NOT_RUN.items() if re.match(pattern, self.text)), None)


def documented_commands() -> list[DocumentedCommand]:
    """In order of the documents; the same command twice is one."""
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "docker" / "README.md"]
    return list(dict.fromkeys(found for path in paths for found in _commands_of(path)))


def _commands_of(path: Path) -> Iterator[DocumentedCommand]:
    text = path.read_text()
    name = path.relative_to(ROOT).as_posix()
    blocks = [block for language, block in _BLOCK.findall(text) if language in _OF_A_SHELL]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    inline = _INLINE.findall(_BLOCK.sub("", text))
    for found in (*lines, *inline):
        command = re.sub(r"\s+#.*", "", found.strip())
        if _COMMAND.match(command):
            yield DocumentedCommand(name, re.sub(r" +", " ", command))
