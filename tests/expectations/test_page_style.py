"""The pages of a gate run on a phone, in light and dark: every text has contrast, no number is split, wide tables scroll in their own box."""

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from expectations.gate.gate_run import run_suite
from expectations.reports.data_docs import write_data_docs
from expectations.reports.gate_report import GateRun
from jobs.tables.staged.staging_manifest import Manifest
from local.pictures.headless_browser import open_browser
from tests.expectations.conftest import suite_for
from tests.expectations.tiny_window import ATTEMPT, HOUR_START, RUN_KEY, WINDOW, changed, run_of, tiny_window

PAGES = files("expectations.reports") / "data_docs_pages"
STYLE = (PAGES / "page_style.css").read_text()
LEAST_CONTRAST = 4.5  # of WCAG 2, for text of this size
NOT_TEXT = {"ground", "edge"}


def colours_of(scheme: str) -> dict[str, str]:
    """The declared colours by name; the dark ones are those of the light, unless declared anew."""
    light, dark = (dict(re.findall(r"--([a-z]+): (#[0-9a-f]+);", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL))
    return light if scheme == "light" else light | dark


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_most_contrast_and_the_least_grey_that_passes_is_known() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= LEAST_CONTRAST > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_declared_colour_of_text_has_contrast(scheme: str) -> None:
    colours = colours_of(scheme)
    assert {"ink", "link", "quiet", "good", "bad", "warn"} <= set(colours)
    found = {name: round(contrast(colour, colours["ground"]), 2) for name, colour in colours.items() if name not in NOT_TEXT}
    assert {name: ratio for name, ratio in found.items() if ratio < LEAST_CONTRAST} == {}


def test_text_has_no_other_colour_than_those_declared() -> None:
    used = re.findall(r"[{;\s](?:background|color):\s*([^;]+);", STYLE)
    assert used
    assert [colour for colour in used if not re.fullmatch(r"var\(--[a-z]+\)", colour)] == []
    for template in (each for each in PAGES.iterdir() if each.name.endswith(".j2")):
        assert not re.search(r"style=|color", template.read_text()), template.name


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The list of runs, and the pages of a run that was counted by SQL and of one that Great Expectations checked."""
    folder, rows, noon = tmp_path_factory.mktemp("data_docs"), tiny_window(), HOUR_START + timedelta(hours=2)
    changed("usage_delays", delay_hours=1_234_567)(rows)
    for minute, is_settled in enumerate((False, True)):
        results = tuple(run_suite(suite_for(table, rows, run_of()), is_settled) for table in ("error_aggregates", "usage_delays"))
        manifest = Manifest(RUN_KEY, ATTEMPT, WINDOW, "1", noon)
        write_data_docs(str(folder), GateRun(manifest, "aggregates", noon + timedelta(minutes=minute), results))
    return sorted(folder.rglob("*.html"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


# Dates may break at their hyphens, as words do at their spaces.
SPLIT_NUMBERS = r"""() => {
    const split = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        if (!text.parentElement.closest("td, th")) continue;
        for (const number of text.data.matchAll(/\d[\d.,:%]*/g)) {
            const range = document.createRange();
            range.setStart(text, number.index);
            range.setEnd(text, number.index + number[0].length);
            if (new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1) split.push(number[0]);
        }
    }
    return split;
}"""
OUTSIDE_OF_A_BOX = """() => [...document.querySelectorAll("table")].filter(table => {
    const box = table.parentElement.closest(".scroll, .table-responsive, td");
    return table.getBoundingClientRect().right > innerWidth && !box;
}).length"""


@pytest.mark.browser
def test_on_a_phone_no_number_is_split_and_wide_tables_scroll_in_their_box(pages: list[Path], browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    assert len(pages) == 7
    for path in pages:
        page.goto(path.as_uri())
        name = f"{path.parent.name}/{path.name}"
        assert page.evaluate(SPLIT_NUMBERS) == [], name
        assert page.evaluate(OUTSIDE_OF_A_BOX) == 0, name
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{name} scrolls sideways as a whole"
    page.close()
