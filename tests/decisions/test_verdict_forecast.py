"""When a release will be judged: sooner with more users, later near the line, and the same whenever it is asked."""

import pytest

from jobs.decisions.decision_columns import with_decisions
from jobs.declarations.policies import POLICY
from jobs.declarations.states import State
from jobs.declarations.windows import HOUR
from jobs.scoring.looks.channel_scoring import score_releases
from jobs.scoring.rows.health_rows import LookRange, health_rows
from tests.scoring.small_channel import SmallChannel


def rows_of(looks=1, **channel):
    """Rows of the last looks at the last beta."""
    small = SmallChannel(**{"betas": 6, **channel})
    after = small.end - looks * HOUR
    scored = list(score_releases(small.record(), after, small.end, POLICY))[-1]
    return with_decisions(health_rows(scored, LookRange(after, small.end), 1, POLICY), scored, POLICY)


def verdict_of(**channel):
    return rows_of(**channel)[0]


def chance(row, hours_ahead, *states):
    return sum(c["probability"] for c in row["state_chances"] if c["hours_ahead"] == hours_ahead and c["state"] in states)


@pytest.fixture(scope="module")
def healthy():
    return verdict_of(last_hours=6)


def test_a_healthy_release_will_probably_be_called_so(healthy):
    assert healthy["state"] in ("too_early", "inconclusive")
    assert 0 < healthy["verdict_hours_low"] <= healthy["verdict_hours"]
    assert chance(healthy, 72, "healthy", "improved") > 0.8
    assert chance(healthy, 72, "regressed") < 0.05


def test_chances_of_an_hour_add_up_to_one(healthy):
    for hours_ahead in (6, 12, 24, 72):
        assert chance(healthy, hours_ahead, *State) == pytest.approx(1.0)


def test_a_bad_release_is_likelier_to_be_called_so(healthy):
    bad = verdict_of(last_hours=3, ratio=3.0, usage_hours_per_hour=600.0)
    assert bad["state"] in ("too_early", "inconclusive", "watch")
    assert chance(bad, 72, "regressed") > 0.1 + chance(healthy, 72, "regressed")


def test_with_few_users_a_verdict_takes_longer(healthy):
    few = verdict_of(last_hours=6, usage_hours_per_hour=200.0)
    assert few["verdict_hours"] is None or few["verdict_hours"] > healthy["verdict_hours"]


def test_a_look_computed_again_or_among_others_says_the_same(healthy):
    again = next(row for row in rows_of(looks=3, last_hours=6) if row["scope"] == "release" and row["as_of"] == healthy["as_of"])
    assert again["state_chances"] == healthy["state_chances"]
    assert again["verdict_hours"] == healthy["verdict_hours"]


def test_nothing_is_forecast_of_a_release_that_is_judged():
    judged = verdict_of(last_hours=60, ratio=3.0)
    assert judged["state"] == "regressed"
    assert judged["state_chances"] is None
    assert judged["verdict_hours"] is None


def test_a_verdict_has_the_costs_of_the_cell_that_it_is_told_from():
    rows = rows_of(last_hours=60, ratio=3.0)
    verdict = rows[0]
    place = next(note for note in verdict["notes"] if note.startswith("decided_by"))
    cell = next(
        r
        for r in rows[1:]
        if all(f'"{r[c]}"' in place for c in ("scope", "platform", "stratum", "measure")) and r["ratio"] == verdict["ratio"]
    )
    assert verdict["excess_crashes"] == cell["excess_crashes"]
    assert verdict["excess_crashes"] == pytest.approx(verdict["observed_crashes"] * (1 - 1 / verdict["ratio"]))
    assert verdict["excess_crashes_low"] < verdict["excess_crashes"] < verdict["excess_crashes_high"]


def test_a_regressed_release_is_to_be_stopped_and_a_healthy_one_may_go_on():
    judged = verdict_of(last_hours=60, ratio=3.0)
    assert (judged["advice"], judged["advice_reason"]) == ("stop", "regressed")
    assert verdict_of(last_hours=72)["advice"] == "go"


def test_only_verdicts_carry_advice():
    assert {row["advice"] for row in rows_of(last_hours=12) if row["scope"] != "release"} == {None}
