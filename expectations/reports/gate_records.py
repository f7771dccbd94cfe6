"""Keeps what a gate found: rows of data_quality, and pages for people."""

from datetime import timedelta

import click
from pyiceberg.catalog import Catalog

from expectations.reports.data_docs import write_data_docs
from expectations.reports.gate_report import GateRun, failure_message, quality_rows
from jobs.commands.exit_codes import FAILED_EXPECTATIONS
from jobs.tables.commits.publishing import replace_quality_results


def record_results(catalog: Catalog, data_docs: str, run: GateRun) -> str:
    """Put the results in place of earlier ones of the same attempt, whatever they are; returns where the run's page is.

    A page that cannot be written is no reason to keep rows from readers: the answer then says why.
    """
    # An attempt is checked once it has staged its rows; the clocks of two machines differ by less than a day.
    replace_quality_results(catalog, quality_rows(run), since=run.manifest.processed_at - timedelta(days=1))
    try:
        return write_data_docs(data_docs, run)
    except Exception as error:
        return f"could not be written below {data_docs}: {type(error).__name__}: {error}"


class _RowsAtFault(click.ClickException):
    exit_code = FAILED_EXPECTATIONS


def blocked(run: GateRun, data_docs: str) -> click.ClickException:
    """Why nothing was published. Exit code FAILED_EXPECTATIONS if only rows are at fault, 1 if a check could not be run."""
    return (_RowsAtFault if run.is_final else click.ClickException)(failure_message(run, data_docs))
