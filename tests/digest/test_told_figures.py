"""A figure reads alike wherever it is told: the digest and the explanation round by one rule, which never claims certainty."""

import re

import pytest

from jobs.digest.channel_digest import latest_looks
from jobs.digest.digest_facts import cell_from_row
from jobs.digest.root_message import root_blocks
from jobs.explain_release_health import explain
from jobs.number_words import chance_words, percent_words, score_words
from jobs.score_release_health import score_looks
from jobs.table_declarations import RELEASE_HEALTH
from jobs.tables.lake_catalog import ensure_table
from jobs.tables.schemas import arrow_schema
from jobs.windows import HOUR
from tests.digest.facts_factory import some_facts
from tests.scoring.small_channel import SmallChannel, lake_of, table_of

CERTAIN = SmallChannel(betas=4, last_hours=30, ratio=6.0)
"""Six times the crashes: the score is nil to all digits that it has."""


def test_the_explanation_tells_the_score_and_the_chance_that_the_digest_tells(tmp_path):
    lake = lake_of(CERTAIN, tmp_path)
    rows = score_looks(lake, CERTAIN.calendar, CERTAIN.end - HOUR).rows
    ensure_table(lake, RELEASE_HEALTH).append(table_of(RELEASE_HEALTH, rows).cast(arrow_schema(RELEASE_HEALTH)))
    told = explain(lake, CERTAIN.calendar, "beta", "57.0b11", None)
    cells = [cell_from_row(row) for row in rows if row["release_version"] == "57.0b11"]
    release = latest_looks([cell for cell in cells if cell.scope == "release"], [cell for cell in cells if cell.scope != "release"])["beta"]
    headline = root_blocks(some_facts(*release, window_end=CERTAIN.end))[0]["text"]["text"]
    assert (release[0].verdict.score, "1/100" in headline, ", 1/100. " in told) == (pytest.approx(0.0, abs=0.01), True, True)
    assert ", told as 1/100: no chance is told as 0 or 100" in told
    assert not re.search(r"(?<![\d.<>])(100\.0|0\.0)\s%", told), "a chance is never nil, nor certain"


@pytest.mark.parametrize(
    ("score", "words"), [(0.0, "1"), (0.4, "1"), (1.4, "1"), (49.6, "50"), (98.6, "99"), (99.97, "99"), (100.0, "99"), (None, "–")]
)
def test_a_score_is_whole_and_never_claims_certainty(score, words):
    assert score_words(score) == words


@pytest.mark.parametrize(
    ("probability", "whole", "tenths"),
    [(0.0, "<1 %", "<0.1 %"), (0.004, "<1 %", "0.4 %"), (0.015, "2 %", "1.5 %"), (0.976, "98 %", "97.6 %"), (1.0, ">99 %", ">99.9 %")],
)
def test_a_chance_is_neither_nil_nor_certain(probability, whole, tenths):
    assert (chance_words(probability).replace("\u00a0", " "), chance_words(probability, 1).replace("\u00a0", " ")) == (whole, tenths)


def test_a_share_may_be_all_or_nothing():
    assert [percent_words(share).replace("\u00a0", " ") for share in (0.0, 0.003, 0.23, 0.997, 1.0)] == [
        "0 %",
        "<1 %",
        "23 %",
        ">99 %",
        "100 %",
    ]
