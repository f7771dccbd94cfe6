"""Writes the pages of a gate run below DATA_DOCS and keeps those of the last runs.

    DATA_DOCS/index.html                  the runs, newest first
    DATA_DOCS/runs/<run>/index.html       what did not pass, and a link to each table
    DATA_DOCS/runs/<run>/<table>.html     every expectation of the table, by Great Expectations where it was asked

What the list of runs says stands in the names of their folders: several gates at once need no common file but the list, which each of
them writes from the folders that are there.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader
from pyarrow import fs

from expectations.gate.gate_results import CheckResult, TableResult
from expectations.reports.gate_report import GateRun, look_at_rows
from jobs.declarations.states import Outcome
from jobs.deployment.object_store import absolute_location, filesystem_of, write_atomically

PAGES = PackageLoader("expectations.reports", "data_docs_pages")
"""Of the package, not of a folder: on a cluster the package is a zip."""
RUNS_KEPT = 200  # four days of hourly runs; 0.3 MB each
_TIME = "%Y%m%dT%H%M%SZ"
_PARTS = 7


@dataclass(frozen=True)
class ListedRun:
    """A run's folder, as far as its name tells."""

    folder: str
    checked_at: str
    stage: str
    start: str
    end: str
    mode: str
    verdict: str
    run_id: str


def write_data_docs(location: str, run: GateRun) -> str:
    """Write the run's pages and the list of runs, drop the oldest; returns where the run's page is."""
    filesystem, root = filesystem_of(location)
    folder = _folder_name(run)
    filesystem.create_dir(f"{root}/runs/{folder}")
    for table in run.tables:
        if table.results:
            _write(filesystem, f"{root}/runs/{folder}/{table.table_name}.html", _table_page(table, run))
    _write(filesystem, f"{root}/runs/{folder}/index.html", _run_page(run))
    runs = _listed_runs(filesystem, root)
    for dropped in runs[RUNS_KEPT:]:
        _drop(filesystem, f"{root}/runs/{dropped.folder}")
    kept = runs[:RUNS_KEPT]
    write_atomically(f"{location}/index.html", _render("runs_page.j2", {"runs": kept, "kept": len(kept)}).encode())
    return f"{absolute_location(location)}/runs/{folder}/index.html"


def _folder_name(run: GateRun) -> str:
    window = run.manifest.window
    checked_at, start, end = (at.strftime(_TIME) for at in (run.checked_at, window.start, window.end))
    return "_".join((checked_at, run.stage, start, end, window.mode.value, run.verdict, run.manifest.window_run_id))


def _listed_runs(filesystem: fs.FileSystem, root: str) -> list[ListedRun]:
    """Newest first; what is no run of ours is left alone."""
    found = filesystem.get_file_info(fs.FileSelector(f"{root}/runs"))
    folders = sorted((info.base_name for info in found if info.type == fs.FileType.Directory), reverse=True)
    return [_listed_run(folder) for folder in folders if folder.count("_") >= _PARTS - 1]


def _listed_run(folder: str) -> ListedRun:
    checked_at, stage, start, end, mode, verdict, run_id = folder.split("_", _PARTS - 1)
    return ListedRun(folder, _readable(checked_at, ":%S"), stage, _readable(start), _readable(end), mode, verdict, run_id)


def _readable(time: str, seconds: str = "") -> str:
    return datetime.strptime(time, _TIME).replace(tzinfo=UTC).strftime(f"%Y-%m-%d %H:%M{seconds}")


def _table_page(table: TableResult, run: GateRun) -> str:
    """Great Expectations' page where it was asked, else one that says the same of every expectation."""
    if table.validations:
        from expectations.reports.table_pages import render_table_page

        return render_table_page(table, run.manifest.window_run_id, run.checked_at)
    outcomes = list(Outcome)
    results = [result for result in run.results if result.table_name == table.table_name]
    results.sort(key=lambda result: (-outcomes.index(result.outcome), result.words))
    return _render("counted_page.j2", {"name": table.table_name, "results": [_result_facts(result, run) for result in results]})


def _render(template: str, facts: Mapping[str, object]) -> str:
    """A page of ours from plain facts, which are escaped."""
    return Environment(loader=PAGES, autoescape=True).get_template(template).render(facts)


def _run_page(run: GateRun) -> str:
    outcomes = [outcome.value for outcome in Outcome]
    return _render(
        "run_page.j2",
        {
            "verdict": run.verdict,
            "window": str(run.manifest.window),
            "stage": run.stage,
            "run_id": run.manifest.window_run_id,
            "checked_at": f"{run.checked_at:%Y-%m-%d %H:%M:%S} UTC",
            "outcomes": outcomes,
            "tables": [_table_facts(table, outcomes) for table in run.tables],
            "results": [_result_facts(result, run) for result in sorted(run.results, key=_worst_first) if result.outcome != Outcome.PASS],
        },
    )


def _table_facts(table: TableResult, outcomes: list[str]) -> dict[str, object]:
    counts = Counter(result.outcome.value for result in table.results)
    return {"name": table.table_name, "has_page": bool(table.results), "counts": [counts[outcome] for outcome in outcomes]}


def _result_facts(result: CheckResult, run: GateRun) -> dict[str, object]:
    shown = ("outcome", "severity", "table_name", "words", "observed", "unexpected_rows", "message")
    return {name: getattr(result, name) for name in shown} | {"look": look_at_rows(result, run.manifest)}


def _worst_first(result: CheckResult) -> tuple[bool, bool, str, str]:
    return (not result.is_blocking, result.outcome is Outcome.NOT_APPLICABLE, result.table_name, result.words)


def _write(filesystem: fs.FileSystem, path: str, page: str) -> None:
    with filesystem.open_output_stream(path) as stream:
        stream.write(page.encode())


def _drop(filesystem: fs.FileSystem, path: str) -> None:
    try:
        filesystem.delete_dir(path)
    except FileNotFoundError:
        return  # another gate was faster
