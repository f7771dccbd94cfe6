"""Keeps what a gate found: rows of data_quality, and pages for people."""

from pyiceberg.catalog import Catalog

from expectations.data_docs import write_data_docs
from expectations.gate_report import GateRun, quality_rows
from jobs.tables.publishing import replace_quality_results


def record_results(catalog: Catalog, data_docs: str, run: GateRun) -> str:
    """Put the results in place of earlier ones of the same attempt, whatever they are; returns where the run's page is.

    A page that cannot be written is no reason to keep rows from readers: the answer then says why.
    """
    replace_quality_results(catalog, quality_rows(run))
    try:
        return write_data_docs(data_docs, run)
    except Exception as error:
        return f"could not be written below {data_docs}: {type(error).__name__}: {error}"
