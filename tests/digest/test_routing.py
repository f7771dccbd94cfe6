"""The routing file: where each channel is told, who is mentioned and when; mistakes are named by line and key."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH
from jobs.deployment.settings import ROOT
from jobs.digest.decisions.digest_routing import RoutingError, parse_routing
from local.slack_stand_in.message_store import Channel
from tests.digest.facts_factory import NOON, State, a_release
from tests.digest.running_the_digest import HOUR, last_line, run
from tests.digest.stored_rows import an_audit_row, health_rows, store

EXAMPLE = """
[default]
slack_channel = "release-health"
mention_hours = "08:00-20:00"

[channels.beta]
slack_channel = "#beta-health"
mention = "S0123456789"
time_zone = "America/Los_Angeles"

[channels.nightly]
mention_hours = "22:00-06:00"
expected = true
"""


def test_a_channel_takes_from_the_default_what_it_leaves_out():
    routing = parse_routing(EXAMPLE, "unused")
    assert (routing.route_of("beta").slack_channel, routing.route_of("beta").mention) == ("#beta-health", "S0123456789")
    assert (routing.route_of("release").slack_channel, routing.route_of("release").mention) == ("release-health", None)
    assert routing.expected_channels == ("nightly",)


def test_without_a_file_everything_goes_to_one_channel():
    assert parse_routing("", "release-health").route_of("beta").slack_channel == "release-health"


@pytest.mark.parametrize(
    ("channel", "utc_hour", "may"),
    [("beta", 17, True), ("beta", 12, False), ("release", 12, True), ("release", 20, False), ("nightly", 23, True), ("nightly", 12, False)],
)
def test_mentions_keep_to_their_hours_in_their_zone(channel, utc_hour, may):
    # 17:00 UTC is 9 o'clock in Los Angeles in November, 12:00 UTC is 4 o'clock.
    assert parse_routing(EXAMPLE, "x").route_of(channel).may_mention_at(datetime(2026, 11, 23, utc_hour, tzinfo=UTC)) is may


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[default]\nslack_chanel = "x"', r"routing.toml, line 2: default.slack_chanel is not known; there are slack_channel"),
        ('[channels.beta]\n\nmention = "@drivers"', r"routing.toml, line 3: channels.beta.mention must be the id of a Slack user group"),
        ('[channels.betta]\nmention = "S0123456789"', r"line 1: channels.betta is not a release channel; there are release, esr"),
        ('[default]\nmention_hours = "8-20"', r"line 2: default.mention_hours must be two times, such as 08:00-20:00, not '8-20'"),
        ('[default]\ntime_zone = "Mars/Olympus"', r"line 2: default.time_zone must be a time zone such as Europe/Berlin"),
        ("[default]\nexpected = 1", r"line 2: default.expected must be true or false"),
        ('operators = "Two Words"', r"routing.toml, line 1: operators must be a Slack channel's name or id"),
        ("[channels.beta]\nshadow = 1", r"line 2: channels.beta.shadow must be true or false"),
        ("[channels.beta]\nshadow = true", r"line 2: channels.beta.shadow needs `operators` at the top of the file"),
        ("[default]\nshadow = true", r"line 2: default.shadow needs `operators`"),
        ('[routes]\nslack_channel = "x"', r"line 1: routes is not known; there are operators, \[default\] and \[channels"),
        ('[default]\nslack_channel = "Two Words"', r"line 2: default.slack_channel must be a Slack channel's name or id"),
        ("[default\n", r"routing.toml is not TOML: .*line 1"),
        ('channels = "beta"', r"line 1: channels must hold a section for each release channel"),
        ("default = 1", r"line 1: default must be a section"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_line_and_key(text, message):
    with pytest.raises(RoutingError, match=message):
        parse_routing(text, "x", "routing.toml")


def test_the_file_in_the_repository_is_valid():
    routing = parse_routing((ROOT / "digest_routing.toml").read_text(), "release-health")
    assert routing.default.slack_channel == "release-health"


def test_the_digest_goes_where_the_file_says(catalog, slack, tmp_path: Path):
    beta = Channel("C0BETA0000", "beta-health")
    slack.stand_in.store.put_channel(beta)
    (tmp_path / "routing.toml").write_text(EXAMPLE)
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(as_of=NOON)))
    assert last_line(run(NOON)) == "#beta-health: beta posted; #release-health: nightly posted"
    assert slack.stand_in.store.messages(beta)[0].text.startswith("✔ Kestrel beta 57.0b8")
    assert slack.messages[0].text.startswith("✖ Kestrel nightly – no figures yet")


SHADOW = """
operators = "release-operators"

[default]
mention = "S0123456789"

[channels.beta]
slack_channel = "beta-health"
shadow = true
"""


def test_operators_are_told_where_the_default_says_unless_they_have_a_channel_of_their_own():
    assert parse_routing("", "release-health").operators == "release-health"
    assert parse_routing('[default]\nslack_channel = "a"', "x").operators == "a"
    routing = parse_routing(SHADOW, "release-health")
    assert (routing.operators, routing.route_of("release").slack_channel) == ("release-operators", "release-health")
    assert routing.slack_channels == ("release-health", "release-operators")


def test_a_default_in_shadow_leaves_the_channels_that_are_not():
    text = 'operators = "ops"\n[default]\nshadow = true\nmention = "S0123456789"\n[channels.beta]\nshadow = false'
    routing = parse_routing(text, "release-health")
    assert (routing.default.slack_channel, routing.default.mention) == ("ops", None)
    assert (routing.route_of("beta").slack_channel, routing.route_of("beta").mention) == ("release-health", "S0123456789")


def test_a_channel_in_shadow_alarms_to_the_operators_alone_and_mentions_nobody(catalog, slack, tmp_path: Path):
    operators, beta = Channel("C0OPERATOR", "release-operators"), Channel("C0BETA0000", "beta-health")
    for channel in (operators, beta):
        slack.stand_in.store.put_channel(channel)
    (tmp_path / "routing.toml").write_text(SHADOW)
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_HEALTH, health_rows(a_release(State.REGRESSED, as_of=NOON)))
    assert last_line(run(NOON)) == "#release-operators: beta posted, 57.0b8 alarm posted"
    assert (slack.stand_in.store.messages(beta), slack.messages) == ([], [])
    root, alarm = slack.stand_in.store.messages(operators)[:2]
    assert "In shadow: only this channel is told" in str(root.blocks)
    assert "In shadow: only this channel is told." in str(alarm.blocks)
    assert "S0123456789" not in str(alarm.blocks)

    (tmp_path / "routing.toml").write_text(SHADOW.replace("shadow = true", "shadow = false"))
    assert last_line(run(NOON)) == "#beta-health: beta posted, 57.0b8 alarm posted"
    root, alarm = slack.stand_in.store.messages(beta)[:2]
    assert "In shadow" not in str(root.blocks) + str(alarm.blocks)
    assert "S0123456789" in str(alarm.blocks)


def test_a_mistake_in_the_file_ends_the_task_before_anything_is_read(catalog, slack, tmp_path: Path):
    (tmp_path / "routing.toml").write_text("[default]\nmentions = 1\n")
    result = run(NOON)
    assert (result.exit_code, slack.messages) == (1, [])
    assert "routing.toml, line 2: default.mentions is not known" in result.output
