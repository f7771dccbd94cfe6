"""What must hold of every release scored through the documented entry point."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.scoring.looks.scored_arrays import score_release
from jobs.scoring.looks.verdict_states import State
from jobs.scoring.method.hourly_counts import PreviousVersion, ReleaseCounts
from tests.scoring.drawn_releases import HOURS, baselines, received, release, used_hours

PAST = baselines()


def last_cell(looks):
    return looks[-1].cells[0]


def figures_of(looks):
    return [(cell.score, cell.ratio, cell.state) for look in looks for cell in look.cells]


def test_a_doubled_rate_is_called_within_hours():
    looks = score_release(release(2.0), PAST)
    first = next(look.age_hours for look in looks if look.state is State.REGRESSED)
    assert first <= 16
    assert last_cell(looks).ratio == pytest.approx(2.0, rel=0.1)
    assert last_cell(looks).score < 1


def test_a_release_like_the_others_becomes_healthy_and_stays_so():
    looks = score_release(release(1.0), PAST)
    states = [look.state for look in looks]
    assert states[0] in (State.TOO_EARLY, State.INCONCLUSIVE)
    first = states.index(State.HEALTHY)
    assert first >= 7  # from the age of six hours on, three looks in a row
    assert set(states[first:]) == {State.HEALTHY}


def test_half_the_crashes_are_an_improvement():
    assert score_release(release(0.5), PAST)[-1].state is State.IMPROVED


def test_a_change_of_mix_alone_is_no_change_of_rate():
    """Twice as many users of the stratum that crashes most: the raw rate rises by a third."""
    new = release(shares=(0.3, 0.3, 0.4))
    raw = new.crashes.sum() / new.usage_hours.sum() / (PAST[0].crashes.sum() / PAST[0].usage_hours.sum())
    assert raw > 1.25
    assert last_cell(score_release(new, PAST)).ratio == pytest.approx(1.0, abs=0.03)


def test_ten_times_the_users_keep_the_ratio_and_narrow_it():
    few = score_release(release(1.3, scale=2_000.0), baselines(scale=2_000.0))
    many = score_release(release(1.3), PAST)
    width = [np.log(cell.ratio_high / cell.ratio_low) for cell in (last_cell(few), last_cell(many))]
    assert last_cell(few).ratio == pytest.approx(last_cell(many).ratio, rel=0.06)
    assert width[1] < width[0]


def test_a_faster_rollout_is_not_a_worse_release():
    assert last_cell(score_release(release(speed=2.5), PAST)).ratio == pytest.approx(1.0, abs=0.05)


def test_one_bad_stratum_is_named():
    looks = score_release(release([[1.0], [1.0], [2.0]]), PAST, strata=("Windows", "Mac", "Linux"))
    called = [cell.stratum for cell in looks[-1].cells if cell.scope == "stratum" and cell.state is State.REGRESSED]
    assert called == ["Linux"]


def test_a_late_onset_is_seen_in_the_last_day_first():
    onset = np.where(np.arange(HOURS) < 72, 1.0, 3.0)
    looks = score_release(release(onset), PAST)

    def first(scope):
        return next(look.age_hours for look in looks for cell in look.cells if cell.scope == scope and cell.state is State.REGRESSED)

    assert 72 < first("trailing") <= 72 + 24


@pytest.mark.parametrize(("before", "after", "is_seen"), [(0.95, 1.5, True), (0.6, 1.0, False), (1.15, 1.15, False)])
def test_the_last_day_is_compared_with_the_release_s_own_hours_before(before, after, is_seen):
    """A step is seen within a day and a half; a better release that becomes as others are, and one that stays as it is, raise nothing."""
    looks = score_release(release(np.where(np.arange(HOURS) < 72, before, after)), PAST)[: 72 + 36]
    states = [cell.state for look in looks for cell in look.cells if cell.scope == "trailing"]
    assert (State.REGRESSED in states) is is_seen


def test_looks_do_not_change_with_the_hours_that_follow():
    new = release(1.4, seed=5)
    early = score_release(
        replace(new, crashes=new.crashes[:, :30], usage_hours=new.usage_hours[:, :30], channel_hours=new.channel_hours[:30]), PAST
    )
    late = score_release(new, PAST)[:30]
    for before, after in zip(early, late, strict=True):
        assert before.state is after.state
        for ours, theirs in zip(before.cells, after.cells, strict=True):
            assert (ours.score, ours.ratio) == pytest.approx((theirs.score, theirs.ratio))


def test_scoring_again_gives_the_same():
    assert figures_of(score_release(release(1.3), PAST)) == figures_of(score_release(release(1.3), PAST))


def test_baselines_count_by_their_order_alone():
    newest_higher = [release(1.15, seed=100, version="60.0"), *PAST[1:]]
    oldest_higher = [*PAST[:-1], release(1.15, seed=107, version="53.0")]
    assert last_cell(score_release(release(1.2), newest_higher)).ratio < last_cell(score_release(release(1.2), oldest_higher)).ratio


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_baselines_are_enough_for_a_gross_regression(count):
    looks = score_release(release(4.0), PAST[:count])
    assert looks[-1].state is State.REGRESSED


def test_no_baseline_is_a_state():
    looks = score_release(release(), [])
    assert {look.state for look in looks} == {State.NO_BASELINE}
    assert len(looks) == HOURS


@pytest.mark.parametrize(
    ("crashes", "usage"),
    [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)],
    ids=["no crash at all", "no usage at all", "nothing at all"],
)
def test_zeros_are_states_and_numbers(crashes, usage):
    new = release()
    looks = score_release(replace(new, crashes=new.crashes * crashes, usage_hours=new.usage_hours * usage), PAST)
    assert all(
        np.isfinite(value) for look in looks for cell in look.cells for value in (cell.score, cell.ratio, cell.evidence, cell.ratio_high)
    )
    if usage == 0:
        assert {look.state for look in looks} == {State.TOO_EARLY}


def test_baselines_that_never_crashed_are_states_and_numbers():
    silent = [replace(past, crashes=past.crashes * 0) for past in PAST]
    looks = score_release(release(), silent)
    assert all(np.isfinite(cell.score) for look in looks for cell in look.cells)
    assert looks[-1].state is not State.HEALTHY


def test_baselines_without_usage_are_no_baseline():
    looks = score_release(release(), [replace(past, usage_hours=past.usage_hours * 0) for past in PAST])
    assert {look.state for look in looks} == {State.NO_BASELINE}


def test_one_stratum_has_no_local_cells():
    def one(counts):
        return replace(counts, crashes=counts.crashes[:1], usage_hours=counts.usage_hours[:1])

    looks = score_release(one(release()), [one(past) for past in PAST])
    assert {cell.scope for look in looks for cell in look.cells} == {"platform", "trailing"}


def test_hours_that_are_not_complete_are_a_data_problem_from_then_on():
    known = np.arange(HOURS) != 40
    states = [look.state for look in score_release(replace(release(), is_known=known), PAST)]
    assert State.DATA_PROBLEM not in states[:40]
    assert set(states[40:]) == {State.DATA_PROBLEM}


def test_a_regressed_release_stays_so_while_data_is_missing():
    known = np.arange(HOURS) != 40
    states = [look.state for look in score_release(replace(release(2.0), is_known=known), PAST)]
    assert set(states[40:]) == {State.REGRESSED}


def test_update_counts_are_a_second_exposure():
    """Crashes at updating, which usage hours alone don't explain: update counts do, and the first hours' ratio is less uncertain."""

    def with_updates(counts, seed):
        updates = np.diff(used_hours(scale=200_000.0), axis=1, prepend=0.0) / 5
        burst = np.random.default_rng(seed).poisson(updates * 0.004).astype(float)
        return replace(counts, crashes=counts.crashes + burst, updates=updates)

    past = [with_updates(counts, i) for i, counts in enumerate(baselines(scale=200_000.0))]
    new = with_updates(release(seed=9, scale=200_000.0), 99)
    with_counts = score_release(new, past)
    without = score_release(replace(new, updates=None), [replace(counts, updates=None) for counts in past])
    width = [np.log(looks[3].cells[0].ratio_high / looks[3].cells[0].ratio_low) for looks in (with_counts, without)]
    assert width[0] < width[1]


def test_what_hits_the_previous_version_too_is_not_held_against_the_release():
    hours = 72 + HOURS
    shock = np.where((np.arange(hours) >= 84) & (np.arange(hours) < 120), 1.6, 1.0)

    def previous(seed, factor=1.0):
        usage = np.full(hours, 5_000.0)
        return PreviousVersion(np.random.default_rng(seed).poisson(usage * 0.002 * factor).astype(float), usage)

    past = [replace(counts, previous=previous(i)) for i, counts in enumerate(PAST)]
    new = replace(release(shock[72:]), previous=previous(50, shock))
    assert State.REGRESSED in [look.state for look in score_release(replace(new, previous=None), past)]
    assert State.REGRESSED not in [look.state for look in score_release(new, past)]


def test_a_measured_triangle_is_used_instead_of_the_default():
    kernel = np.array([0.1, 0.2, 0.3, 0.4])
    triangle = np.tile(1000 * kernel, (200, 1))

    def measured(counts, ratio=1.0):
        return replace(counts, usage_hours=received(used_hours(), kernel), delay_triangle=triangle)

    looks = score_release(measured(release(1.0)), [measured(past) for past in PAST])
    assert looks[2].cells[0].observed == pytest.approx(looks[2].cells[0].expected, rel=0.1)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="channel_hours"):
        replace(release(), channel_hours=np.ones(5))


@pytest.mark.parametrize("amount", [np.nan, -1.0, np.inf])
@pytest.mark.parametrize("field", ["crashes", "usage_hours", "channel_hours", "updates"])
def test_amounts_that_are_none_are_refused_with_their_place(field, amount):
    counts = {name: getattr(release(), name).copy() for name in ("crashes", "usage_hours", "channel_hours")}
    counts["updates"] = np.zeros(counts["crashes"].shape)
    counts[field][..., 7] = amount
    where = "hour 7" if field == "channel_hours" else "row 0, hour 7"
    with pytest.raises(ValueError, match=rf"release '61.0': {field} must be numbers of at least 0, but \d are not, the first at {where}"):
        ReleaseCounts(**counts, version="61.0")


def test_the_previous_version_and_measured_delays_are_looked_at_too():
    with pytest.raises(ValueError, match="previous version: usage_hours must be numbers of at least 0"):
        PreviousVersion(np.zeros(3), np.array([1.0, np.nan, 2.0]))
    triangle = np.array([[5.0, 1.0], [4.0, np.nan]])
    assert replace(release(), delay_triangle=triangle).has_measured_delays
    with pytest.raises(ValueError, match="delay_triangle must be numbers"):
        replace(release(), delay_triangle=-triangle)
