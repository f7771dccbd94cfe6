"""Crash reports that are missing: a ratio below all that any past release had is no praise (docs/method.md#data-guards)."""

import numpy as np

from jobs.declarations.policies import VerdictPolicy
from jobs.scoring.looks.cell_looks import CellLooks
from jobs.scoring.method.arrays import Array
from jobs.scoring.method.data_guard import DataProblem
from jobs.verdicts.health_notes import NoteCode

_HALF_A_CRASH = 0.5


def missing_reports(looks: CellLooks, past_levels: Array, policy: VerdictPolicy) -> DataProblem:
    """Looks at which a ratio says something and less than half came of what any past release had: reports are missing, not crashes.

    `past_levels` are log levels around what is expected. Since release, or in the last day: a reporter can break in the middle of a week.
    """
    lowest = min(float(np.min(past_levels, initial=0.0)), 0.0)
    ratio = (looks.observed[:2] + _HALF_A_CRASH) / (looks.expected[:2] + _HALF_A_CRASH)
    has_ratio = (looks.effective_expected[:2] >= policy.too_early_expected) & (looks.posterior.sd[:2] <= policy.too_early_sd)
    is_missing = (ratio < policy.min_reported * np.exp(lowest)) & has_ratio & looks.is_known[:2]
    return DataProblem(is_missing.any(axis=0), NoteCode.FEW_CRASH_REPORTS)
