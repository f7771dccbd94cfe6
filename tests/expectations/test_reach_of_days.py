"""What the gate asks of client_reach_days, whose rows are of whole days."""

from dataclasses import replace

import pytest

from expectations.gate.gate_run import run_suite
from jobs.declarations.states import Outcome
from jobs.declarations.windows import HOUR, Mode, Window
from tests.expectations.conftest import result_of, suite_for
from tests.expectations.tiny_window import HOUR_START, reach_row, run_of

MIDNIGHT = HOUR_START.replace(hour=0)
DAY = replace(run_of(), window=Window(MIDNIGHT, MIDNIGHT + 24 * HOUR, Mode.SETTLED))


def test_a_day_of_clients_passes() -> None:
    rows = [reach_row(population, range(30)) | {"hour_start": MIDNIGHT} for population in ("active", "crashed")]
    results = run_suite(suite_for("client_reach_days", {"client_reach_days": rows}, DAY)).results
    assert {result.words: result.outcome for result in results if result.outcome is not Outcome.PASS} == {}


@pytest.mark.parametrize("hours", [1, 10])
def test_a_row_that_is_of_no_whole_day_fails(hours: int) -> None:
    row = reach_row("active", range(30)) | {"hour_start": MIDNIGHT + hours * HOUR}
    result = result_of(suite_for("client_reach_days", {"client_reach_days": [row]}, DAY), "hour_start begins a day")
    assert (result.outcome, result.is_blocking) == (Outcome.FAIL, True)
