"""One settings file for every command: where it is looked for, what it may say, and what overrides it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.deployment import settings
from jobs.deployment.settings import ROOT, SettingsError, from_environment
from jobs.deployment.settings_rules import Settings
from jobs.tables.lake.lake_catalog import open_catalog
from local.stack.settings_file import write_settings
from local.stack.stack_environment import StackConfig, stack_environment


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        name for name in os.environ if name.lower() in Settings.model_fields or name.startswith(("PYICEBERG_", "RELEASE_HEALTH_"))
    ]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "production.toml"
    monkeypatch.setenv("RELEASE_HEALTH_SETTINGS", str(path))
    return path


def test_a_file_says_what_runs_where_with_paths_relative_to_itself(file: Path) -> None:
    file.write_text(
        'landing = "s3://lake/landing/"\nstaging = "staged"\nrelease_calendar = "/etc/calendar.csv"\nairflow_url = "https://flow.example"\n'
    )
    read = from_environment()
    assert (read.landing, read.staging) == ("s3://lake/landing", str(file.parent / "staged"))
    assert (read.release_calendar, read.airflow_url) == ("/etc/calendar.csv", "https://flow.example")
    assert read.ledger_uri == f"sqlite:///{settings.LOCAL / 'ledger.db'}"


def test_variables_override_the_file_and_an_empty_one_is_none(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(
        'slack_channel = "releases"\ndata_label = "simulated data"\n[catalog]\ntype = "rest"\nuri = "https://catalog.example"\n'
    )
    monkeypatch.setenv("SLACK_CHANNEL", "quality")
    monkeypatch.setenv("DATA_LABEL", "")
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", "https://other.example")
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__S3__ENDPOINT", "http://127.0.0.1:1")
    read = from_environment()
    assert (read.slack_channel, read.data_label) == ("quality", "simulated data")
    assert read.catalog == {"type": "rest", "uri": "https://other.example", "s3.endpoint": "http://127.0.0.1:1"}


def test_the_catalog_is_that_of_the_file(file: Path) -> None:
    file.write_text(f'[catalog]\ntype = "sql"\nuri = "sqlite:///{file.parent}/c.db"\nwarehouse = "file://{file.parent}/warehouse"\n')
    assert open_catalog().properties["warehouse"] == f"file://{file.parent}/warehouse"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('landig = "x"', "landig is no setting; did you mean landing?"),
        ("landing = 3", "landing must be a valid string, not '3'"),
        ('landing = "gs://bucket"', "landing must be a folder or s3://bucket/prefix, not 'gs://bucket'"),
        ('ledger_uri = "ledger.db"', "ledger_uri must be a database URI such as"),
        ('airflow_url = "airflow.example"', "airflow_url must be an address that begins with https:// or http://"),
        ('slack_channel = "Release Health"', "slack_channel must be a Slack channel's name or id"),
        ("landing = ", "is not TOML"),
        ('catalog = "rest"', "catalog must be a section"),
        ('landing = "a"\nstaging = "a/b"', "overlap; give each a folder or prefix of its own"),
        ('staging = "a"\n[catalog]\nwarehouse = "file:///a/../{folder}/a"', "catalog.warehouse"),
        ('landing = "s3://lake"\nstaging = "s3://lake/staging"', "landing (s3://lake) and staging (s3://lake/staging) overlap"),
        ('slack_bot_token = "xoxb-1"', "slack_bot_token holds a secret: delete it there and set the variable SLACK_BOT_TOKEN"),
        ('ledger_uri = "postgresql://me:secret@host/db"', "ledger_uri holds a secret: delete it there and set the variable LEDGER_URI"),
        ('[catalog]\n"s3.secret-access-key" = "x"', "set the variable PYICEBERG_CATALOG__LAKE__S3__SECRET_ACCESS_KEY"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_what_is_allowed(file: Path, text: str, said: str) -> None:
    file.write_text(text.replace("{folder}", str(file.parent).lstrip("/")))
    with pytest.raises(SettingsError) as error:
        from_environment()
    assert said in str(error.value) and str(file) in str(error.value)
    assert "secret@" not in str(error.value) and "xoxb-1" not in str(error.value)


def test_every_mistake_is_told_at_once_and_a_variable_by_its_name(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('slack_channel = "A B"\n')
    monkeypatch.setenv("LEDGER_URI", "nonsense")
    with pytest.raises(SettingsError) as error:
        from_environment()
    assert "the variable LEDGER_URI must be a database URI" in str(error.value) and "slack_channel must be" in str(error.value)


def test_a_named_file_must_be_there(file: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file or directory; RELEASE_HEALTH_SETTINGS names it"):
        from_environment()


def test_the_local_stacks_file_serves_a_shell_that_names_no_places_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack, own = tmp_path / "stack.toml", tmp_path / "own.toml"
    monkeypatch.setattr(settings, "LOCAL_STACKS_FILE", stack)
    monkeypatch.setattr(settings, "SETTINGS_FILE", own)
    write_settings(
        stack, {"DATA_LABEL": "simulated data", "SLACK_API_URL": "http://127.0.0.1:8090/api/", "SLACK_BOT_TOKEN": "xoxb-stand-in"}
    )
    assert (from_environment().data_label, from_environment().slack_bot_token) == ("simulated data", "xoxb-stand-in")
    with monkeypatch.context() as real:
        real.setenv("SLACK_BOT_TOKEN", "xoxb-real")
        assert (from_environment().data_label, from_environment().slack_api_url) == (None, None)
    own.write_text('data_label = "mine"\n')
    assert from_environment().data_label == "mine"


def test_what_a_stack_writes_is_what_its_tasks_see_without_secrets(file: Path) -> None:
    environment = {
        "LANDING": "/data/landing",
        "SLACK_API_URL": "https://slack.com/api/",
        "SLACK_BOT_TOKEN": "xoxb-real",
        "LEDGER_URI": "postgresql://me:secret@host/db",
        "DATA_LABEL": 'simulated "data" ≈',
        "PYICEBERG_CATALOG__LAKE__TYPE": "sql",
        "PYICEBERG_CATALOG__LAKE__S3__PATH_STYLE_ACCESS": "true",
    }
    write_settings(file, environment)
    read = from_environment()
    assert (read.landing, read.slack_api_url, read.data_label) == ("/data/landing", "https://slack.com/api/", 'simulated "data" ≈')
    assert read.catalog == {"type": "sql", "s3.path-style-access": "true"}
    assert "secret" not in file.read_text() and "xoxb" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_a_stack_makes_is_for_its_user_alone(tmp_path: Path) -> None:
    config = StackConfig(home=tmp_path / "home")
    write_settings(config.settings_file, {})
    stack_environment(config, "postgresql://", 8080, {})
    assert [folder.stat().st_mode & 0o077 for folder in (config.home, config.airflow_home)] == [0, 0]


def test_tasks_keep_what_they_compile_whatever_the_shell_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environment = stack_environment(StackConfig(home=tmp_path), "postgresql://", 8080, {})
    command = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]
    assert subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout == "False\n"


def test_a_stack_that_is_started_again_still_knows_what_its_data_is(tmp_path: Path) -> None:
    config = StackConfig(home=tmp_path)
    write_settings(config.settings_file, {"DATA_LABEL": "simulated data", "RELEASE_CALENDAR": "/calendar.csv", "LANDING": "/old/landing"})
    environment = stack_environment(config, "postgresql://", 8080, {"SLACK_API_URL": "http://127.0.0.1:8090/api/"})
    told = {name: environment[name] for name in ("DATA_LABEL", "RELEASE_CALENDAR", "LANDING", "RELEASE_HEALTH_SETTINGS")}
    assert told == {
        "DATA_LABEL": "simulated data",
        "RELEASE_CALENDAR": "/calendar.csv",
        "LANDING": str(tmp_path / "landing"),
        "RELEASE_HEALTH_SETTINGS": str(tmp_path / "release_health.toml"),
    }


def test_the_readmes_table_names_every_setting(file: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    example = readme.split("```toml\n")[1].split("```")[0]
    rows = [line for line in readme.splitlines() if line.startswith("| `") and line.split("`")[1].strip("[]") in Settings.model_fields]
    named = {name.strip("[]") for row in rows for name in re.findall(r"`([^`]+)`", row.split("|")[1])}
    assert named == set(Settings.model_fields) - {"slack_bot_token"}
    file.write_text(example)
    assert from_environment().catalog["type"] == "rest"
