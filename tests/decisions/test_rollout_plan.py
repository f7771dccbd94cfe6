"""Declared steps of rollouts: read or refused, and what follows of them for costs and forecasts."""

from datetime import UTC, datetime

import numpy as np
import pytest
from click.testing import CliRunner

from jobs.decisions.decision_columns import with_decisions
from jobs.decisions.rollout_plan import LastDay, Pace, RolloutPlan, RolloutStep, next_step, parse_rollouts
from jobs.declarations.policies import POLICY
from jobs.declarations.windows import HOUR
from jobs.score_release_health import main, score_looks
from jobs.scoring.looks.channel_scoring import score_releases
from jobs.scoring.rows.health_rows import LookRange, health_rows
from tests.scoring.small_channel import SmallChannel, lake_of

RELEASED = datetime(2026, 11, 22, 10, tzinfo=UTC)
HEAD = "channel,version,time,percent\n"


def test_steps_are_read_in_order_of_time_whatever_their_order_in_the_file():
    text = f"{HEAD}beta,57.0b8,2026-11-23T12:00+02:00,50\nbeta,57.0b8,2026-11-22T10:00,12.5\nnightly,59.0a1,2026-11-22,100\n"
    assert parse_rollouts(text) == {
        ("beta", "57.0b8"): (RolloutStep(RELEASED, 0.125), RolloutStep(RELEASED + 24 * HOUR, 0.5)),
        ("nightly", "59.0a1"): (RolloutStep(RELEASED - 10 * HOUR, 1.0),),
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("channel,version,time\n", "lacks the column(s) percent"),
        (f"{HEAD}beta,57.0b8,2026-11-22T10:00,10\nbeta,57.0b8,soon,20\n", "line 3 .*soon"),
        (f"{HEAD}beta,57.0b8,2026-11-22T10:00,150\n", "line 2 .*percent is 150, but must be from 0 to 100"),
        (f"{HEAD}beta,57.0b8,2026-11-22T10:00,nan\n", "line 2 .*percent"),
        (f"{HEAD}beta,57.0b8,2026-11-22T10:00\n", "line 2 "),
        (f"{HEAD}beta,,2026-11-22T10:00,10\n", "line 2 .*must not be empty"),
        (f"{HEAD}beta,57.0b8,2026-11-22T10:00,10\nbeta,57.0b8,2026-11-22T10:00Z,20\n", "line 3 .*another step"),
    ],
)
def test_a_file_that_cannot_be_understood_says_where(text, problem):
    with pytest.raises(ValueError, match=problem.replace("(s)", r"\(s\)")):
        parse_rollouts(text)


def steps(*shares_by_hour):
    return tuple(RolloutStep(RELEASED + hour * HOUR, share) for hour, share in shares_by_hour)


def plan_of(*shares_by_hour):
    return RolloutPlan(steps(*shares_by_hour), RELEASED)


def adoption_after(hours, share, update_hours):
    """The mean adoption of a step's first hours where users update at that speed."""
    return share * (1 - np.exp(-np.arange(1, hours + 1) / update_hours)).mean()


def pace(*speed_chances, update_worth_hours=0.0, daily_shape=(1.0,) * 24):
    return Pace(np.array(speed_chances or [0.5]), np.array([daily_shape] * max(len(speed_chances), 1)), update_worth_hours)


@pytest.mark.parametrize("update_hours", [8.0, 20.0, 50.0, 120.0])
def test_how_fast_users_follow_a_step_is_seen_from_the_adoption(update_hours):
    plan, last_day = plan_of((0, 0.25)), LastDay(6, adoption_after(6, 0.25, update_hours), 30.0)
    used = 1 - np.exp(-np.arange(1, 31) / update_hours)
    expected = 30.0 * used[6:] / used[:6].sum()
    assert plan.ahead(last_day, pace(), 24)[0] == pytest.approx(expected, rel=0.05)


def test_while_users_update_there_are_more_crashes_than_their_use_brings():
    plan, last_day = plan_of((0, 0.25), (24, 1.0)), LastDay(12, adoption_after(12, 0.25, 20.0), 30.0)
    [quiet], [bursting] = (plan.ahead(last_day, pace(update_worth_hours=worth), 72) for worth in (0.0, 8.0))
    assert bursting[:11].sum() < quiet[:11].sum(), "fewer update than in the first hours"
    assert bursting[12] > 2 * bursting[11], "of the next step, most at once"


def test_a_rollout_that_is_held_has_no_more_users_and_one_that_is_widened_fourfold_does():
    held, widened = plan_of((0, 0.25)), plan_of((0, 0.25), (48, 1.0))
    adoption = 0.25 * (1 - np.exp(-np.arange(25, 49) / 8.0)).mean()
    assert held.growth(48, adoption) == pytest.approx(1.0, rel=0.1)
    assert 2.0 < widened.growth(48, adoption) < 4.0
    assert held.ahead(LastDay(48, adoption, 240.0), pace(), 24).sum() == pytest.approx(240.0, rel=0.1)


def test_what_no_speed_explains_is_taken_for_the_fastest_or_the_slowest():
    plan = plan_of((0, 0.25), (24, 1.0))
    growths = [plan.growth(12, adoption) for adoption in (0.9, 0.2, 0.05, 0.0)]
    assert growths == sorted(growths) and np.isfinite(growths).all()


def test_speeds_differ_among_draws():
    ahead = plan_of((0, 0.25)).ahead(LastDay(6, adoption_after(6, 0.25, 20.0), 30.0), pace(0.1, 0.5, 0.9), 24)
    assert (np.diff(ahead.sum(axis=1)) > 0).all(), "the slower, the more are to come"


def test_nights_have_fewer_crashes_than_days():
    quiet_after_the_sixth = (1.5,) * 6 + (0.5,) * 6 + (1.0,) * 12
    last_day, plan = LastDay(6, adoption_after(6, 0.25, 20.0), 30.0), plan_of((0, 0.25))
    [even], [shaped] = (plan.ahead(last_day, one, 24) for one in (pace(), pace(daily_shape=quiet_after_the_sixth)))
    assert shaped[:6] == pytest.approx(even[:6] / 3, rel=0.1)


def test_steps_that_begin_later_than_the_release_do_not_say_what_it_has_now():
    assert plan_of((0, 0.25)).says_what_is_used
    assert not plan_of((5, 0.25)).says_what_is_used
    assert not plan_of().says_what_is_used


def test_the_next_step_is_the_first_that_is_not_taken():
    of = steps((0, 0.1), (24, 0.5))
    assert next_step(of, RELEASED + 3 * HOUR) == of[1]
    assert next_step(of, of[1].at) is None


def verdict_of(channel, *shares_by_hour):
    scored = list(score_releases(channel.record(), channel.end - HOUR, channel.end, POLICY))[-1]
    planned = tuple(RolloutStep(scored.release.hour + hour * HOUR, share) for hour, share in shares_by_hour)
    rows = health_rows(scored, LookRange(channel.end - HOUR, channel.end), 1, POLICY)
    return with_decisions(rows, scored, POLICY, planned)[0]


def test_a_rollout_that_stays_small_is_judged_later_than_one_that_is_widened():
    channel = SmallChannel(last_hours=6, usage_hours_per_hour=300.0)
    small, wide = verdict_of(channel, (0, 0.05)), verdict_of(channel, (0, 0.05), (7, 1.0))
    assert wide["verdict_hours"] < (small["verdict_hours"] or np.inf)
    assert small["planned_growth"] < wide["planned_growth"]
    assert (small["next_step_share"], wide["next_step_share"]) == (None, 1.0)


def test_scoring_takes_the_steps_of_the_release_that_they_are_of(tmp_path):
    channel, lake = SmallChannel(betas=4, last_hours=6), lake_of(SmallChannel(betas=4, last_hours=6), tmp_path)
    step = RolloutStep(channel.releases[-1], 0.5)

    def growth(version):
        scored = score_looks(lake, channel.calendar, channel.end - HOUR, {("beta", version): (step,)})
        return next(row["planned_growth"] for row in scored.rows.to_pylist() if row["scope"] == "release")

    assert growth(channel.versions[-1]) > 1
    assert growth(channel.versions[-2]) is None


def test_a_wrong_file_stops_scoring_before_anything_is_read(tmp_path, monkeypatch):
    file = tmp_path / "rollouts.csv"
    file.write_text(f"{HEAD}beta,57.0b8,2026-11-22T10:00,ten\n")
    monkeypatch.setenv("ROLLOUTS", str(file))
    window = ["--start", "2026-11-22T10:00Z", "--end", "2026-11-22T11:00Z", "--mode", "provisional", "--run-key", "key"]
    result = CliRunner().invoke(main, window)
    assert result.exit_code != 0
    assert "line 2 of the file of rollouts cannot be read" in result.output
