"""What is told beside a verdict can be had again from the totals, too; a figure that can't fails the explanation and is named."""

from itertools import takewhile

import pytest

from jobs.decisions.experiment_rows import comparison_start
from jobs.decisions.rollout_plan import RolloutStep
from jobs.declarations.tables import BUILD_HEALTH, EXPERIMENT_ERROR_AGGREGATES, EXPERIMENT_HEALTH, LATER_HEALTH, RELEASE_HEALTH
from jobs.declarations.windows import HOUR
from jobs.explain_release_health import RecomputationDiffersError, explain
from jobs.score_release_health import score_looks
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema
from jobs.tables.upkeep.table_upkeep import drop_rows_before
from jobs.wording.shown_numbers import clock_words
from tests.decisions.test_build_rows import BAD, with_builds
from tests.decisions.test_experiment_rows import MONDAY, an_experiment
from tests.scoring.small_channel import SmallChannel, lake_of, table_of

pytestmark = pytest.mark.long

HEALTHY = SmallChannel(betas=4, last_hours=30)
OLD = SmallChannel(betas=1, last_hours=480, ratio=2.5, bad_from_hour=420)


def with_experiment(channel, catalog):
    start = comparison_start(channel.end)
    rows = ({**row, "hour_start": row["hour_start"] - MONDAY + start} for row in an_experiment(ratio=1.8, hours=240))
    until_end = takewhile(lambda row: row["hour_start"] < channel.end, rows)
    declared = table_of(EXPERIMENT_ERROR_AGGREGATES, until_end).cast(arrow_schema(EXPERIMENT_ERROR_AGGREGATES))
    ensure_table(catalog, EXPERIMENT_ERROR_AGGREGATES).append(declared)
    return catalog


def stored(catalog, table, rows, **wrong):
    ensure_table(catalog, table).append(table_of(table, [row | wrong for row in rows.to_pylist()]).cast(arrow_schema(table)))


def told(catalog, channel, **more):
    return explain(catalog, channel.calendar, "beta", channel.versions[-1], None, **more)


def test_builds_and_experiments_are_those_of_the_totals(tmp_path):
    catalog = with_experiment(BAD, with_builds(BAD, tmp_path))
    scored = score_looks(catalog, BAD.calendar, BAD.end - 30 * HOUR)
    stored(catalog, RELEASE_HEALTH, scored.rows)
    for table in (BUILD_HEALTH, EXPERIMENT_HEALTH):
        stored(catalog, table, scored.told_beside[table])
    text = told(catalog, BAD)
    assert "<- suspect" in text and "pref-x / treatment" in text and "each is the same" in text


@pytest.mark.parametrize(
    ("table", "wrong", "named"),
    [
        (BUILD_HEALTH, {"p_first_bad": 0.123}, r"\d{14}: p_first_bad: stored 0\.123, now"),
        (EXPERIMENT_HEALTH, {"evidence": 77.0}, r"pref-x/treatment/all/main_crashes_capped: evidence: stored 77\.0, now"),
    ],
)
def test_a_figure_told_beside_the_verdict_that_cannot_be_had_again_fails(tmp_path, table, wrong, named):
    catalog = with_experiment(BAD, with_builds(BAD, tmp_path))
    scored = score_looks(catalog, BAD.calendar, BAD.end - HOUR)
    stored(catalog, RELEASE_HEALTH, scored.rows)
    stored(catalog, table, scored.told_beside[table], **wrong)
    with pytest.raises(RecomputationDiffersError, match=named):
        told(catalog, BAD)


def test_a_look_of_before_experiments_were_stored_is_explained(tmp_path):
    catalog = with_experiment(BAD, with_builds(BAD, tmp_path))
    stored(catalog, RELEASE_HEALTH, score_looks(catalog, BAD.calendar, BAD.end - HOUR).rows)
    assert "Experiments of its channel" not in told(catalog, BAD)


def test_what_rests_on_rows_that_went_for_their_age_is_shown_and_not_compared(tmp_path):
    catalog = with_experiment(BAD, with_builds(BAD, tmp_path))
    scored = score_looks(catalog, BAD.calendar, BAD.end - HOUR)
    stored(catalog, RELEASE_HEALTH, scored.rows)
    stored(catalog, EXPERIMENT_HEALTH, scored.told_beside[EXPERIMENT_HEALTH])
    drop_rows_before(catalog, EXPERIMENT_ERROR_AGGREGATES, BAD.end, is_dry_run=False)
    text = told(catalog, BAD)
    assert "pref-x / treatment" in text and "Those of experiment_health rest on rows that went for their age" in text


def test_later_weeks_are_those_of_the_totals(tmp_path):
    catalog = lake_of(OLD, tmp_path)
    scored = score_looks(catalog, OLD.calendar, OLD.releases[0] + 167 * HOUR)
    stored(catalog, RELEASE_HEALTH, scored.rows)
    stored(catalog, LATER_HEALTH, scored.told_beside[LATER_HEALTH])
    assert f"After its first week: the last 24 h before {clock_words(OLD.end)}" in told(catalog, OLD), "the latest look, and no other"
    ensure_table(catalog, LATER_HEALTH).delete()
    stored(catalog, LATER_HEALTH, scored.told_beside[LATER_HEALTH], p_unacceptable=0.5)
    with pytest.raises(RecomputationDiffersError, match=r"p_unacceptable: stored 0\.5, now"):
        told(catalog, OLD)


def test_a_rollout_with_declared_steps_is_explained_by_them(tmp_path):
    catalog, version = lake_of(HEALTHY, tmp_path), HEALTHY.versions[-1]
    released = HEALTHY.releases[-1]
    rollouts = {("beta", version): (RolloutStep(released, 0.25), RolloutStep(released + 48 * HOUR, 1.0))}
    stored(catalog, RELEASE_HEALTH, score_looks(catalog, HEALTHY.calendar, HEALTHY.end - HOUR, rollouts).rows)
    assert "each is the same" in told(catalog, HEALTHY, rollouts=rollouts)
    with pytest.raises(RecomputationDiffersError, match="the rollout's declared steps have"):
        told(catalog, HEALTHY)
