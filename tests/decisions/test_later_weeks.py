"""A release older than a week against its own days before: what is called worse, what is not, and what is not judged."""

import numpy as np
import pytest

from jobs.decisions.later_weeks import Bar, ReceivedHours, bars_by_platform, delayed_by_default, later_look
from jobs.declarations.policies import POLICY

HOURS = 600
WHOLE = Bar(POLICY.later_weeks.doubt, POLICY.later_weeks.scales)


def a_release(ratio=1.0, from_hour=HOURS, users=1.0, users_from=HOURS, seed=3, hours=HOURS):
    """Delayed crashes and usage hours: `ratio` times the crashes from an hour on, `users` times the usage from another on."""
    rng = np.random.default_rng(seed)
    hour = np.arange(hours)
    usage_hours = 20_000.0 * np.where(hour >= users_from, users, 1.0) * (1 + 0.4 * np.sin(2 * np.pi * hour / 24))
    crashes = rng.poisson(usage_hours * 0.002 * np.where(hour >= from_hour, ratio, 1.0)).astype(float)
    return delayed_by_default(crashes)[72:], usage_hours[72:]


def look_at(delayed, usage_hours, is_good=None):
    good = np.ones(delayed.size, dtype=bool) if is_good is None else is_good
    return later_look(ReceivedHours(delayed, usage_hours, good), WHOLE, POLICY.later_weeks, POLICY.alarm)


def test_a_release_as_it_was_is_not_worse():
    look = look_at(*a_release())
    assert look.worse_hours == 0
    assert look.figures.ratio_low < 1.0 < look.figures.ratio_high


def test_a_release_that_crashes_twice_as_often_is_worse_and_since_when_is_known():
    look = look_at(*a_release(2.0, from_hour=HOURS - 60))
    assert 24 < look.worse_hours < 60
    assert look.figures.ratio_low < 2.0 < look.figures.ratio_high


def test_it_is_worse_still_after_a_week_of_it_as_most_of_its_days_before_were_good():
    assert look_at(*a_release(2.0, from_hour=HOURS - 170)).worse_hours > 120


def test_what_is_over_is_told_for_the_hours_in_which_it_might_come_back():
    delayed, usage_hours = a_release()
    delayed[HOURS - 72 - 150 : HOURS - 72 - 60] *= 2
    looks = [look_at(delayed[:end], usage_hours[:end]) for end in range(HOURS - 72 - 60, HOURS - 72)]
    ended = next(number for number, look in enumerate(looks) if not look.worse_hours)
    assert [look.worse_hours > 0 for look in looks] == [True] * ended + [False] * (len(looks) - ended)
    chances = [look.figures.p_unacceptable for look in looks]
    first_low = next(number for number, chance in enumerate(chances) if chance < POLICY.alarm.release_below)
    assert ended - first_low in (5, 6), "each look has a level of its own"


def test_one_bad_day_long_before_does_not_count():
    delayed, usage_hours = a_release()
    delayed[200:224] *= 4
    assert look_at(delayed, usage_hours).figures.ratio == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("users", [0.3, 3.0])
def test_where_users_go_or_come_nothing_is_said(users):
    look = look_at(*a_release(2.0, HOURS - 60, users=users, users_from=HOURS - 40))
    assert look.figures is None
    assert look.worse_hours == 0


def test_nor_of_a_day_with_missing_hours():
    delayed, usage_hours = a_release(2.0, HOURS - 60)
    is_good = np.ones(delayed.size, dtype=bool)
    is_good[-5] = False
    assert look_at(delayed, usage_hours, is_good).figures is None


def test_nor_with_fewer_than_three_days_to_compare_with():
    assert look_at(*a_release(hours=72 + 3 * 24)).figures is None
    assert look_at(*a_release(hours=72 + 4 * 24)).figures is not None


def test_days_that_differ_much_make_more_acceptable():
    rng = np.random.default_rng(5)
    delayed, usage_hours = a_release()
    restless = delayed * np.repeat(np.exp(rng.normal(0, 0.3, delayed.size // 24)), 24)
    assert look_at(restless, usage_hours).figures.acceptable_ratio > look_at(delayed, usage_hours).figures.acceptable_ratio


def test_the_doubt_is_shared_among_the_whole_and_its_platforms():
    bars = bars_by_platform({"Windows_NT": 700.0, "Darwin": 200.0, "Linux": 90.0, "Fuchsia": 10.0}, 0.05, POLICY.later_weeks)
    assert set(bars) == {None, "Windows_NT", "Darwin", "Linux"}, "Fuchsia has a hundredth of the hours"
    assert bars[None] == Bar(POLICY.later_weeks.doubt / 2, POLICY.later_weeks.scales)
    assert sum(bar.doubt for bar in bars.values()) == pytest.approx(POLICY.later_weeks.doubt)
    assert bars["Linux"].scales > bars[None].scales, "there are several: each must be worse by more"


@pytest.mark.parametrize("usage_hours", [{}, {"Windows_NT": 99.0, "Fuchsia": 1.0}, {"Windows_NT": 0.0, "Darwin": 0.0}])
def test_one_platform_alone_is_the_whole_and_leaves_it_all_the_doubt(usage_hours):
    assert bars_by_platform(usage_hours, 0.05, POLICY.later_weeks) == {None: WHOLE}
