"""The release calendar: what no ping carries is named, in the job's line."""

from jobs.declarations.windows import HOUR
from jobs.score_release_health import score_looks
from jobs.scoring.inputs.release_calendar import unseen_releases
from tests.scoring.small_channel import SmallChannel, lake_of

CHANNEL = SmallChannel(betas=2, last_hours=30)
LONG_AGO = CHANNEL.end - 40 * HOUR


def test_releases_of_the_calendar_without_a_ping_are_named_when_scoring(tmp_path, capsys):
    misspelt = {("Beta", "57.0b9"): LONG_AGO, ("beta", "57.0 beta 9"): LONG_AGO, ("beta", "57.0b99"): CHANNEL.end}
    score_looks(lake_of(CHANNEL, tmp_path), CHANNEL.calendar | misspelt, CHANNEL.end - HOUR)
    assert "2 releases of the release calendar have no pings: Beta 57.0b9, beta 57.0 beta 9" in capsys.readouterr().out


def test_a_nightly_is_seen_as_its_version_and_the_monday_of_its_builds():
    calendar = {("nightly", "59.0a1"): LONG_AGO, ("nightly", "60.0a1"): LONG_AGO}
    assert unseen_releases(calendar, {"nightly": ("59.0a1 2017-11-20",)}, LONG_AGO, CHANNEL.end) == ["nightly 60.0a1"]
