"""The terms that an explanation tells make up what the verdict was made with, also while something hits one group of users in all versions."""

import pyarrow as pa
import pytest

from jobs.declarations.policies import POLICY
from jobs.declarations.states import Scope
from jobs.declarations.windows import HOUR
from jobs.scoring.looks.channel_scoring import score_releases
from jobs.scoring.looks.release_sums import TRAILING_HOURS
from jobs.scoring.method.release_amounts import hours_before_factor
from jobs.scoring.rows.expected_terms import shares_as_known_then, shares_since_release
from jobs.verdicts.health_cells import ALL
from tests.scoring.small_channel import SmallChannel

CHANNEL = SmallChannel(betas=5, last_hours=60)
EVENT_HOURS_AGO = 24
LOOK = CHANNEL.last_hours - 1


@pytest.fixture(scope="module")
def cell():
    """Browser crashes of the last beta at its 60th hour; those of Windows 6 are three times as many in all versions for a day."""
    began = CHANNEL.end - EVENT_HOURS_AGO * HOUR
    drawn = CHANNEL.rows()
    rows = drawn.to_pylist()
    for row in rows:
        if row["os_version_major"] == "6" and row["hour_start"] >= began:
            row |= {name: 3 * row[name] for name in ("crash_pings", "main_crashes_capped")}
    record = CHANNEL.record(pa.Table.from_pylist(rows, drawn.schema))
    (scored,) = score_releases(record, CHANNEL.end - HOUR, CHANNEL.end, POLICY)
    return next(cell for cell in scored.cells if cell.key.measure == "main_crashes_capped" and cell.platform == ALL)


def test_the_terms_since_release_are_as_known_at_the_look(cell):
    terms = sum(share.expected_crashes for share in shares_since_release(cell, LOOK))
    assert terms == pytest.approx(cell.looks.expected[0, LOOK])
    assert terms != pytest.approx(sum(share.expected_crashes for share in shares_as_known_then(cell, LOOK)), rel=1e-3)


def test_the_terms_of_the_last_day_are_as_known_in_each_hour(cell):
    last_day = cell.looks.scopes.index(Scope.TRAILING)
    terms = sum(share.expected_crashes for share in shares_as_known_then(cell, LOOK, LOOK - TRAILING_HOURS + 1))
    before = sum(share.expected_crashes for share in shares_as_known_then(cell, LOOK - TRAILING_HOURS))
    factor = hours_before_factor(cell.looks.observed[0, LOOK - TRAILING_HOURS], before)
    assert terms * factor == pytest.approx(cell.looks.expected[last_day, LOOK])
