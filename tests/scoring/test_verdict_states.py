"""Words from figures: persistence, hysteresis, the order of the rules."""

import numpy as np
import pytest

from jobs.declarations.measures import SCORED_MEASURES
from jobs.declarations.policies import POLICY
from jobs.declarations.states import State
from jobs.scoring.looks.cell_looks import CellLooks
from jobs.scoring.looks.release_verdict import CellVerdict, release_verdict
from jobs.scoring.looks.verdict_states import cell_states, regressed_looks, state_beginnings
from jobs.scoring.method.ratio_posterior import RatioPosterior
from jobs.scoring.method.stratum_environment import no_stratum_environment
from jobs.verdicts.health_cells import is_critical

R, W, H, E = State.REGRESSED, State.WATCH, State.HEALTHY, State.TOO_EARLY


SURE = 1.0  # at any age


def looks_of(p_unacceptable, effective=100.0, expected=100.0, sd=0.1, p_improved=0.0, mean=0.0, others=(), sds=9.0):
    """One cell, and further cells given by their probabilities; all are `sds` predictive scales above a healthy release."""
    rows = [p_unacceptable, *others]
    p = np.array([np.broadcast_to(row, (len(p_unacceptable),)) for row in rows], dtype=float)

    def full(value):
        return np.vstack([np.broadcast_to(value, p[:1].shape), np.full((len(rows) - 1, p.shape[1]), 100.0)]) * np.ones(p.shape)

    ones = np.ones(p.shape)
    posterior = RatioPosterior(p, np.full(p.shape, p_improved), np.full(p.shape, mean), np.full(p.shape, sd), ones, ones, ones)
    return CellLooks(
        scopes=("platform", *["stratum"] * len(others)),
        strata=tuple(str(i) for i in range(len(rows))),
        crashes=ones,
        usage_hours=ones,
        observed=(full(expected) + 0.5) * np.exp(sds) - 0.5,
        squared_weights=ones,
        expected=full(expected),
        effective_crashes=full(effective),
        effective_expected=full(expected),
        transient_variance=np.full(p.shape, 0.5),
        scales=np.full(len(rows), 0.5**0.5),
        degrees=np.full(len(rows), 14.0),
        log_acceptable=np.zeros(len(rows)),
        posterior=posterior,
        is_known=np.ones(p.shape, dtype=bool),
        overdispersion=0.0,
        has_lost_updates=np.zeros(p.shape[1], dtype=bool),
        adoption=ones[0],
        environment=ones[0],
        stratum_environment=no_stratum_environment(*ones.shape),
        share_of_few=np.zeros(ones.shape[-1]),
        unseen_share=ones[0],
    )


def states_of(p, has_problem=False, may_alarm=None, **figures):
    looks = looks_of(p, **figures)
    problem = np.broadcast_to(has_problem, (len(p),))
    return cell_states(looks, problem, POLICY.alarm, POLICY.verdict, may_alarm)[0]


def test_one_flagged_look_is_not_enough():
    assert states_of([0.0, SURE, 0.0, SURE, SURE])[1:] == [W, State.INCONCLUSIVE, W, R]


@pytest.mark.parametrize(
    ("p", "sds", "state"),
    [(0.992, 9.0, R), (0.988, 9.0, W), (SURE, 3.5, R), (SURE, 2.0, W)],
    ids=["sure", "not sure enough", "rare among healthy ones", "as healthy ones are at times"],
)
def test_regressed_is_what_is_surely_bad_and_rare_among_healthy_releases(p, sds, state):
    assert states_of([p] * 30, sds=sds)[-1] is state


def test_a_young_release_must_alarm_more_surely():
    states = states_of([0.9934] * 30)
    assert states.index(R) == 20  # at 20 of 30 hours two thirds of the doubt are left, and it must stand at two looks
    assert set(states[20:]) == {R}


def test_that_healthy_releases_have_as_high_a_ratio_does_not_excuse_a_stratum():
    """It is compared with its own release."""
    assert R in states_of([0.1] * 30, others=([0.998] * 30,), sds=0.0)


def test_a_part_alarms_only_while_the_whole_does():
    may_alarm = np.array([False] * 3 + [True] * 3 + [False] * 3)
    assert states_of([SURE] * 9, may_alarm=may_alarm) == [W] * 3 + [R] * 3 + [W] * 3


def test_regressed_is_left_only_after_six_low_hours():
    assert states_of([SURE, SURE, *[0.4] * 5, 0.6, *[0.4] * 7])[1:14] == [R] * 12 + [State.INCONCLUSIVE]


def test_no_flapping_around_the_limit():
    states = states_of([SURE, SURE] + [0.97, SURE] * 40)
    assert set(states[1:]) == {R}


def test_four_effective_crashes_never_alarm():
    assert R not in states_of([1.0] * 10, effective=4.0)


def test_a_bad_stratum_makes_the_release_regressed():
    assert states_of([0.1] * 4, others=([SURE] * 4,))[1:] == [R, R, R]


def test_a_suspicious_stratum_makes_it_watched():
    assert states_of([0.1] * 4, others=([0.85] * 4,)) == [W] * 4


def test_too_early_goes_before_watch():
    assert states_of([0.6] * 3, expected=9.0) == [E] * 3
    assert states_of([0.6] * 3, sd=0.26) == [E] * 3


def test_healthy_takes_three_looks_from_six_hours_on():
    assert states_of([0.01] * 10) == [State.INCONCLUSIVE] * 7 + [H] * 3


def test_healthy_is_refused_while_half_as_many_crashes_again_are_possible():
    assert H not in states_of([0.01] * 12, mean=0.3, sd=0.1)


def test_what_missing_reports_would_look_like_is_no_improvement():
    """A third of the crashes is within the 90 % bound, or is not."""
    unsure, sure = (states_of([0.0] * 14, p_improved=0.99, mean=np.log(0.5), sd=sd)[-1] for sd in (0.2, 0.05))
    assert (unsure is State.IMPROVED, sure is State.IMPROVED) == (False, True)


def test_praise_waits_for_half_a_day():
    states = states_of([0.01] * 14, p_improved=0.96)
    assert [state is State.IMPROVED for state in states] == [False] * 11 + [True] * 3


def test_improved_goes_before_healthy():
    assert states_of([0.01] * 14, p_improved=0.96)[-1] is State.IMPROVED


def test_bad_data_gives_no_verdict_and_no_alarm():
    problem = np.array([False, False, True, True, True])
    assert states_of([0.0, SURE, SURE, SURE, SURE], has_problem=problem)[2:] == [State.DATA_PROBLEM] * 3


def test_bad_data_neither_leaves_regressed():
    problem = np.array([False] * 3 + [True] * 10)
    assert states_of([SURE] * 3 + [0.1] * 10, has_problem=problem)[3:] == [R] * 10


def test_looks_that_come_later_change_no_earlier_one():
    p = np.random.default_rng(0).random(100)
    all_looks = regressed_looks(looks_of(list(p)), np.zeros((1, 100), dtype=bool), POLICY.alarm)
    for end in (10, 50, 99):
        first = regressed_looks(looks_of(list(p[:end])), np.zeros((1, end), dtype=bool), POLICY.alarm)
        assert np.array_equal(first, all_looks[:, :end])


def test_a_state_began_where_it_last_changed():
    assert state_beginnings([E, E, W, W, E]) == [0, 0, 2, 2, 4]


def verdict_on(platform="all", state=H, measure="main_crashes_capped", is_critical=True, usage_share=1.0, score=99.0):
    return CellVerdict(measure, platform, is_critical, usage_share, state, score)


@pytest.mark.parametrize(
    ("cells", "state"),
    [
        ([verdict_on()], H),
        ([verdict_on(), verdict_on("Linux", R, usage_share=0.3, score=1.0)], R),
        ([verdict_on(), verdict_on("Linux", R, usage_share=0.04, score=1.0)], W),  # too small to decide, too bad to be silent of
        ([verdict_on(), verdict_on("Linux", E, usage_share=0.3)], H),  # one platform too early leaves it to the others
        ([verdict_on(state=E), verdict_on("Linux", H, usage_share=0.3)], E),
        ([verdict_on(), verdict_on(measure="plugin_crashes", is_critical=False, state=R, score=0.0)], W),
        ([verdict_on(), verdict_on(measure="plugin_crashes", is_critical=False, state=W, score=30.0)], H),
        ([verdict_on(), verdict_on(measure="content_crashes_capped", state=State.NO_BASELINE, score=None)], H),
        ([verdict_on(state=State.NO_BASELINE, score=None)], State.NO_BASELINE),
        ([verdict_on(state=State.DATA_PROBLEM), verdict_on(measure="content_crashes_capped", state=R, score=1.0)], R),
    ],
)
def test_the_worst_critical_cell_decides(cells, state):
    assert release_verdict(cells, 0.05, "all").state is state


@pytest.mark.parametrize("measure", [measure.name for measure in SCORED_MEASURES if measure.scoring.alarm_share == 0])
def test_a_measure_without_a_part_of_the_false_alarms_makes_no_release_regressed(measure):
    everywhere = [verdict_on(platform, R, measure, is_critical(measure), score=0.0) for platform in ("all", "Windows_NT", "Linux")]
    assert release_verdict([verdict_on(), *everywhere], 0.05, "all").state is W


def test_the_release_has_the_least_critical_score():
    cells = [verdict_on(score=80.0), verdict_on("Linux", score=60.0, usage_share=0.3), verdict_on("Mac", score=10.0, usage_share=0.01)]
    assert release_verdict(cells, 0.05, "all").score == 60.0
