"""What each view says in a real browser is what the tables' rows say, read independently."""

from collections.abc import Iterator

import pytest
from pyiceberg.catalog import Catalog

from jobs.declarations.tables import (
    BUILD_HEALTH,
    DATA_QUALITY,
    ERROR_AGGREGATES,
    EXPERIMENT_HEALTH,
    INGEST_AUDIT,
    LATER_HEALTH,
    RELEASE_HEALTH,
    Table,
)
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from jobs.wording.shown_numbers import chance_words, count_words, interval_words, percent_words, ratio_words
from tests.digest.facts_factory import NOON
from tests.digest.stored_rows import lake_environment
from tests.page.page_lake import NEW, fill
from tests.page.published_pages import publish
from tests.page.seen_pages import Seen
from tests.page.served_pages import our_server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalog, str]]:
    folder = tmp_path_factory.mktemp("told")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (lake_environment(folder) | {"PAGES": str(folder / "pages")}).items():
            environment.setenv(name, value)
        catalog = open_catalog()
        fill(catalog)
        publish()
    with our_server(str(folder / "pages")) as address:
        yield catalog, address


def rows_of(catalog: Catalog, table: Table, **wanted: object) -> list[dict]:
    rows = catalog.load_table(identifier(table)).scan().to_arrow().to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def told_rows(seen: Seen, caption: str) -> list[list[str]]:
    table = seen.page.get_by_role("table", name=caption, exact=True)
    return [[cell.strip() for cell in row.split("\t")] for row in table.locator("tbody").inner_text().splitlines()]


def test_a_channels_card_has_the_figures_of_its_verdict_and_of_the_cell_that_decides_it(published: tuple[Catalog, str], seen: Seen) -> None:
    catalog, address = published
    card = seen.open(address, "#/").locator(".card").inner_text()
    [verdict] = rows_of(catalog, RELEASE_HEALTH, release_version=NEW, as_of=NOON, scope="release")
    [cell] = rows_of(catalog, RELEASE_HEALTH, release_version=NEW, as_of=NOON, platform="Windows_NT")
    for words in (
        verdict["state"],
        percent_words(verdict["adoption"]),
        ratio_words(cell["ratio"]),
        interval_words(cell["ratio_low"], cell["ratio_high"]),
        f"{count_words(cell['observed_crashes'])} received in {count_words(cell['usage_hours'])} h",
    ):
        assert words in card
    assert "complete to 22 Nov 12:00 UTC, provisional" in seen.page.locator("header").inner_text()


def test_five_minutes_are_the_sums_of_their_rows(published: tuple[Catalog, str], seen: Seen) -> None:
    catalog, address = published
    seen.open(address, f"#/beta/{NEW}/Windows_NT/main_crashes_capped?align=clock&grain=5m")
    sums: dict[tuple[str, str], list[float]] = {}
    for row in rows_of(catalog, ERROR_AGGREGATES, os_name="Windows_NT"):
        step = sums.setdefault((f"{row['window_start']:%Y-%m-%d %H:%M} UTC", row["release_version"]), [0.0, 0.0])
        step[0] += row["main_crashes_capped"] or 0
        step[1] += row["usage_hours"]
    told = {
        (line[0], line[1]): [float(text.replace("–", "0")) for text in line[2:4]]
        for line in told_rows(seen, "Each step with pings, the newest first")
    }
    assert told == sums and len(sums) == 3


def test_hours_and_failed_checks_are_those_of_the_audits(published: tuple[Catalog, str], seen: Seen) -> None:
    catalog, address = published
    seen.open(address, "#/quality")
    audits = {f"{row['hour_start']:%Y-%m-%d %H:%M} UTC": row for row in rows_of(catalog, INGEST_AUDIT)}
    told = {line[0]: line for line in told_rows(seen, "Each hour, the newest first")}
    for hour, audit in audits.items():
        figures = [float(text.replace(",", "")) for text in told[hour][1:5]]
        assert figures == [audit[name] for name in ("lines", "accepted", "duplicates", "rejected")]
    assert [line[1:5] for hour, line in told.items() if hour not in audits] == [["–"] * 4], "no row: not known, not 0"
    [failed] = rows_of(catalog, DATA_QUALITY)
    [check] = told_rows(seen, "The newest first")
    assert check[2] == failed["table_name"] and check[4] == failed["severity"] and str(failed["observed"]) in check[5]


def test_the_record_tells_alarms_and_what_people_said(published: tuple[Catalog, str], seen: Seen) -> None:
    _, address = published
    told = seen.open(address, "#/record").locator("main").inner_text()
    assert "In the last year 1 of 2 releases alarmed; people confirmed 1 of 1 answered alarm" in told
    assert "90 % interval" in told.replace("\u00a0", " ") and "0 of 1 alarms" in told
    seen.page.get_by_role("link", name="beta", exact=True).click()
    seen.shown("#/beta")


def test_builds_experiments_and_later_weeks_have_the_figures_of_their_rows(published: tuple[Catalog, str], seen: Seen) -> None:
    catalog, address = published
    main = seen.open(address, f"#/beta/{NEW}").locator("main")
    builds = told_rows(seen, "Builds by their time, the oldest first: browser crashes on Windows")
    stored = sorted(rows_of(catalog, BUILD_HEALTH, release_version=NEW), key=lambda row: row["build_id"])
    assert [(line[0], line[1], line[5], line[7]) for line in builds] == [
        (
            row["build_id"],
            ratio_words(row["delayed_crashes"] / row["expected_crashes"]),
            chance_words(row["p_first_bad"]),
            "yes" if row["is_suspect"] else "no",
        )
        for row in stored
    ]
    assert "with a chance of 97\u00a0%; suspected are the fewest that hold 90\u00a0% of it" in main.inner_text()
    branches = told_rows(seen, "Each branch against the others of its experiment, those to blame first")
    rows = sorted(rows_of(catalog, EXPERIMENT_HEALTH), key=lambda row: ["guilty", "not_judged", "quiet"].index(row["state"]))
    assert [(line[0], line[1], line[3], line[4]) for line in branches] == [
        (row["experiment"], row["branch"], ratio_words(row["ratio"]), interval_words(row["ratio_low"], row["ratio_high"])) for row in rows
    ]
    table = seen.page.get_by_role("table", name="Each branch against the others of its experiment, those to blame first", exact=True)
    drawn = [(float(bar.get_attribute("x")), float(bar.get_attribute("width"))) for bar in table.locator("rect:not(.point)").all()]
    for (left, width), row in zip(drawn, rows, strict=True):
        assert [2 ** ((place - 50) / 25) for place in (left, left + width)] == pytest.approx(
            [row["ratio_low"], row["ratio_high"]], rel=0.02
        )
    assert ["blame" in line[2] for line in branches] == [row["state"] == "guilty" for row in rows]
    assert "Not judged: pref-y. The shares of its branches have drifted" in main.inner_text(), "nobody takes it for innocent"
    later = told_rows(seen, "The last 24 hours of older releases against their own three weeks before, those that are worse first")
    rows = sorted(rows_of(catalog, LATER_HEALTH), key=lambda row: (row["state"] != "worse", -row["adoption"]))
    assert [(line[0], line[2], line[3], line[7], line[9]) for line in later] == [
        (
            row["release_version"],
            ratio_words(row["ratio"]),
            interval_words(row["ratio_low"], row["ratio_high"]),
            "Windows" if row["platform"] == "Windows_NT" else "all platforms",
            percent_words(row["adoption"]),
        )
        for row in rows
    ]
    assert "An experiment, too: branch treatment of pref-x has 1.80 times the browser crashes" in main.inner_text()


def test_the_advice_opens_to_its_arithmetic(published: tuple[Catalog, str], seen: Seen) -> None:
    catalog, address = published
    main = seen.open(address, f"#/beta/{NEW}").locator("main")
    [verdict] = rows_of(catalog, RELEASE_HEALTH, release_version=NEW, as_of=NOON, scope="release")
    opened = main.get_by_text("What the advice and its costs rest on")
    assert "Going now" not in main.inner_text()
    opened.click()
    told = main.inner_text()
    assert f"= {verdict['going_loss']:.3f}." in told and f"= {verdict['waiting_loss']:.3f}." in told
    assert (
        f"{verdict['excess_crashes']:.1f} (90 % interval {verdict['excess_crashes_low']:.1f} to {verdict['excess_crashes_high']:.1f})"
        in told
    )
