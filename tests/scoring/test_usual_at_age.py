"""Which past releases a release's crash-free users stand beside."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from jobs.scoring.inputs.prepared_cells import ReleaseContext
from jobs.scoring.inputs.release_calendar import Release
from jobs.scoring.method.release_history import Proxy
from jobs.scoring.rows.reach_columns import usual_at
from tests.scoring.small_channel import ORIGIN


def a_release(version, days):
    at = ORIGIN + timedelta(days=days)
    return Release("beta", version, at, at)


RECORDS = {
    "57.0b8": {"all": np.full(168, 0.97)},
    "57.0b9": {"all": np.full(168, 0.99), "Windows_NT": np.full(168, 0.98)},
    "57.0b10": {},  # of which nothing is known, as of one of before people were counted
}
RECORD = SimpleNamespace(of=lambda release: SimpleNamespace(crash_free_users=RECORDS[release.version]))
CONTEXT = ReleaseContext(a_release("57.0b11", 14), 100, (a_release("57.0b10", 13), a_release("57.0b9", 11), a_release("57.0b8", 0)), RECORD)


@pytest.mark.parametrize(
    ("platform", "look", "median", "releases"),
    [
        ("all", 10, 0.98, 2),
        ("all", 71, 0.98, 2),
        ("all", 72, 0.97, 1),  # 57.0b9 had been out for three days when this one came: then its users left
        ("Windows_NT", 10, 0.98, 1),
    ],
)
def test_past_releases_count_as_long_as_they_were_the_newest(platform, look, median, releases):
    usual = usual_at(CONTEXT, platform, look)
    assert usual is not None
    assert (usual.median, usual.releases) == (pytest.approx(median), releases)


def test_nothing_is_usual_where_no_past_release_tells():
    assert usual_at(CONTEXT, "Darwin", 10) is None
    assert usual_at(ReleaseContext(CONTEXT.release, 100, (), RECORD), "all", 10) is None


def test_another_channel_s_people_are_not_usual():
    """Where a channel has no past, that of the channel before stands in for crashes; who uses a beta is another person."""
    stood_in_for = ReleaseContext(CONTEXT.release, 100, CONTEXT.baselines, RECORD, Proxy.CHANNEL_BEFORE)
    assert usual_at(stood_in_for, "all", 10) is None
