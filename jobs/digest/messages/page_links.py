"""Links beside an alarm: pages that a browser opens, where the settings say that they are."""

from collections.abc import Sequence
from urllib.parse import quote

from jobs.deployment.settings import AirflowRun, Settings
from jobs.digest.facts.digest_facts import DigestFacts, ReleaseLook
from jobs.verdicts.health_cells import ALARMING_STATES, ALL, Cell
from jobs.wording.cell_words import measure_words, where_words
from jobs.wording.client_text import as_label
from jobs.wording.page_names import view_link

_MOST_CELLS = 12


def page_links(settings: Settings, run: AirflowRun | None) -> dict[str, str]:
    """Names to http addresses: the runbook, Data Docs, and the DAG run that speaks; nothing that does not exist."""
    found = {"Runbook": settings.runbook_url, "Data Docs": settings.data_docs_url}
    if settings.airflow_url and run is not None:
        page = f"dags/{quote(run.dag_id, safe='')}/runs/{quote(run.run_id, safe='')}"
        found["Run in Airflow"] = f"{settings.airflow_url.rstrip('/')}/{page}"
    return {name: url for name, url in found.items() if url and url.startswith(("http://", "https://"))}


def view_links(facts: DigestFacts, releases: Sequence[ReleaseLook]) -> dict[str, str]:
    """The page's views of releases: of the first its deciding cell, of the others every cell; nothing where no page is named."""
    if facts.pages_url is None or not releases:
        return {}
    first, cell = releases[0], releases[0].cell
    subject = "" if cell.measure == ALL else f": {measure_words(cell.measure)}{where_words(cell)}"
    found = {f"See {as_label(first.version)}{subject}": view_link(facts.pages_url, facts.channel, first.version, cell)}
    return found | {as_label(other.version): view_link(facts.pages_url, facts.channel, other.version) for other in releases[1:]}


def cell_links(facts: DigestFacts, release: ReleaseLook, cells: Sequence[Cell]) -> dict[str, str]:
    """The page's views of a release and of those of its cells that alarm, the first dozen; nothing where no page is named."""
    if facts.pages_url is None:
        return {}
    alarming = [cell for cell in cells if cell.state in ALARMING_STATES][:_MOST_CELLS]
    found = {f"See all of {as_label(release.version)}": view_link(facts.pages_url, facts.channel, release.version)}
    return found | {
        f"{measure_words(cell.measure)}{where_words(cell)}": view_link(facts.pages_url, facts.channel, release.version, cell)
        for cell in alarming
    }
