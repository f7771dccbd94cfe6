"""The pairs that the release score's map is learned from: kept, they are those that scoring the past releases gives."""

import numpy as np
import pyarrow.compute as pc
import pytest

from jobs import score_release_health
from jobs.declarations.tables import RELEASE_OUTCOMES
from jobs.declarations.windows import HOUR
from jobs.history import kept_outcomes
from jobs.score_release_health import score_looks
from jobs.scoring.method import score_calibration
from jobs.scoring.rows import calibration_history
from jobs.tables.commits.kept_rows import keep_rows
from jobs.tables.lake.lake_catalog import identifier
from tests.scoring.small_channel import SmallChannel, lake_of

WORLD = SmallChannel(betas=5, last_hours=8, usage_hours_per_hour=400.0)


def scored(catalog):
    found = score_looks(catalog, WORLD.calendar, WORLD.end - HOUR)
    for table, rows in score_release_health.kept_in(found.to_keep):
        keep_rows(catalog, table, rows)
    return found.rows.to_pylist(), sum(rows.num_rows for rows in found.to_keep[RELEASE_OUTCOMES.name])


@pytest.mark.long
def test_past_releases_are_scored_once(tmp_path, monkeypatch):
    for module in (calibration_history, score_calibration):
        monkeypatch.setattr(module, "FEWEST_RELEASES", 2)
    catalog = lake_of(WORLD, tmp_path)
    first, made = scored(catalog)
    assert made >= 3
    with monkeypatch.context() as patch:
        patch.setattr(kept_outcomes, "scores_of_past", None)  # would fail if any past release were scored
        assert scored(catalog) == (first, 0)
    stored = catalog.load_table(identifier(RELEASE_OUTCOMES)).scan().to_arrow()
    assert sum(len(scores) for scores in stored["least_scores"].to_pylist()) >= 10
    assert np.isfinite(pc.list_flatten(stored["least_scores"]).to_numpy()).all()
    # Another policy or other code makes all of them anew; a lost table too.
    monkeypatch.setattr(kept_outcomes, "scoring_version", lambda: "other code")
    assert scored(catalog) == (first, made)
    catalog.drop_table(identifier(RELEASE_OUTCOMES))
    assert scored(catalog) == (first, made)
