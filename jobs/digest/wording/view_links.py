"""Links to the page's views of releases and of their cells, by what they are called; none where no page is named."""

from collections.abc import Sequence

from jobs.digest.decisions.release_decisions import Decision
from jobs.digest.facts.digest_facts import DigestFacts
from jobs.verdicts.health_cells import ALARMING_STATES, ALL, Cell
from jobs.wording.cell_words import measure_words, where_words
from jobs.wording.client_text import as_label
from jobs.wording.page_names import view_link

_MOST_CELLS = 12


def view_links(facts: DigestFacts, decisions: Sequence[Decision]) -> dict[str, str]:
    """Of the first release its deciding cell, of the others every cell."""
    if facts.pages_url is None or not decisions:
        return {}
    first, cell = decisions[0].release, decisions[0].cell
    subject = "" if cell.measure == ALL else f": {measure_words(cell.measure)}{where_words(cell)}"
    found = {f"See {as_label(first.version)}{subject}": view_link(facts.pages_url, facts.channel, first.version, cell)}
    others = [decision.release.version for decision in decisions[1:]]
    return found | {as_label(version): view_link(facts.pages_url, facts.channel, version) for version in others}


def cell_links(facts: DigestFacts, version: str, cells: Sequence[Cell]) -> dict[str, str]:
    """A release and those of its cells that alarm, the first dozen."""
    if facts.pages_url is None:
        return {}
    alarming = [cell for cell in cells if cell.state in ALARMING_STATES][:_MOST_CELLS]
    found = {f"See all of {as_label(version)}": view_link(facts.pages_url, facts.channel, version)}
    return found | {
        f"{measure_words(cell.measure)}{where_words(cell)}": view_link(facts.pages_url, facts.channel, version, cell) for cell in alarming
    }
