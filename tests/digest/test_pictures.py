"""The pictures of a release: drawn where there is something to draw, told in words, and opaque for both of Slack's themes."""

import struct
from datetime import timedelta

import pytest

from jobs.declarations.tables import RELEASE_HEALTH
from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.digest_reading import draw_pictures
from jobs.digest.messages import release_charts
from jobs.digest.messages.release_charts import release_pictures
from tests.digest.facts_factory import NOON, State, a_cell, a_regressed_cell, a_release, a_verdict, some_facts
from tests.digest.stored_rows import health_rows, store

HOUR = timedelta(hours=1)


def a_release_with_history(hours: int = 9, version: str = "57.0b8"):
    cells = [a_regressed_cell(as_of=NOON - n * HOUR, age_hours=9.0 - n, release_version=version) for n in range(hours)]
    before = [
        a_cell(as_of=NOON - timedelta(days=7) - n * HOUR, age_hours=9.0 - n, release_version="57.0b7", platform="Windows") for n in range(9)
    ]
    release = a_release(State.REGRESSED, (cells[0],), score=1.5, release_version=version)
    return release, (*cells, *before)


RECENT = (a_verdict(release_version="57.0b7", as_of=NOON - timedelta(days=7)), a_verdict(State.REGRESSED, score=1.5))


def test_the_alt_texts_say_what_the_pictures_show():
    ratio, rate, scores = (picture.alt_text for picture in release_pictures(*a_release_with_history(), RECENT))
    assert ratio.endswith("with the 90 % interval: 1.52x (1.27–1.81x) after 9 h; acceptable up to 1.25x.")
    assert rate == "browser crashes on Windows per 1,000 usage hours of 57.0b8: 4.5 after 9 h beside 2.9 of 1 earlier release at that age."
    assert scores == "Scores of the last 2 releases, oldest first: 57.0b7 99 healthy, 57.0b8 – regressed."


@pytest.fixture
def drawn(monkeypatch):
    """The axes of the pictures, before they become PNG."""
    figures = []
    monkeypatch.setattr(release_charts, "_finished", lambda drawing, label: figures.append(drawing.figure))
    release_pictures(*a_release_with_history(), RECENT)
    return [figure.axes[0] for figure in figures]


def test_marks_and_line_styles_are_named_so_that_no_colour_is_needed(drawn):
    named = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in drawn]
    assert named == [["90 % interval", "regressed"], ["1 earlier release", "57.0b8"], ["regressed", "healthy"]]
    earlier, own = drawn[1].lines[:2]
    assert (earlier.get_linestyle(), own.get_linestyle()) == ("--", "-")


def test_a_state_is_marked_where_it_begins_and_at_the_latest_look_only(drawn):
    line, *marks = [line for line in drawn[0].lines if line.get_linestyle() != "--"]
    assert (len(line.get_xdata()), [mark.get_xdata()[0] for mark in marks]) == (9, [1.0, 9.0])


def test_the_acceptable_band_is_drawn_up_to_the_limit_and_named_inside_the_picture(drawn):
    band, label = drawn[0].patches[0], drawn[0].texts[0]
    assert band.get_y() + band.get_height() == pytest.approx(1.25)
    assert (label.get_text(), label.xyann) == ("acceptable: up to 1.25x", (0.99, 0.02))


def test_a_release_without_verdict_has_no_bar(monkeypatch):
    figures = []
    monkeypatch.setattr(release_charts, "_finished", lambda drawing, label: figures.append(drawing.figure))
    release_pictures(*a_release_with_history(), (*RECENT, a_verdict(State.TOO_EARLY, release_version="57.0b9", score=99.0)))
    axes = figures[-1].axes[0]
    heights = [bar.get_segments()[0][1][1] for bar in axes.collections]
    assert heights == [98.6, 0.0, 0.0]
    assert [text.get_text() for text in axes.texts] == ["99", "–", "–"]
    assert "no verdict" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_simulated_data_is_called_so_in_the_picture(monkeypatch):
    plain, labelled = (release_pictures(*a_release_with_history(), RECENT, label)[0] for label in (None, "simulated data"))
    assert labelled.alt_text == f"{plain.alt_text} Simulated data."
    assert labelled.content != plain.content


def test_they_are_wide_enough_for_a_phone_and_have_no_transparent_ground():
    for picture in release_pictures(*a_release_with_history(), RECENT):
        width, height = struct.unpack(">II", picture.content[16:24])
        assert (width, 500 < height < width) == (840, True)
        assert len(picture.content) < 150_000


def test_the_same_facts_give_the_same_pictures():
    first, second = (release_pictures(*a_release_with_history(), RECENT) for _ in range(2))
    assert [picture.content for picture in first] == [picture.content for picture in second]


def test_a_first_look_has_no_line_to_draw():
    assert release_pictures(*a_release_with_history(hours=1), RECENT[:1]) == ()


PARTS = {
    "trailing": {"platform": "all", "scope": "trailing"},
    "stratum": {"platform": "all", "scope": "stratum", "stratum": "Windows_NT / 10 / x86-64 / other"},
}


@pytest.mark.parametrize(
    ("scope", "told"),
    [
        ("trailing", "browser crashes in the last 24 h of 57.0b8 against its hours before, by hours"),
        ("stratum", "browser crashes among Windows 10, x86-64, other countries of 57.0b8 against its other users, by hours"),
    ],
)
def test_the_pictures_follow_what_alarms_and_not_the_platform_that_is_called_regressed_for_it(catalog, scope, told):
    """The platform's own ratio would run within the acceptable band."""
    looks = [
        a_release(
            State.REGRESSED,
            (
                a_cell(State.REGRESSED, as_of=NOON - n * HOUR, age_hours=40.0 - n),
                a_regressed_cell(as_of=NOON - n * HOUR, age_hours=40.0 - n, **PARTS[scope]),
            ),
            as_of=NOON - n * HOUR,
            age_hours=40.0 - n,
        )
        for n in range(3)
    ]
    store(catalog, RELEASE_HEALTH, health_rows(*looks))
    ratio, rate = draw_pictures(catalog, decide_digest(some_facts(looks[0])))
    assert ratio.alt_text.startswith(told)
    assert "1.52x (1.27–1.81x) after 40 h" in ratio.alt_text
    assert rate.alt_text.startswith(told.split(" of 57.0b8")[0] + " per 1,000 usage hours of 57.0b8: 4.5 after 40 h")


def test_a_hostile_version_is_drawn_as_a_label():
    pictures = release_pictures(*a_release_with_history(version="$\\frac{<!channel>"), RECENT)
    assert all("<!channel>" not in picture.alt_text for picture in pictures)
