"""Publishers as processes of their own, which start at once or are killed at a given commit."""

import multiprocessing
import os
import signal
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from unittest import mock

from pyiceberg.catalog.sql import SqlCatalog

from jobs.declarations.tables import TABLES
from jobs.tables.commits.publishing import publish_health, publish_window
from jobs.tables.lake.lake_catalog import ensure_table, open_catalog
from jobs.tables.staged.staging_manifest import Manifest

PROCESSES = multiprocessing.get_context("forkserver")
# pyiceberg is imported once, in the server that the publishers are forked from.
PROCESSES.set_forkserver_preload([__name__])
_SECONDS = 300


def publish_at_once(lake: dict[str, str], manifests: Sequence[Manifest]) -> None:
    """Publishes each manifest in a process of its own; all of them start together and all of them succeed."""
    at_once = PROCESSES.Barrier(len(manifests))
    _run_all([(_publish, (lake, manifest, at_once)) for manifest in manifests])


def create_tables_at_once(lake: dict[str, str], processes: int) -> None:
    """As many processes create the catalog and all tables."""
    at_once = PROCESSES.Barrier(processes)
    _run_all([(_create_tables, (lake, at_once))] * processes)


def publish_and_die(lake: dict[str, str], manifest: Manifest, commits: int, is_before_commit: bool = False) -> None:
    """Publishes in a process that kills itself with signal 9 right after its `commits`-th commit, or right before it."""
    process = PROCESSES.Process(target=_publish_until_killed, args=(lake, manifest, commits, is_before_commit))
    process.start()
    process.join(_SECONDS)
    assert process.exitcode == -signal.SIGKILL, f"the publisher ended with {process.exitcode}; it makes fewer than {commits} commits"


def _run_all(calls: list) -> None:
    processes = [PROCESSES.Process(target=target, args=arguments) for target, arguments in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(_SECONDS)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _publish(lake: dict[str, str], manifest: Manifest, at_once: Barrier) -> None:
    os.environ.update(lake)
    catalog = open_catalog()
    at_once.wait(_SECONDS)
    if manifest.looks is None:
        publish_window(catalog, manifest)
    else:
        publish_health(catalog, manifest)


def _create_tables(lake: dict[str, str], at_once: Barrier) -> None:
    os.environ.update(lake)
    at_once.wait(_SECONDS)
    catalog = open_catalog()
    for table in TABLES:
        ensure_table(catalog, table)


def _publish_until_killed(lake: dict[str, str], manifest: Manifest, commits: int, is_before_commit: bool) -> None:
    os.environ.update(lake)
    catalog = open_catalog()
    for table in TABLES:
        ensure_table(catalog, table)
    commit_table, made = SqlCatalog.commit_table, []

    def commit_and_die(*arguments: object) -> object:
        made.append(1)
        if is_before_commit and len(made) == commits:
            os.kill(os.getpid(), signal.SIGKILL)
        response = commit_table(*arguments)
        if len(made) == commits:
            os.kill(os.getpid(), signal.SIGKILL)
        return response

    with mock.patch.object(SqlCatalog, "commit_table", commit_and_die):
        publish_window(catalog, manifest)
