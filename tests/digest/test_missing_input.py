"""What the digest says of input that is missing: an unreadable landing zone, a day that was not settled, holes of the days before."""

from datetime import datetime, timedelta

import pytest

from jobs.declarations.windows import HOUR, Mode, Window
from jobs.digest.facts.digest_facts import DigestFacts, HourCondition
from jobs.digest.facts.window_conditions import hour_facts
from jobs.digest.wording.data_line import data_line, hole_words, short_data_line, trouble_sentences
from jobs.tables.upkeep.input_holes import Holes
from tests.digest.facts_factory import NOON, a_release
from tests.digest.stored_rows import an_audit_row

DAY = NOON.replace(hour=0)
A_DAY = timedelta(days=1)
HOURLY = Window(NOON - HOUR, NOON, Mode.PROVISIONAL)
SETTLED = Window(DAY - A_DAY, DAY, Mode.SETTLED)


def facts_of(window: Window, audited: list[dict], closed: set[datetime] | None, holes: Holes = Holes()) -> DigestFacts:  # noqa: B008
    """The digest of a window with these audit rows; `closed` is None where the landing zone cannot be listed."""
    hours = hour_facts(window, audited, (), closed)
    releases = (a_release(as_of=window.end),)
    return DigestFacts("beta", window.start, window.end, window.mode, "key", releases, hours, holes=holes)


@pytest.mark.parametrize(
    ("closed", "condition", "said"),
    [
        (None, HourCondition.UNREADABLE, "the landing zone cannot be listed, so nothing was read; what was published before stands"),
        (set(), HourCondition.NOT_CLOSED, "the edge never closed the hour"),
        ({NOON - HOUR}, HourCondition.NOT_FINISHED, "the run did not finish"),
    ],
    ids=["cannot be listed", "not closed", "closed"],
)
def test_an_hour_that_was_not_read(closed: set[datetime] | None, condition: HourCondition, said: str) -> None:
    facts = facts_of(HOURLY, [], closed)
    assert [hour.condition for hour in facts.hours] == [condition]
    assert said in trouble_sentences(facts)[0]


@pytest.mark.parametrize("mode", ["provisional", "settled"])
def test_a_day_that_was_not_settled_is_not_told_as_settled(mode: str) -> None:
    facts = facts_of(SETTLED, [an_audit_row(hour, mode=mode) for hour in SETTLED.hours], set())
    said = [sentence for sentence in trouble_sentences(facts) if "the day was not settled, so the hourly figures stand" in sentence]
    assert len(said) == (1 if mode == "provisional" else 0)


@pytest.mark.parametrize(
    ("holes", "said"),
    [
        (Holes(), ""),
        (Holes(unread_hours=(NOON - 5 * HOUR,)), "1 hour never read since 22 Nov (the log of table_maintenance has what mends it)"),
        (
            Holes(unread_hours=(DAY - 2 * A_DAY, NOON), unsettled_days=(DAY - 3 * A_DAY, DAY - 2 * A_DAY), unfinished_hours=(DAY,)),
            "2 days never settled since 19 Nov, 1 hour never read since 22 Nov, 1 hour half published since 22 Nov "
            "(the log of table_maintenance has what mends it)",
        ),
    ],
    ids=["none", "an hour", "days, with their hours told once"],
)
def test_holes_are_told_in_the_data_line(holes: Holes, said: str) -> None:
    assert hole_words(holes) == said
    facts = facts_of(HOURLY, [an_audit_row(NOON - HOUR)], set(), holes)
    assert (said in data_line(facts)) and (said[1:] in short_data_line(facts))
    assert ("table_maintenance" in data_line(facts)) is bool(said)
