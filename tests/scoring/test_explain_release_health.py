"""Every figure of a stored verdict can be had again; where it can't, the explanation fails and names the figure."""

import re

import pytest
from click.testing import CliRunner

from jobs import explain_release_health
from jobs.declarations.tables import RELEASE_HEALTH
from jobs.declarations.windows import HOUR
from jobs.explain_release_health import RecomputationDiffersError, explain
from jobs.score_release_health import score_looks
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema
from jobs.wording.shown_numbers import clock_words
from tests.scoring.small_channel import SmallChannel, lake_of, table_of

pytestmark = pytest.mark.long

CHANNEL = SmallChannel(betas=4, last_hours=30, ratio=3.0)


def health_of(rows):
    return table_of(RELEASE_HEALTH, rows).cast(arrow_schema(RELEASE_HEALTH))


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A catalog with the verdicts of the last two hours."""
    catalog = lake_of(CHANNEL, tmp_path_factory.mktemp("lake"))
    scored = score_looks(catalog, CHANNEL.calendar, CHANNEL.end - 2 * HOUR)
    ensure_table(catalog, RELEASE_HEALTH).append(scored.rows)
    return catalog


def test_the_arithmetic_is_shown_and_holds(lake):
    text = explain(lake, CHANNEL.calendar, "beta", "57.0b11", None)
    assert text.startswith(f"beta 57.0b11 at {clock_words(CHANNEL.end)}, 30 h after release:\n  regressed")
    terms = re.findall(r"([\d.]+) h x +([\d.]+) per 1000 h x +([\d.]+) = +([\d.]+)", text)
    together = float(re.search(r"together E = ([\d.]+)", text)[1])
    for hours, rate, factor, expected in terms:
        assert float(hours) * float(rate) / 1000 * float(factor) == pytest.approx(float(expected), rel=0.01)
    assert sum(float(term[3]) for term in terms) == pytest.approx(together, abs=0.02)


def test_an_earlier_look_is_explained_as_it_was(lake):
    assert "29 h after release" in explain(lake, CHANNEL.calendar, "beta", "57.0b11", CHANNEL.end - HOUR)


def test_a_figure_that_cannot_be_had_again_fails(tmp_path):
    catalog = lake_of(CHANNEL, tmp_path)
    rows = score_looks(catalog, CHANNEL.calendar, CHANNEL.end - HOUR).rows.to_pylist()
    wrong = [row | {"ratio_high": 9.99} if row["scope"] == "trailing" and row["measure"] == "main_crashes_capped" else row for row in rows]
    ensure_table(catalog, RELEASE_HEALTH).append(health_of(wrong))
    with pytest.raises(RecomputationDiffersError, match=r"trailing/all/all/main_crashes_capped.*ratio_high: stored 9\.99"):
        explain(catalog, CHANNEL.calendar, "beta", "57.0b11", None)


def test_a_release_that_was_never_scored_is_said_so(lake):
    with pytest.raises(LookupError, match="no look at beta 99"):
        explain(lake, CHANNEL.calendar, "beta", "99.0b1", None)


@pytest.mark.parametrize("data_label", ["simulated data", None])
def test_what_the_data_is_called_comes_first(lake, monkeypatch, data_label):
    monkeypatch.setattr(explain_release_health, "open_catalog", lambda: lake)
    monkeypatch.setattr(explain_release_health, "read_calendar", lambda _: CHANNEL.calendar)
    monkeypatch.delenv("DATA_LABEL", raising=False)
    if data_label is not None:
        monkeypatch.setenv("DATA_LABEL", data_label)
    told = CliRunner().invoke(explain_release_health.main, ["--channel", "beta", "--version", "57.0b11"])
    assert told.exit_code == 0, told.output
    assert "\nbeta 57.0b11 at" in told.output
    assert ("\nSimulated data.\n\nbeta 57.0b11 at" in told.output) is (data_label is not None)
