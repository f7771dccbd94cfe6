"""Every documented command names what there is: a module, its options and values, a target of the Makefile. They are run in tests/end_to_end."""

import importlib
import re
import shlex

import click
import pytest

from jobs.deployment.settings import ROOT
from tests.documented_commands import NOT_RUN, DocumentedCommand, documented_commands

COMMANDS = documented_commands()
A_FORM = "a form, not a command"


def test_there_are_commands_and_every_reason_not_to_run_one_is_needed() -> None:
    assert len([command for command in COMMANDS if command.why_not_run is None]) >= 10
    unused = {pattern for pattern in NOT_RUN if not any(re.match(pattern, command.text) for command in COMMANDS)}
    assert unused <= {r".* --check-channel\b", r".* jobs\.restore_window\b", r"git |pip "}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command.document}: {command.text[:60]}")
def test_a_documented_command_is_understood(command: DocumentedCommand) -> None:
    words = shlex.split(command.text)
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
    if words[0] == "python":
        assert command.document.startswith("docker"), "in a bare shell `python` is another one: write .venv/bin/python"
    # The check of a channel is done while its options are read.
    if "-m" in words and words[0] != "docker" and "--check-channel" not in words and command.why_not_run != A_FORM:
        module = importlib.import_module(words[words.index("-m") + 1])
        main: click.Command = getattr(module, "main", None) or module.cli
        main.make_context(words[2], words[words.index("-m") + 2 :], resilient_parsing=False)
