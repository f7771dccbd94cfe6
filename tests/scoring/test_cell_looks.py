"""A group of users against the rest of its release: what is expected of it, and what is acceptable."""

from dataclasses import replace

import numpy as np
import pytest

from jobs.declarations.states import Scope
from jobs.scoring.looks.cell_looks import look_at_cells
from jobs.scoring.method.release_history import fit_history
from tests.scoring.drawn_releases import baselines, release

NAMES = ("Windows", "macOS", "Linux")
HISTORY = fit_history(baselines())
FIRST_STRATUM = 2
"""After the release as a whole and its last day."""


def looks_with(crashes_of_the_rest: float, scale: float = 0.055):
    """One hour of a release whose first group had a crash, and the others so many each."""
    young = release(hours=1)
    counted = replace(young, crashes=np.array([[1.0], [crashes_of_the_rest], [crashes_of_the_rest]]))
    looks = look_at_cells(replace(HISTORY, stratum_scale=scale), counted, NAMES)
    assert (looks.scopes[FIRST_STRATUM], looks.strata[FIRST_STRATUM]) == (Scope.STRATUM, "Windows")
    return looks


def test_a_group_is_expected_to_have_what_the_rest_has_of_its_own():
    """Two pseudo-crashes keep a rest without crashes from saying that nothing is to be expected."""
    quiet, busy = looks_with(0), looks_with(100)
    rest = busy.observed[0, 0] - busy.observed[FIRST_STRATUM, 0]
    assert rest == pytest.approx(200 * HISTORY.matching.kernel[0])
    assert busy.expected[FIRST_STRATUM, 0] / quiet.expected[FIRST_STRATUM, 0] == pytest.approx((rest + 2) / (0 + 2))


@pytest.mark.parametrize(("scale", "acceptable"), [(0.02, np.log(1.2)), (0.10, 3 * 0.10)])
def test_a_group_may_be_a_fifth_worse_or_three_times_what_groups_differ_by(scale, acceptable):
    assert looks_with(0, scale).log_acceptable[FIRST_STRATUM] == pytest.approx(acceptable)
