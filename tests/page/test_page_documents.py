"""The declared schema of the page's files: it is what docs/page_schema.json says, and what is written keeps to it."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from jobs.write_page_schema import PAGE_SCHEMA, main
from tests.page.published_pages import Page, publish

pytestmark = pytest.mark.long

KINDS = {
    "latest.json": "Pointer",
    "state.json": "StateDocument",
    "quality.json": "QualityDocument",
    "record.json": "RecordDocument",
    "release.json": "ReleaseDocument",
}


def kind_of(path: Path) -> str | None:
    if path.parent.name == "channels":
        return "ChannelDocument"
    if "releases" in path.parts and path.name not in KINDS:
        return "LookSeries"
    return "ClockSeries" if "clock" in path.parts else KINDS.get(path.name)


def test_the_schema_in_docs_is_the_declared_one() -> None:
    result = CliRunner().invoke(main, ["--check"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("flags", [(), ("--public",)])
def test_what_is_written_keeps_to_the_schema(catalog, pages, flags) -> None:
    publish(*flags)
    schema = json.loads(PAGE_SCHEMA.read_text())
    checked = set()
    for path in (pages / "data").rglob("*.json"):
        kind = kind_of(path)
        if kind is not None:
            jsonschema.validate(json.loads(path.read_text()), {"$ref": f"#/$defs/{kind}", **schema})
            checked.add(kind)
    assert checked == {
        "Pointer",
        "StateDocument",
        "QualityDocument",
        "RecordDocument",
        "ReleaseDocument",
        "ChannelDocument",
        "LookSeries",
        "ClockSeries",
    }


def test_every_time_ends_in_z(catalog, pages) -> None:
    publish()
    page = Page(pages)
    assert page.pointer["read_at"].endswith("Z") and page.state["complete_until"] == "2026-11-22T12:00:00Z"
    assert "+00:00" not in "".join(path.read_text() for path in pages.rglob("*.json"))
