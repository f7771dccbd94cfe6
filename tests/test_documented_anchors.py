"""What code and documents point to is there: parts of the method, parts of other documents; and the rooms are drawn as they are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobs.deployment.settings import ROOT
from local.draw_rooms import main as draw_rooms

CODE = [path for room in ("jobs", "expectations", "dags", "simulation") for path in sorted((ROOT / room).rglob("*.py"))]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
POINTER = re.compile(r"docs/(\w+\.md)((?:(?: to| and|,)? ?#[\w-]+)+)")
LINK = re.compile(r"\]\((?!https?:)([\w./-]*)#([\w-]+)\)")


def anchors(document: Path) -> set[str]:
    """The headings as links name them: lower case, spaces as hyphens, punctuation left out."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pointers_in_code() -> Iterator[tuple[str, Path, str]]:
    for path in CODE:
        for document, named in POINTER.findall(path.read_text()):
            for anchor in re.findall(r"#([\w-]+)", named):
                yield path.name, ROOT / "docs" / document, anchor


def links_in_documents() -> Iterator[tuple[str, Path, str]]:
    for path in DOCUMENTS:
        for document, anchor in LINK.findall(path.read_text()):
            yield path.name, path.parent / document if document else path, anchor


@pytest.mark.parametrize(("where", "document", "anchor"), [*pointers_in_code(), *links_in_documents()])
def test_a_pointer_leads_to_a_part_that_is_there(where: str, document: Path, anchor: str) -> None:
    assert anchor in anchors(document), f"{where} points to {document.name}#{anchor}"


def test_every_module_of_the_method_says_which_part_it_is() -> None:
    method = (ROOT / "docs" / "method.md").read_text()
    named = set(re.findall(r"`((?:method|inputs|looks)/\w+\.py)`", method))
    assert not [name for name in named if not (ROOT / "jobs" / "scoring" / name).exists()]
    assert len([document for _, document, _ in pointers_in_code() if document.name == "method.md"]) >= len(named)


def test_no_code_cites_a_text_that_is_not_here() -> None:
    assert not [path.name for path in CODE if re.search(r"\(scoring \d|\(design \d", path.read_text())]


def test_the_rooms_are_drawn_as_the_code_is() -> None:
    result = CliRunner().invoke(draw_rooms, ["--check"])
    assert result.exit_code == 0, result.output
