"""From rows of experiment_error_aggregates to who is to blame."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from jobs.decisions.experiment_rows import comparison_start, experiment_rows
from jobs.declarations.policies import POLICY
from jobs.declarations.tables import EXPERIMENT_ERROR_AGGREGATES, EXPERIMENT_HEALTH
from jobs.declarations.windows import HOUR
from jobs.tables.lake.schemas import arrow_schema, staged_schema

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
PLATFORMS = {"Windows_NT": 0.8, "Linux": 0.2}


def an_experiment(name="pref-x", ratio=1.0, hours=96, users_hours=4_000.0, staying=1.0, branches=("control", "treatment"), seed=1):
    """Rows of an experiment whose `treatment` crashes `ratio` times as often; each hour `staying` of its usage is left."""
    rng = np.random.default_rng(seed)
    for hour in range(hours):
        for branch in branches:
            for os_name, share in PLATFORMS.items():
                used = users_hours * share * (staying**hour if branch == "treatment" else 1.0)
                used = rng.gamma(used / 2) * 2
                factor = ratio if branch == "treatment" else 1.0
                yield {
                    "hour_start": MONDAY + hour * HOUR,
                    "channel": "beta",
                    "version": "57.0",
                    "os_name": os_name,
                    "experiment": name,
                    "branch": branch,
                    "usage_hours": used,
                    "main_crashes_capped": int(rng.poisson(used * 0.004 * factor)),
                    "content_crashes_capped": int(rng.poisson(used * 0.004)),
                    "window_run_id": "run",
                }


def rows_of(*experiments, looks=1, hours=96):
    empty = dict.fromkeys(EXPERIMENT_ERROR_AGGREGATES.column_names)
    given = [empty | row for experiment in experiments for row in experiment]
    table = pa.Table.from_pylist(given, schema=staged_schema(EXPERIMENT_ERROR_AGGREGATES))
    until = MONDAY + hours * HOUR
    return experiment_rows(table, until - looks * HOUR, until, 7, POLICY)


def state_of(rows, branch="treatment", measure="main_crashes_capped", experiment="pref-x", platform="all"):
    wanted = {"branch": branch, "measure": measure, "experiment": experiment, "platform": platform}
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def test_the_branch_that_crashes_more_is_to_blame_and_no_other():
    rows = rows_of(an_experiment(ratio=1.8), an_experiment("other", seed=2))
    guilty = state_of(rows)
    assert guilty["state"] == "guilty"
    assert guilty["ratio_low"] < 1.8 < guilty["ratio_high"]
    assert MONDAY < guilty["guilty_since"] < MONDAY + 48 * HOUR
    assert {row["branch"] for row in rows if row["state"] == "guilty"} == {"treatment"}
    assert {row["experiment"] for row in rows if row["state"] == "guilty"} == {"pref-x"}


def test_rows_are_as_declared():
    rows = rows_of(an_experiment(ratio=1.8))
    assert set(rows[0]) == set(EXPERIMENT_HEALTH.column_names)
    table = pa.Table.from_pylist(rows, schema=arrow_schema(EXPERIMENT_HEALTH))
    assert table.num_rows == 2 * 2 * 3  # branches x measures x (all, Windows, Linux)


def test_the_odds_grow_with_what_is_compared():
    one, two = rows_of(an_experiment()), rows_of(an_experiment(), an_experiment("other", seed=2))
    assert {row["alarm_at"] for row in one} == {100.0 * 12}
    assert {row["alarm_at"] for row in two} == {100.0 * 24}


def test_an_experiment_that_its_clients_leave_is_not_judged():
    rows = rows_of(an_experiment(ratio=1.8, staying=0.998), an_experiment("other", ratio=1.8, seed=2))
    assert {row["state"] for row in rows if row["experiment"] == "pref-x"} == {"not_judged"}
    assert state_of(rows, experiment="other")["state"] == "guilty"


def test_shares_that_hold_are_judged_whatever_they_are():
    rows = rows_of(an_experiment(branches=("control", "second", "third", "treatment"), ratio=1.8))
    assert state_of(rows)["state"] == "guilty"
    assert {row["state"] for row in rows if row["branch"] != "treatment"} <= {"quiet", "listed"}


def test_a_branch_alone_has_nothing_to_be_compared_with():
    assert rows_of(an_experiment(branches=("treatment",), ratio=3.0)) == []


def test_holdbacks_of_releases_are_left_to_scoring():
    assert rows_of(an_experiment("release-holdback-57.0", ratio=3.0)) == []


def test_a_look_is_the_same_among_others():
    rows = list(an_experiment(ratio=1.3))
    alone, among = rows_of(rows), rows_of(rows, looks=30)
    at = MONDAY + 96 * HOUR
    assert [row for row in among if row["as_of"] == at] == alone


@pytest.mark.parametrize(
    ("as_of", "start"),
    [
        (MONDAY + timedelta(days=3), MONDAY),
        (MONDAY + timedelta(days=7), MONDAY),
        (MONDAY + timedelta(days=7, hours=1), MONDAY),
        (MONDAY + timedelta(days=10) - HOUR, MONDAY),
        (MONDAY + timedelta(days=10), MONDAY + timedelta(days=7)),
    ],
)
def test_comparisons_begin_on_a_monday_at_least_three_days_back(as_of, start):
    assert comparison_start(as_of) == start
