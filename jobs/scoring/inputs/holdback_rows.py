"""The arms of a random holdback, from experiment_error_aggregates: who was released to, and who was held back (docs/method.md#random-holdback).

A rollout that holds clients back at random names its experiment `release-holdback-<release version>` and its branches `released` and `held`.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.declarations.measures import MAIN_MEASURE
from jobs.declarations.policies import HORIZON_HOURS, HoldbackPolicy
from jobs.declarations.windows import HOUR
from jobs.scoring.method.arrays import Array

HOLDBACK_COLUMNS = ("hour_start", "channel", "experiment", "branch", "usage_hours", MAIN_MEASURE)


@dataclass(frozen=True)
class HoldbackArms:
    """By hour since release."""

    released_crashes: Array
    held_crashes: Array
    released_hours: Array
    held_hours: Array


def holdback_arms(rows: pa.Table, channel: str, version: str, released: datetime, policy: HoldbackPolicy) -> HoldbackArms | None:
    """The arms of a release's holdback; None where it has none, or where only one arm has reported."""
    name = f"{policy.experiment_prefix}{version}"
    rows = rows.filter((pc.field("channel") == channel) & (pc.field("experiment") == name))
    age = (rows["hour_start"].cast(pa.int64()).to_numpy() - int(released.timestamp()) * 1_000_000) // (
        int(HOUR.total_seconds()) * 1_000_000
    )
    branches = np.array(rows["branch"].to_pylist(), dtype=str)
    in_life = (age >= 0) & (age < HORIZON_HOURS)

    def summed(column: str, branch: str) -> Array:
        used = in_life & (branches == branch)
        values = np.nan_to_num(rows[column].cast(pa.float64()).to_numpy(zero_copy_only=False))
        return np.bincount(age[used], weights=values[used], minlength=HORIZON_HOURS).astype(np.float64)

    arms = HoldbackArms(
        summed(MAIN_MEASURE, policy.released_branch),
        summed(MAIN_MEASURE, policy.held_branch),
        summed("usage_hours", policy.released_branch),
        summed("usage_hours", policy.held_branch),
    )
    return arms if arms.released_hours.any() and arms.held_hours.any() else None
