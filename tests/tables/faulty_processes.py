"""Entry points and publishers as processes of their own, each with one fault: killed, without a disk, without a catalog, with another schema."""

import os
import random
import resource
import signal
import time
import traceback
from contextlib import nullcontext
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Event
from typing import Any, Literal
from unittest import mock

from click.testing import CliRunner
from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy.exc import OperationalError

from jobs import maintain_tables, restore_window
from jobs.declarations.tables import RELEASE_TOTALS
from jobs.tables.commits import publishing, row_replacement
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.staged.staging_manifest import Manifest
from tests.tables.publisher_processes import PROCESSES

PROCESSES.set_forkserver_preload([__name__])
_SECONDS = 300
COMMITS_OF_A_PUBLICATION = 7
FOR_GOOD = 10**6
ENTRY_POINTS = {"restore_window": restore_window.main, "maintain_tables": maintain_tables.main}
FaultKind = Literal["moment", "before_commit", "after_commit", "full_disk", "no_catalog", "other_schema"]


@dataclass(frozen=True)
class Work:
    """A manifest to publish, or an entry point with its arguments."""

    manifest: Manifest | None = None
    entry_point: str = ""
    arguments: tuple[str, ...] = ()

    def do(self) -> None:
        if self.manifest is not None:
            publishing.publish_window(open_catalog(), self.manifest)
            return
        result = CliRunner().invoke(ENTRY_POINTS[self.entry_point], list(self.arguments))
        assert result.exit_code == 0, result.output


@dataclass(frozen=True)
class Fault:
    """`at` is a share of the usual time, the number of a commit or of a call, or bytes that a file may have, by the kind."""

    kind: FaultKind
    at: float
    calls: int = 0
    """How many calls find no catalog."""


def drawn_fault(numbers: random.Random) -> Fault:
    kind = numbers.choice(FaultKind.__args__ + ("moment",) * 3)  # type: ignore[attr-defined]
    if kind == "moment":
        return Fault(kind, numbers.uniform(0, 1.1))
    if kind == "full_disk":
        return Fault(kind, 10 ** numbers.uniform(2, 5))
    return Fault(kind, numbers.randint(1, COMMITS_OF_A_PUBLICATION if kind.endswith("commit") else 25), numbers.choice((1, 5, FOR_GOOD)))


def run_with(fault: Fault, work: Work, environment: dict[str, str], usual_seconds: float) -> int:
    """The exit code: 0 if the fault came too late, or was overcome."""
    started = PROCESSES.Event()
    process = PROCESSES.Process(target=_run, args=(fault, work, environment, started))
    process.start()
    assert started.wait(_SECONDS)
    if fault.kind == "moment":
        time.sleep(fault.at * usual_seconds)
        process.kill()
    process.join(_SECONDS)
    assert process.exitcode is not None, f"{work} did not end with {fault}"
    return process.exitcode


def _run(fault: Fault, work: Work, environment: dict[str, str], started: Event) -> None:
    os.environ.update(environment)
    open_catalog()
    with _FAULTS[fault.kind](fault) if fault.kind in _FAULTS else nullcontext():
        started.set()
        try:
            work.do()
        except Exception:
            traceback.print_exc()
            os._exit(1)


def _at_commit(fault: Fault) -> Any:
    commit_table, made = SqlCatalog.commit_table, []

    def commit_and_die(*arguments: object) -> object:
        made.append(1)
        if fault.kind == "before_commit" and len(made) == fault.at:
            os.kill(os.getpid(), signal.SIGKILL)
        response = commit_table(*arguments)
        if len(made) == fault.at:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    return mock.patch.object(SqlCatalog, "commit_table", commit_and_die)


def _full_disk(fault: Fault) -> Any:
    """No file may grow beyond so many bytes: the write fails as on a full disk, in the middle of the file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(fault.at), int(fault.at)))
    return mock.patch.object(row_replacement, "_GIVE_UP_AFTER_SECONDS", 0.2)


def _no_catalog(fault: Fault) -> Any:
    """From one call on the catalog does not answer, for a while or for good: then the publisher gives up sooner than it would."""
    load_table, calls = SqlCatalog.load_table, []

    def load_or_fail(*arguments: object, **by_name: object) -> object:
        calls.append(1)
        if fault.at <= len(calls) < fault.at + fault.calls:
            raise OperationalError("SELECT", {}, ConnectionError("the server closed the connection"))
        return load_table(*arguments, **by_name)

    if fault.calls == FOR_GOOD:
        mock.patch.object(row_replacement, "_GIVE_UP_AFTER_SECONDS", 0.2).start()
    return mock.patch.object(SqlCatalog, "load_table", load_or_fail)


def _other_schema(_: Fault) -> Any:
    columns = tuple(replace(c, type="string") if c.name == "main_crashes" else c for c in RELEASE_TOTALS.columns)
    tables = tuple(replace(t, columns=columns) if t is RELEASE_TOTALS else t for t in publishing.WINDOW_TABLES)
    return mock.patch.object(publishing, "WINDOW_TABLES", tables)


_FAULTS = {
    "before_commit": _at_commit,
    "after_commit": _at_commit,
    "full_disk": _full_disk,
    "no_catalog": _no_catalog,
    "other_schema": _other_schema,
}
