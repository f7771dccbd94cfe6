"""With which build a release turned bad: found where it shows, not named where it does not."""

import numpy as np
import pytest

from jobs.decisions.first_bad_build import first_bad_build, in_half_days

PHI = 4.0


def found_of(ratios, crashes=400.0, half_days=(), phi=PHI):
    """A build each half day, which three users in four have at once and the others half a day later, with so many times what was expected;
    `half_days` are factors on those of all builds."""
    builds = len(ratios)
    expected = crashes * (0.75 * np.eye(builds) + 0.25 * np.eye(builds, k=1))
    factors = np.ones(builds)
    factors[: len(half_days)] = half_days
    return first_bad_build(expected * np.array(ratios)[:, None] * factors, expected, phi)


def test_the_build_from_which_on_crashes_doubled_is_the_first_bad_one():
    found = found_of([1.0, 1.1, 0.9, 1.0, 2.0, 2.1, 1.9], crashes=4_000.0)
    assert found.first_bad.argmax() == 4
    assert found.first_bad[4] > 0.9
    assert list(np.flatnonzero(found.likely_set(0.9))) == [4]


def test_it_is_found_as_well_once_later_builds_are_good_again():
    assert found_of([1.0, 1.1, 0.9, 2.0, 2.1, 1.0, 0.95], crashes=4_000.0).first_bad[3] > 0.9


@pytest.mark.parametrize("level", [0.8, 1.0, 2.0])
def test_builds_that_are_all_alike_are_no_change_whatever_the_release_is(level):
    assert found_of(np.full(8, level)).p_change < 0.2


def test_builds_that_get_better_are_no_change_for_the_worse():
    assert found_of([2.0, 2.0, 1.0, 1.0, 1.0]).p_change < 0.3


def test_what_hits_all_builds_in_the_same_hours_is_no_builds_fault():
    assert found_of(np.ones(8), half_days=[1, 1, 1, 2, 2, 2, 2, 2]).p_change < 0.5


def test_with_few_crashes_less_is_said():
    much, little = (found_of([1.0, 1.0, 1.0, 2.0, 2.0, 2.0], crashes) for crashes in (2_000.0, 60.0))
    assert little.p_change < much.p_change
    assert little.first_bad[3] < much.first_bad[3]


def test_clustered_counts_say_less():
    once, clustered = (found_of([1.0, 1.0, 1.0, 2.0, 2.0, 2.0], 200.0, phi=phi).p_change for phi in (1.0, 8.0))
    assert clustered < once


def test_the_chances_of_all_builds_add_up_to_that_of_a_change():
    found = found_of([1.0, 1.3, 1.6, 1.7])
    assert found.first_bad.sum() == pytest.approx(found.p_change)
    assert found.first_bad[0] == 0.0


@pytest.mark.parametrize("builds", [0, 1])
def test_fewer_than_two_builds_have_nothing_to_compare(builds):
    assert found_of(np.ones(builds)).p_change == 0.0


def test_half_days_are_sums_of_twelve_hours_and_of_what_is_left():
    assert in_half_days(np.ones((1, 30))).tolist() == [[12.0, 12.0, 6.0]]
