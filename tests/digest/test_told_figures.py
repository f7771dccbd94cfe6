"""A figure reads alike wherever it is told: the digest and the explanation round by one rule, which never claims certainty."""

import re

import pytest

from jobs.declarations.tables import RELEASE_HEALTH
from jobs.declarations.windows import HOUR
from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.facts.digest_facts import DigestFacts
from jobs.digest.facts.shown_releases import shown_looks, with_cells
from jobs.digest.messages.message_blocks import blocks_as_text
from jobs.digest.messages.root_message import root_blocks
from jobs.explain_release_health import explain
from jobs.score_release_health import score_looks
from jobs.tables.lake.lake_catalog import ensure_table
from jobs.tables.lake.schemas import arrow_schema
from jobs.verdicts.health_cells import cell_from_row
from jobs.verdicts.health_notes import NoteCode
from jobs.wording.shown_numbers import chance_words, percent_words, score_words
from tests.digest.facts_factory import some_facts
from tests.scoring.small_channel import SmallChannel, lake_of, table_of

pytestmark = pytest.mark.long


def scored(channel: SmallChannel, folder) -> tuple[DigestFacts, str]:
    """What the digest is made of at the channel's last hour, and what `explain` says of the same look."""
    lake = lake_of(channel, folder)
    rows = score_looks(lake, channel.calendar, channel.end - HOUR).rows.to_pylist()
    ensure_table(lake, RELEASE_HEALTH).append(table_of(RELEASE_HEALTH, rows).cast(arrow_schema(RELEASE_HEALTH)))
    cells = [cell_from_row(row) for row in rows if row["release_version"] == channel.versions[-1]]
    looks = shown_looks([cell for cell in cells if cell.scope == "release"], channel.end)["beta"]
    facts = some_facts(*with_cells(looks, cells, ()), window_end=channel.end)
    return facts, explain(lake, channel.calendar, "beta", channel.versions[-1], None)


WORLDS = {
    "platform": SmallChannel(betas=4, last_hours=30, ratio=6.0),
    "trailing": SmallChannel(betas=4, last_hours=100, ratio=8.0, bad_from_hour=84),
    "stratum": SmallChannel(betas=4, last_hours=60, ratio=2.2, bad_os_versions=("6",), crashes_per_hour=0.3),
}
FIGURE = re.compile(r"\d[\d.,]*(?:–[\d.]+)?x|[<>]?\d+\u00a0%|\d{1,2} [A-Z][a-z]{2} \d\d:\d\d UTC|\d+ h\b(?! it)")


@pytest.mark.parametrize("scope", WORLDS)
def test_the_explanation_tells_every_figure_of_the_digest_for_the_same_cell_and_its_terms_make_their_sum(scope, tmp_path):
    facts, told = scored(WORLDS[scope], tmp_path)
    release = facts.releases[0]
    assert (release.cell.scope, release.verdict.state) == (scope, "regressed")
    place = release.verdict.note(NoteCode.DECIDED_BY)
    assert tuple(place.parameters.values()) == release.cell.place, "the stored row names the cell that the digest tells of"
    assert (release.verdict.ratio, release.verdict.expected_crashes) == (release.cell.ratio, release.cell.expected_crashes)
    root = blocks_as_text(root_blocks(decide_digest(facts))[:2])
    figures = FIGURE.findall(root.replace(" 24 h ", " "))
    assert len(figures) >= 5
    assert [figure for figure in figures if figure not in told.replace(" h after", " h")] == []
    assert not re.search(r"(?<![\d.<>])(100\.0|0\.0)\s%", told), "a chance is never nil, nor certain"
    terms = [float(term) for term in re.findall(r"per 1000 h x +[\d.]+ = +([\d.]+)", told)]
    rest = re.search(r"(?:the rest of the release has:|had in its hours before) .* = ([\d.]+)", told)
    together = sum(terms) * (float(rest[1]) if rest else 1.0)
    assert together == pytest.approx(release.cell.expected_crashes, rel=0.002)


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
