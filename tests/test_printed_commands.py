"""A command that a message prints finds, typed in a bare shell, the settings of the task that printed it."""

import re
from pathlib import Path

import pytest

from jobs.commands import printed_commands
from jobs.commands.printed_commands import printed_command
from jobs.deployment import settings
from jobs.deployment.settings import ROOT
from jobs.products.chosen import SOURCE

COMMANDS_OF_OURS = re.compile(r"python3? -m jobs\.(?!spark_daemon)")
MADE_BY_HAND = {
    "jobs/tables/lake/data_dictionary.py": "a page of the documentation",
    "jobs/commands/printed_commands.py": "the one place",
}


def test_a_command_runs_by_the_checkouts_python_with_its_arguments_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed_commands, "ROOT", tmp_path)
    assert (
        printed_command("explain_release_health", "--version", "57.0b8; x") == "python -m jobs.explain_release_health --version '57.0b8; x'"
    )
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch(mode=0o644)
    assert printed_command("check_pings") == "python -m jobs.check_pings", "nobody may run it"
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    assert printed_command("check_pings") == ".venv/bin/python -m jobs.check_pings"


def test_a_file_that_a_bare_shell_would_not_find_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, other = tmp_path / "release_health.toml", tmp_path / "of one stack.toml"
    for file in (found, other):
        file.write_text(f'product = "{SOURCE}"\n')
    monkeypatch.setattr(settings, "SETTINGS_FILE", found)
    monkeypatch.setenv("RELEASE_HEALTH_SETTINGS", str(found))
    assert printed_command("check_pings").endswith("python -m jobs.check_pings")
    monkeypatch.setenv("RELEASE_HEALTH_SETTINGS", str(other))
    assert printed_command("check_pings").startswith(f"RELEASE_HEALTH_SETTINGS='{other}' ")


def test_no_message_makes_its_command_by_hand() -> None:
    """Docstrings, which name commands for those who read the code, are not messages."""
    found = set()
    for path in (path for room in ("jobs", "expectations", "dags") for path in (ROOT / room).rglob("*.py")):
        without_docstrings = re.sub(r'"""[\s\S]*?"""', "", path.read_text())
        if COMMANDS_OF_OURS.search(without_docstrings):
            found.add(path.relative_to(ROOT).as_posix())
    assert found - set(MADE_BY_HAND) == set()
