"""The page in a real browser: it says what the tables say, on a phone and a wall, in light and dark, by keyboard, and runs no stranger's text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from pyiceberg.catalog import Catalog

from jobs.declarations.states import State
from jobs.declarations.tables import RELEASE_HEALTH
from jobs.tables.lake.lake_catalog import identifier, open_catalog
from jobs.wording.shown_numbers import interval_words, ratio_words
from tests.digest.facts_factory import NOON, a_cell, a_verdict
from tests.digest.stored_rows import lake_environment
from tests.page.page_lake import NEW, OLD, fill, looks_at
from tests.page.published_pages import publish
from tests.page.seen_pages import Seen, see
from tests.page.served_pages import our_server

pytestmark = pytest.mark.browser

HOSTILE = '<img src=x onerror="document.title=1">'
CELL = f"#/beta/{NEW}/Windows_NT/main_crashes_capped"
VIEWS = {
    "channels": "#/",
    "releases": "#/beta",
    "cell": CELL,
    "hours": f"{CELL}?align=clock&grain=1h",
    "minutes": f"{CELL}?align=clock&grain=5m",
    "quality": "#/quality",
    "record": "#/record",
}
SCREENS = [(1440, 900, "light"), (1440, 900, "dark"), (390, 844, "light"), (390, 844, "dark")]


@dataclass
class Published:
    """What was published, where it is served, and the tables that it was made of."""

    catalog: Catalog
    folder: Path
    address: str


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("browser")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (lake_environment(folder) | {"PAGES": str(folder / "pages")}).items():
            environment.setenv(name, value)
        catalog = open_catalog()
        strange = (a_verdict(State.WATCH), a_cell(State.WATCH), a_cell(platform=HOSTILE))
        fill(catalog, *looks_at(*(replace(cell, channel=HOSTILE, release_version=HOSTILE) for cell in strange)))
        publish()
    with our_server(str(folder / "pages")) as address:
        yield Published(catalog, folder / "pages", address)


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS)
@pytest.mark.parametrize("view", VIEWS)
def test_each_view_fits_its_screen_and_bars_nobody(published: Published, browser: Browser, view: str, width: int, height: int, scheme: str):
    seen = see(browser, width, height, scheme)
    page = seen.open(published.address, VIEWS[view])
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "only tables scroll sideways, by themselves"
    edges = page.locator("caption span").evaluate_all("spans => spans.map(span => span.getBoundingClientRect().right)")
    assert all(edge <= width for edge in edges), "what a table is stands on the screen, however wide the table"
    found = Axe().run(page).response["violations"]
    faults = [
        (fault["id"], [node["html"][:120] for node in fault["nodes"]][:3]) for fault in found if fault["impact"] in ("serious", "critical")
    ]
    page.context.close()
    assert (faults, seen.complaints) == ([], [])


def rows_of(published: Published, **wanted):
    rows = published.catalog.load_table(identifier(RELEASE_HEALTH)).scan().to_arrow().to_pylist()
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def test_the_matrix_says_what_the_rows_say(published: Published, seen: Seen) -> None:
    page = seen.open(published.address, "#/beta")
    rows = rows_of(published, release_version=NEW, channel="beta", as_of=NOON, scope="platform")
    assert len(rows) == 3
    for row in rows:
        told = page.locator(f'.matrix a[href="#/beta/{NEW}/{row["platform"]}/{row["measure"]}"]').inner_text()
        assert ratio_words(row["ratio"]) in told and interval_words(row["ratio_low"], row["ratio_high"]) in told
        assert f"{row['observed_crashes']:,.0f} received in " in told


def test_the_figures_of_a_cell_are_those_of_its_looks(published: Published, seen: Seen) -> None:
    page = seen.open(published.address, CELL)
    table = page.locator("table", has=page.locator("caption", has_text="Every look"))
    told = [[cell.strip() for cell in row.split("\t")] for row in table.locator("tbody").inner_text().splitlines()]
    rows = sorted(rows_of(published, release_version=NEW, platform="Windows_NT"), key=lambda row: row["as_of"], reverse=True)
    assert len(told) == len(rows) > 1
    for line, row in zip(told, rows, strict=True):
        assert line[0] == f"{row['as_of']:%Y-%m-%d %H:%M} UTC" and line[2] == row["state"]
        figures = [float(text.replace(",", "")) for text in (line[3], line[4], line[8], line[9], line[10])]
        assert figures == pytest.approx(
            [row[name] for name in ("observed_crashes", "usage_hours", "ratio", "ratio_low", "ratio_high")], rel=1e-5
        )


def test_charts_are_drawn_under_the_strict_policy(published: Published, seen: Seen) -> None:
    for view in (CELL, VIEWS["minutes"]):
        page = seen.open(published.address, view)
        script = """() => { const canvas = document.querySelector(".chart canvas");
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let own = 0; for (let i = 0; i < data.length; i += 4) if (data[i] === 0xb8 && data[i + 1] === 0x48 && data[i + 2] === 0x0e) own++;
            return own; }"""
        assert page.evaluate(script) > 50, "the release's own colour"


def test_people_stand_in_a_chart_of_their_own_and_in_the_table(published: Published, seen: Seen) -> None:
    page = seen.open(published.address, CELL)
    head = page.locator("table", has=page.locator("caption", has_text="Every look")).locator("thead").inner_text()
    assert "crash-free" in head and "adoption by people" in head
    assert "crash-free users in the last 24 h 97.48" in (page.locator(".chart").get_attribute("aria-label") or "")
    with_people = page.locator(".chart canvas").bounding_box()
    page = seen.open(published.address, f"#/beta/{OLD}/all/main_crashes_capped")
    assert "crash-free" not in page.locator("main").inner_text()
    without = page.locator(".chart canvas").bounding_box()
    assert with_people and without and with_people["height"] > without["height"] + 100, "no empty chart where nothing is known"


def test_what_an_earlier_release_or_the_clock_lacks_is_not_asked_for(published: Published, seen: Seen) -> None:
    page = seen.open(published.address, f"#/beta/{NEW}/Darwin/main_crashes_capped")
    assert "Earlier releases: none here." in page.locator("main").inner_text()
    page = seen.open(published.address, f"#/beta/{NEW}/Darwin/content_crashes?align=clock&grain=1h")
    assert "No ping carried" in page.locator("main").inner_text()
    assert seen.complaints == []


def test_two_clicks_lead_from_the_message_to_five_minutes_and_back_leads_back(published: Published, seen: Seen) -> None:
    page = seen.open(published.address, CELL)
    page.get_by_role("link", name="48 hours in 5 minutes").click()
    seen.shown(VIEWS["minutes"])
    assert "2026-11-22 11:05 UTC" in page.locator("main").inner_text()
    page.get_by_label("platform").select_option("all")
    seen.shown(f"#/beta/{NEW}/all/main_crashes_capped?align=clock&grain=5m")
    page.go_back()
    seen.shown(VIEWS["minutes"])
    page.go_back()
    seen.shown(CELL)
    assert page.evaluate("document.activeElement.tagName") == "H1", "who can't see hears where they are"


def test_from_the_channels_one_reaches_everything_by_keyboard_alone(published: Published, seen: Seen) -> None:
    for view in VIEWS.values():
        page = seen.open(published.address, view)
        wanted = page.locator("a[href]:visible, button, select, .scroll, a.skip").count()
        page.evaluate("document.activeElement.blur()")
        reached = set()
        for _ in range(wanted + 10):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate("(() => { const all = [...document.querySelectorAll('*')]; return all.indexOf(document.activeElement); })()")
            )
        assert len(reached - {-1}) >= wanted, view


def test_hostile_names_are_text(published: Published, seen: Seen) -> None:
    page = seen.open(published.address, "#/")
    strange = page.locator("h2 a", has_text="img src")
    strange.click()
    page.locator("h1", has_text="img src").wait_for()
    page.locator(".matrix a").first.click()
    page.locator("h1", has_text="browser crashes").wait_for()
    assert page.locator("main img").count() == 0 and "Release health" in page.title()


def test_a_view_that_is_not_there_says_what_there_is(published: Published, seen: Seen) -> None:
    for view, words in (
        ("#/nightly", "No channel is called nightly."),
        ("#/beta/1.0", f"There are: {NEW} {OLD}"),
        (f"#/beta/{NEW}/all/x", "x is no measure"),
    ):
        assert words in seen.open(published.address, view).locator("main").inner_text()


def test_figures_that_cannot_be_read_are_told_and_can_be_tried_again(published: Published, browser: Browser) -> None:
    seen = see(browser)
    seen.page.route("**/data/latest.json", lambda route: route.abort())
    page = seen.open(published.address, "#/")
    assert page.get_by_role("alert").inner_text().startswith("The figures cannot be read")
    seen.page.unroute("**/data/latest.json")
    page.get_by_role("button", name="Try again").click()
    page.locator(".card").first.wait_for()
    page.context.close()


def test_a_view_whose_charts_cannot_be_drawn_has_its_figures_and_says_so(published: Published, browser: Browser) -> None:
    seen = see(browser)
    seen.page.route("**/vega*.js", lambda route: route.abort())
    page = seen.open(published.address, CELL)
    assert page.locator(".chart").inner_text().startswith("The charts could not be drawn")
    assert page.locator("table").count() > 0
    page.context.close()
