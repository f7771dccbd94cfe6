"""The track record on the page is the one that describe_track_record tells, from what was kept as from the tables."""

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner

from jobs.declarations.states import State
from jobs.declarations.tables import INGEST_AUDIT, RELEASE_HEALTH, RELEASE_REVIEWS
from jobs.declarations.windows import HOUR
from jobs.describe_track_record import main
from jobs.verdicts.health_cells import Cell
from tests.digest.facts_factory import NOON, a_verdict
from tests.digest.stored_rows import an_audit_row, health_row, store
from tests.page.page_lake import new_release
from tests.page.published_pages import Page, publish

pytestmark = pytest.mark.long


def week(version: str, weeks_ago: int, states: list[State], go_from: int | None = None) -> list[Cell]:
    """A release's verdicts every 24 hours, from its first look to its last."""
    last = NOON - weeks_ago * timedelta(days=7)
    verdict = a_verdict(release_version=version, score=80.0)
    return [
        replace(
            verdict,
            as_of=last - (7 - day) * timedelta(days=1),
            age_hours=24.0 * day,
            state=state,
            advice="go" if go_from is not None and day >= go_from else "hold",
        )
        for day, state in enumerate(states)
    ]


H, R, W, E = State.HEALTHY, State.REGRESSED, State.WATCH, State.TOO_EARLY
LIVES = (
    *week("57.0b2", 30, [E, W, R, R, R, R, R, R]),
    *week("57.0b3", 25, [E, E, H, H, H, H, H, H], go_from=1),
    *week("57.0b4", 6, [E, W, W, R, R, R, W, H]),
    *week("57.0b5", 55, [E, R, R, R, R, R, R, R]),
    *week("57.0b6", 3, [E, H, H, H, H, R, R, R], go_from=1),
)


def said(version: str, verdict: str) -> dict:
    return {"channel": "beta", "release_version": version, "reviewed_at": NOON, "reviewed_by": "Ada", "verdict": verdict, "note": None}


def lines_of_the_command() -> str:
    result = CliRunner().invoke(main, ["--until", NOON.isoformat()])
    assert result.exit_code == 0, result.output
    return result.output


def fill_a_year(catalog) -> None:
    store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*LIVES, *new_release())])
    store(catalog, INGEST_AUDIT, [an_audit_row(NOON - HOUR)])
    store(catalog, RELEASE_REVIEWS, [said("57.0b2", "confirmed"), said("57.0b4", "dismissed"), said("57.0b3", "confirmed")])


def test_the_record_is_that_of_the_command(empty_catalog, pages) -> None:
    fill_a_year(empty_catalog)
    publish()
    first = Page(pages).beside("record.json")
    publish()
    assert Page(pages).beside("record.json") == first, "from kept days as from the table"
    [record] = first["channels"]
    assert (record["releases"], record["alarms"], record["unanswered"]) == (5, 4, 2)
    assert (record["precision"]["count"], record["precision"]["of"]) == (1, 2)
    assert (record["recall"]["count"], record["recall"]["of"]) == (1, 2), "57.0b3 was confirmed without an alarm"
    assert (record["hours_to_alarm"], record["go_hours_saved"], record["gone_and_regressed"]) == (48, 12, 1)
    told = lines_of_the_command()
    for words in (
        record["precision"]["words"],
        record["recall"]["words"],
        *(each["acceptable"]["words"] for each in record["acceptable_by_score"]),
    ):
        assert words in told
    assert {(each["after_a_day"], each["at_last"]): each["releases"] for each in record["became"]} == {
        ("watch", "regressed"): 1,
        ("too_early", "healthy"): 1,
        ("watch", "healthy"): 1,
        ("healthy", "regressed"): 1,
    }


def test_a_release_of_more_than_a_year_ago_is_no_longer_in_it(empty_catalog, pages) -> None:
    fill_a_year(empty_catalog)
    publish()
    assert "57.0b5" not in {score["version"] for score in Page(pages).channel()["scores"]}
    assert Page(pages).beside("record.json")["since"] == f"{NOON - timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"


def test_who_answered_is_not_in_it(empty_catalog, pages) -> None:
    fill_a_year(empty_catalog)
    publish("--public")
    assert "Ada" not in (pages / Page(pages).pointer["state"]).with_name("record.json").read_text()


def test_before_anything_is_scored_it_is_empty(empty_catalog, pages) -> None:
    publish()
    assert Page(pages).beside("record.json")["channels"] == []
