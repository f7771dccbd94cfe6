"""Clients of the 24 hours before each look: nobody twice, one key, every platform, and unknown rather than too few."""

import random
from collections import defaultdict

from jobs.declarations.populations import CRASHED
from jobs.declarations.windows import HOUR
from jobs.reach.last_days import ALL, covering_key, day_reach, last_day_unions
from jobs.reach.sketches import count_clients
from tests.reach.client_hours import START, hour_rows, reach_rows, row, sketch_of

ALL_HOURS = {"key": [START + hour * HOUR for hour in range(200)]}


def look(hours):
    return START + hours * HOUR


def test_each_hour_has_the_union_of_the_24_that_end_with_it():
    rng = random.Random(3)
    clients = [set(rng.sample(range(3_000), rng.choice([0, 5, 200]))) for _ in range(100)]
    unions = last_day_unions([sketch_of(of_hour) if of_hour else None for of_hour in clients])
    for hour, union in enumerate(unions):
        exact = len(set().union(*clients[max(hour - 23, 0) : hour + 1]))
        assert (0 if union is None else count_clients(union).estimate) == exact


def test_who_comes_every_hour_and_on_both_platforms_counts_once():
    rows = [
        made
        for hour in range(24)
        for os_name in ("Windows_NT", "Darwin")
        for made in hour_rows(hour, active={1, 2, 100 + hour}, crashed={3} if hour == 5 else set(), os_name=os_name)
    ]
    (reach,) = day_reach(reach_rows(rows), ALL_HOURS, [look(24)], {"57.0b1"}).values()
    assert reach["57.0b1", ALL].active.estimate == 24 + 2 + 1
    assert reach["57.0b1", ALL].crashed.estimate == 1
    assert reach["57.0b1", "Darwin"].active.estimate == 24 + 2 + 1


def test_the_channel_s_clients_are_those_of_all_its_releases_on_the_platform():
    rows = [
        *hour_rows(3, {1, 2}, set()),
        *hour_rows(3, {2, 3, 4}, set(), version="57.0b0"),
        *hour_rows(4, {5}, set(), version="other", os_name="other"),
    ]
    (reach,) = day_reach(reach_rows(rows), ALL_HOURS, [look(24)], {"57.0b1"}).values()
    assert reach["57.0b1", ALL].channel_active.estimate == 5
    assert reach["57.0b1", "Windows_NT"].channel_active.estimate == 4
    assert set(reach) == {("57.0b1", ALL), ("57.0b1", "Windows_NT")}  # "57.0b0" was not asked for


def test_a_release_without_crashes_has_none():
    (reach,) = day_reach(reach_rows(hour_rows(3, {1, 2}, set())), ALL_HOURS, [look(24)], {"57.0b1"}).values()
    assert reach["57.0b1", ALL].crashed.estimate == 0


def test_a_look_knows_only_of_the_hours_before_it():
    rows = [*hour_rows(0, {1}, set()), *hour_rows(24, {2}, {9})]
    reach = day_reach(reach_rows(rows), ALL_HOURS, [look(24), look(25), look(26)], {"57.0b1"})
    assert [reach[look(hours)]["57.0b1", ALL].active.estimate for hours in (24, 25)] == [1, 2]
    assert [reach[look(hours)]["57.0b1", ALL].crashed.estimate for hours in (24, 25, 26)] == [0, 1, 1]


def test_two_keys_are_never_united():
    """The same clients under two keys, from hour 10 to 40 both: every look has all hours of one of them."""
    hours_by_key = {"old": [look(hour) for hour in range(40)], "young": [look(hour) for hour in range(10, 80)]}
    rows = [
        row(hour, {offset + client for client in range(50)}, key_id=key)
        for key, offset, hours in (("old", 0, range(40)), ("young", 1_000, range(10, 80)))
        for hour in hours
    ]
    looks = [look(hours) for hours in range(24, 81)]
    reach = day_reach(reach_rows(rows), hours_by_key, looks, {"57.0b1"})
    assert {reach[each]["57.0b1", ALL].active.estimate for each in looks} == {50}


def test_the_key_with_most_hours_is_taken_and_too_few_are_unknown():
    hours_by_key = {"old": [look(hour) for hour in range(18)], "young": [look(hour) for hour in range(18, 24)]}
    assert covering_key(hours_by_key, look(24)) == "old"
    assert covering_key(hours_by_key, look(25)) is None  # 17 hours of one, 7 of the other
    rows = reach_rows(hour_rows(3, {1}, {2}))
    assert day_reach(rows, {"key": [look(hour) for hour in range(17)]}, [look(24)], {"57.0b1"}) == {}


def test_random_windows_are_within_their_bounds_of_an_exact_count():
    """1,000 looks at a release of 9,000 clients and a channel of 30,000, of which most come in several hours."""
    rng, hours = random.Random(5), 24 + 250
    rows, came = [], defaultdict(set)
    for hour in range(hours):
        for os_name, first, population in (("Windows_NT", 0, 20_000), ("Darwin", 20_000, 10_000)):
            active = {first + rng.randrange(population) for _ in range(population // 30)}
            crashed = set(rng.sample(sorted(active), len(active) // 40))
            rows += hour_rows(hour, active, crashed, os_name=os_name)
            came[hour, os_name], came[hour, os_name, CRASHED] = active, crashed
    inside = beyond = windows = 0
    looks = [look(hour) for hour in range(24, hours + 1)]
    for index, reach in enumerate(
        day_reach(reach_rows(rows), ALL_HOURS | {"key": [look(h) for h in range(hours)]}, looks, {"57.0b1"}).values()
    ):
        for os_name in ("Windows_NT", "Darwin"):
            day = reach["57.0b1", os_name]
            for count, mark in ((day.active, ()), (day.crashed, (CRASHED,))):
                exact = len(set().union(*(came[(hour, os_name, *mark)] for hour in range(index, index + 24))))
                windows += 1
                inside += count.low <= exact <= count.high
                beyond += not (
                    count.estimate - 3 * (count.estimate - count.low) <= exact <= count.estimate + 3 * (count.high - count.estimate)
                )
    assert windows >= 1_000
    assert inside >= 0.93 * windows
    assert not beyond
