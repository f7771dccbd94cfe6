"""Great Expectations' Data Docs as pages that open anywhere: its renderers and views, in a frame of ours.

Its own frame loads styles and scripts from seven hosts and copies 4 MB of fonts and pictures for each site; this one is a file that needs
nothing else. Values that clients sent are escaped before they are rendered, since its table cells are not.
"""

import copy
import html
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from great_expectations import __version__ as great_expectations_version
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult, ExpectationValidationResult
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.render import RenderedDocumentContent
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from great_expectations.validator.validator import calc_validation_statistics
from jinja2 import ChoiceLoader

from expectations.gate.gate_results import TableResult
from expectations.reports.data_docs import PAGES


class TablePageView(DefaultJinjaPageView):
    """Great Expectations' page in our frame."""

    _template = "table_page.j2"

    def __init__(self) -> None:
        super().__init__()
        self.env.loader = ChoiceLoader([loader for loader in (self.env.loader, PAGES) if loader])


def render_table_page(result: TableResult, run_id: str, checked_at: datetime) -> str:
    """The Data Docs page of one table: every expectation with its outcome, and the offending values of those that failed."""
    results = [_for_page(evr) for validation in result.validations for evr in validation.results]
    statistics = calc_validation_statistics(results)
    validation = ExpectationSuiteValidationResult(
        success=statistics.success,
        results=results,
        suite_name=result.table_name,
        statistics={
            "evaluated_expectations": statistics.evaluated_expectations,
            "successful_expectations": statistics.successful_expectations,
            "unsuccessful_expectations": statistics.unsuccessful_expectations,
            "success_percent": statistics.success_percent,
        },
        meta={"run_id": RunIdentifier(run_name=run_id, run_time=checked_at), "great_expectations_version": great_expectations_version},
    )
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(validation)
    return str(TablePageView().render(_without_links(document)))  # type: ignore[no-untyped-call]


def _without_links(document: RenderedDocumentContent) -> RenderedDocumentContent:
    """Without the page's header, which links to a page of the suite that we don't make; our frame has the name."""
    document.sections[0].content_blocks = document.sections[0].content_blocks[1:]
    return document


def _for_page(evr: ExpectationValidationResult) -> ExpectationValidationResult:
    """The result as it may be shown. A pass was validated for yes or no alone: it had no unexpected row."""
    shown = copy.copy(evr)
    shown.result = {"unexpected_count": 0, "unexpected_percent": 0.0} if evr.success else _escape(evr.result)
    shown.exception_info = _escape(evr.exception_info)  # a traceback quotes the values that it broke on
    return shown


def _escape(value: Any) -> Any:
    if isinstance(value, str):
        return html.escape(value)
    if isinstance(value, Mapping):
        return {_escape(key): _escape(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_escape(inner) for inner in value)
    return value
