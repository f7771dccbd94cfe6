"""What past releases had at the same age: the median and the spread, from hours, and from whole days where hours have been dropped."""

from datetime import timedelta

import numpy as np
import pytest

from jobs.declarations.tables import CLIENT_REACH_DAYS
from jobs.declarations.windows import HOUR
from jobs.reach.last_days import ALL, day_reach
from jobs.reach.past_reach import UsualShare, crash_free_by_age, settled_days, usual_crash_free
from tests.reach.client_hours import START, hour_rows, reach_rows

NAN = float("nan")
KEY_HOURS = {"key": [START + hour * HOUR for hour in range(100)]}


def test_the_usual_is_the_median_at_the_same_age():
    past = [np.array([0.97, 0.98]), np.array([0.95, 0.99]), np.array([0.96, 0.90])]
    assert usual_crash_free(past, 0) == UsualShare(0.96, 0.95, 0.97, 3)
    assert usual_crash_free(past, 1) == UsualShare(0.98, 0.90, 0.99, 3)


def test_past_releases_of_which_nothing_is_known_are_left_out():
    assert usual_crash_free([np.array([NAN, NAN]), np.array([0.9, NAN])], 0) == UsualShare(0.9, 0.9, 0.9, 1)
    assert usual_crash_free([np.array([NAN])], 0) is None
    assert usual_crash_free([], 5) is None


def test_what_is_kept_of_a_whole_day_serves_for_the_day_after_it():
    at_midnight = np.array([NAN] * 10 + [0.98] + [NAN] * 40)
    known = [usual_crash_free([at_midnight], look) is not None for look in range(51)]
    assert known == [10 <= look <= 33 for look in range(51)]


def test_hours_give_every_age_and_days_stand_in_at_midnight_alone():
    rows = [made for hour in range(48) for made in hour_rows(hour, range(2_000), range(hour, hour + 10))]
    looks = [START + hour * HOUR for hour in range(20, 49)]
    hourly = day_reach(reach_rows(rows), KEY_HOURS, looks[4:], {"57.0b1"})
    by_hour = crash_free_by_age(hourly, {}, "57.0b1", looks)[ALL]
    assert np.isnan(by_hour[:4]).all()
    assert by_hour[4] == pytest.approx(1 - (23 + 10) / 2_000)
    days = hour_rows(0, range(2_000), range(23 + 10))
    by_day = crash_free_by_age({}, settled_days(reach_rows(days, CLIENT_REACH_DAYS)), "57.0b1", looks)
    assert by_day[ALL][4] == by_day["Windows_NT"][4] == by_hour[4]
    assert np.isnan(np.delete(by_day[ALL], 4)).all()


def test_a_day_under_two_keys_counts_by_one_of_them():
    both = [*hour_rows(0, range(1_500), range(30), key_id="old"), *hour_rows(0, range(5_000, 6_500), range(5_000, 5_030), key_id="young")]
    (day,) = settled_days(reach_rows(both, CLIENT_REACH_DAYS)).values()
    assert day[ALL].active.estimate == 1_500
    assert day[ALL].crashed.estimate == 30


def test_of_two_keys_of_a_day_the_one_with_more_rows_counts():
    both = [*hour_rows(0, range(5), (), key_id="a"), *hour_rows(0, range(1_500), range(30), key_id="b")]
    (day,) = settled_days(reach_rows(both, CLIENT_REACH_DAYS)).values()
    assert day[ALL].active.estimate == 1_500


def test_a_day_ends_at_midnight():
    (end,) = settled_days(reach_rows(hour_rows(0, range(3), ()), CLIENT_REACH_DAYS))
    assert end == START + timedelta(days=1)
