"""What is decided beside a verdict is explained from its rows, with the arithmetic shown."""

from jobs.decisions.decision_explanation import build_lines, decision_lines, experiment_lines, later_lines
from jobs.declarations.states import State
from tests.digest.facts_factory import a_verdict
from tests.page.page_lake import ADVICE, BUILDS, COSTS, EXPERIMENTS, LATER, experiment_row, later_row


def test_a_verdict_tells_costs_and_advice_and_no_forecast_where_there_is_none():
    lines = decision_lines(a_verdict(State.REGRESSED, **COSTS, **ADVICE))
    assert [line for line in lines if line and not line.startswith(" ")] == ["6. What it costs", "8. Go, hold or stop"]
    assert "   Waiting: an hour's delay is worth 0.05 x 9 h = 0.450." in "\n".join(lines)
    assert decision_lines(a_verdict()) == [], "rows of before any of it was stored"


def test_the_builds_come_by_their_time():
    told = "\n".join(build_lines(BUILDS[::-1]))
    assert told.index("20171115000000: had 11.0 / expected 12.0 = 0.92") < told.index("20171116000000: had 30.0 / expected 12.0 = 2.50")
    assert build_lines([]) == []


def test_a_branch_is_told_with_both_rates_and_what_it_takes_to_blame_it():
    told = "\n".join(experiment_lines(EXPERIMENTS))
    assert "2 experiments, 3 comparisons of a branch with the others" in told
    assert (
        "pref-x / treatment, browser crashes on all platforms: 90 in 1000 h against 100 in 2000 h = 1.80x (1.50–2.2x); an e-value of 5,000, "
        "to blame from 1,200 on: guilty" in told
    )
    assert "control" not in told, "nothing speaks against it"
    assert "Nothing speaks against any of them" in "\n".join(experiment_lines(EXPERIMENTS[2:]))
    assert "an e-value of more than 1,000,000," in "\n".join(experiment_lines([experiment_row("x", "a", "guilty", evidence=1e300)]))
    assert "not judged, as the shares of its branches have drifted (an e-value of 250,000, not judged from 1,000 on)" in "\n".join(
        experiment_lines([experiment_row("x", "a", "not_judged", share_evidence=250_000.0)])
    )
    assert experiment_lines([]) == []
    hostile = "\n".join(experiment_lines([experiment_row("x\n\u202ey", "\x1b[31m", "guilty")]))
    assert "\u202e" not in hostile and "\x1b" not in hostile


def test_a_release_after_its_first_week_is_told_with_what_it_is_held_against():
    told = "\n".join(later_lines(LATER[:2]))
    assert (
        "browser crashes on Windows: had 280.0 / expected 170.0 = 1.65; 1.62x (1.50–1.70x), acceptable up to 1.40x, above it with a chance of 99\u00a0%: worse"
        in told
    )
    assert told.index("browser crashes on all platforms: had") < told.index("on Windows")
    assert "on all platforms" in "\n".join(later_lines([later_row("57.0b6", "quiet", platform=None)])), (
        "a row of before platforms were watched"
    )
    unjudged = dict.fromkeys(
        ("ratio", "ratio_low", "ratio_high", "expected_crashes", "delayed_crashes", "p_unacceptable", "acceptable_ratio")
    )
    assert "not judged, hours are missing" in "\n".join(later_lines([later_row("57.0b6", "not_judged", **unjudged)]))
    assert later_lines([]) == []
