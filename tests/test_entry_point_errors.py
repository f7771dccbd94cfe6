"""Whatever is missing, malformed or out of reach, an entry point ends with exit code 1 and says what to do; never with a traceback."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from jobs.commands.command_line import EntryPoint
from jobs.deployment.settings import ROOT
from tests.tables.lakes import lake_environment

WINDOW = ("--start", "2026-11-22T10:00Z", "--end", "2026-11-22T11:00Z", "--mode", "provisional", "--run-key", "by-hand")
RELEASE = ("--channel", "beta", "--version", "57.0b8")
ARGUMENTS = {
    "aggregate_errors": WINDOW,
    "audit_aggregates": WINDOW,
    "audit_health": WINDOW,
    "score_release_health": WINDOW,
    "post_health_digest": (*WINDOW, "--preview"),
    "maintain_tables": ("--end", "2026-11-22T00:00Z"),
    "plan_backfill": ("--start", "2026-11-01", "--end", "2026-11-02", "--run-key", "by-hand"),
    "explain_release_health": RELEASE,
    "review_release": (*RELEASE, "--confirm"),
}
READS_THE_CATALOG = ("score_release_health", "post_health_digest", "maintain_tables", "explain_release_health", "review_release")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "landing").mkdir()
    own = {name: str(tmp_path / name.lower()) for name in ("LANDING", "STAGING", "DATA_DOCS")}
    for name, value in (own | lake_environment(tmp_path) | {"LEDGER_URI": f"sqlite:///{tmp_path}/ledger.db"}).items():
        monkeypatch.setenv(name, value)


def run(name: str, *more: str) -> Result:
    return CliRunner().invoke(importlib.import_module(f"jobs.{name}").main, [*ARGUMENTS[name], *more])


def assert_told(result: Result, *words: str) -> None:
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
    assert "Traceback" not in result.output
    assert all(word in result.output for word in words), result.output


@pytest.mark.parametrize("name", ARGUMENTS)
def test_settings_that_are_wrong(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('landign = "x"\n')
    monkeypatch.setenv("RELEASE_HEALTH_SETTINGS", str(file))
    assert_told(run(name), f"Error: {file}: landign is no setting; did you mean landing?")


@pytest.mark.parametrize("name", READS_THE_CATALOG)
def test_a_catalog_that_nobody_answers_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__TYPE", "rest")
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", "http://127.0.0.1:9")
    assert_told(run(name), "check that it runs and the address in the settings")


@pytest.mark.parametrize("name", READS_THE_CATALOG)
def test_a_catalog_that_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", "nonsense")
    assert_told(run(name), "a database URI cannot be used", "postgresql+psycopg2://host/database")


@pytest.mark.parametrize(
    ("uri", "words"), [("ledger", "must be a database URI"), ("sqlite:////dev/null/ledger.db", "/dev/null"), ("no://x", "LEDGER_URI")]
)
def test_a_ledger_that_cannot_be_used(uri: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEDGER_URI", uri)
    assert_told(run("post_health_digest"), words)


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("LANDING", "/nowhere", "plan_backfill"),
        ("RELEASE_CALENDAR", "/nowhere/calendar.csv", "score_release_health"),
        ("RELEASE_CALENDAR", "/nowhere/calendar.csv", "explain_release_health"),
        ("RELEASE_CALENDAR", str(ROOT / "README.md"), "score_release_health"),
        ("DIGEST_ROUTING", "/nowhere/routing.toml", "post_health_digest"),
        ("DIGEST_ROUTING", str(ROOT / "README.md"), "post_health_digest"),
        ("STAGING", "/dev/null/staging", "score_release_health"),
    ],
)
def test_a_place_that_is_not_there_or_something_else(variable: str, value: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    assert_told(run(name), Path(value).parts[1] if "nowhere" in value or "null" in value else "")


@pytest.mark.parametrize("name", ["aggregate_errors"])
def test_a_job_without_java(name: str) -> None:
    environment = {variable: value for variable, value in os.environ.items() if variable != "JAVA_HOME"} | {"PATH": "/nowhere"}
    command = [sys.executable, "-m", f"jobs.{name}", *ARGUMENTS[name]]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert "install Java 17" in result.stderr


def test_a_fault_of_the_program_keeps_its_traceback_and_ends_in_one_line() -> None:
    @click.command("breaks", cls=EntryPoint)
    def breaks() -> None:
        raise KeyError("\x1b[2Jnobody foresaw this")

    result = CliRunner().invoke(breaks)
    assert result.exit_code == 1
    assert "Traceback" in result.output and "\x1b" not in result.output
    assert result.output.splitlines()[-1].startswith("Error: this was not expected, and is a fault of breaks: KeyError:")


def test_nothing_that_a_command_prints_acts_on_a_terminal() -> None:
    @click.command("speaks", cls=EntryPoint)
    def speaks() -> None:
        click.echo("\x1b]0;owned\x07 \u202ereversed \u2028 line, tab\tand é stay ≈ ⛔")
        click.echo("\x9b31m", err=True)
        print("\x08\x08\x08")  # noqa: T201 - as libraries do
        raise click.ClickException("\x1b[8mhidden")

    output = CliRunner().invoke(speaks).output
    assert not set(output) & set("\x1b\x07\x08\x9b\u202e\u2028")
    assert r"\x1b]0;owned\x07 \u202ereversed \u2028 line, tab" in output and "\tand é stay ≈ ⛔" in output
    assert "Error: " in output and "hidden" in output
