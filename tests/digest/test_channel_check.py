"""`--check-channel` tries what the digest relies on, tells it, and leaves nothing behind."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobs.post_health_digest import main
from local.slack_stand_in.stand_in_app import ALL_SCOPES, DEFAULT_TOKEN
from tests.running_stand_in import CHANNEL, RunningStandIn

POINTS = (
    "reads its key back from the channel's history",
    "edits its message",
    "reads its key back from a thread's replies",
    "shows a table",
    "shows a table whose columns are not aligned",
    "shows a picture that is not shared",
    "deletes its messages and files",
)


@pytest.fixture
def check(slack: RunningStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command; nothing but Slack is needed for it."""
    (tmp_path / "routing.toml").write_text(f'[default]\nslack_channel = "{CHANNEL.name}"\n')
    for name, value in (
        ("SLACK_API_URL", slack.api_url),
        ("SLACK_BOT_TOKEN", DEFAULT_TOKEN),
        ("DIGEST_ROUTING", str(tmp_path / "routing.toml")),
    ):
        monkeypatch.setenv(name, value)

    def run() -> Result:
        result = CliRunner().invoke(main, ["--check-channel"])
        assert slack.messages == []
        return result

    return run


def lines(result: Result) -> list[str]:
    return [line.strip() for line in result.output.splitlines() if line.startswith("  ")]


def test_all_holds(check, slack):
    result = check()
    assert (result.exit_code, lines(result)) == (0, [f"✔ {point}" for point in POINTS])
    assert all(file.is_deleted for file in slack.stand_in.store.files())


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ("table", "⚠ shows a table: Slack refused chat.postMessage: invalid_blocks (unsupported: table"),
        ("unaligned", "⚠ shows a table whose columns are not aligned: Slack refused chat.postMessage: invalid_blocks"),
        ("slack_file", "⚠ shows a picture that is not shared: Slack refused chat.postMessage: invalid_blocks"),
    ],
)
def test_what_slack_does_not_show_has_a_fallback_and_is_no_failure(check, slack, part, told):
    slack.stand_in.conditions.refuses_parts = (part,)
    result = check()
    assert result.exit_code == 0
    fallback = "The digest goes without pictures." if part == "slack_file" else "Tables are told in plain text instead."
    assert [line for line in lines(result) if line.startswith(told) and line.endswith(fallback)]


def test_metadata_that_cannot_be_read_back_needs_a_scope(check, slack):
    slack.stand_in.conditions.hides_metadata = True
    result = check()
    assert result.exit_code == 1
    assert (
        "✖ reads its key back from the channel's history: it is listed without its metadata. Add the scope metadata.message:read"
        in result.output
    )


@pytest.mark.parametrize("scope", sorted(ALL_SCOPES))
def test_a_scope_that_is_missing_is_named(check, slack, scope):
    slack.stand_in.scopes_by_token[DEFAULT_TOKEN] = ALL_SCOPES - {scope}
    result = check()
    assert result.exit_code == 1
    assert f"needs {scope}" in result.output
    assert "Give the app the scopes of docs/slack_app_manifest.yaml and reinstall it" in result.output


@pytest.mark.parametrize(
    ("method", "error", "point"),
    [
        ("conversations.replies", "not_allowed_token_type", "reads its key back from a thread's replies"),
        ("chat.update", "cant_update_message", "edits its message"),
    ],
)
def test_a_refusal_of_what_is_needed_fails(check, slack, method, error, point):
    slack.fails(method, "error", error=error, times=1_000)
    result = check()
    assert (result.exit_code, f"#{CHANNEL.name}: {point}: Slack refused {method}: {error}" in result.output) == (1, True)


def test_a_channel_without_the_app_says_how_to_invite_it(check, slack):
    slack.stand_in.store.put_channel(type(CHANNEL)(CHANNEL.id, CHANNEL.name, is_member=False))
    result = check()
    assert (result.exit_code, "/invite" in result.output) == (1, True)


def test_a_mistake_in_the_settings_is_told_in_a_line(check, monkeypatch):
    monkeypatch.setenv("DIGEST_ROUTING", "/nowhere/routing.toml")
    result = check()
    assert (result.exit_code, result.output.count("\n"), "/nowhere/routing.toml" in result.output) == (1, 1, True)
