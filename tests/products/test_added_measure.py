"""A measure is added by one row, also where releases are to be judged by it."""

import json
from pathlib import Path

import pytest

from jobs.deployment.settings import ROOT
from tests.products.judging import judged, run_python
from tests.products.test_harbor_pings import CRASH

ROW = """        Measure(
            "freezes",
            "freezes",
            "events",
            ("crash",),
            OneWhere((Condition("kind", ("freeze",)),)),
            "zero",
            "Crashes that a person ended.",
            Scoring(alarm_share=0.0, severity_cost=0.3),
        ),
"""

FOLLOWED = """
import json, sys
from datetime import UTC, datetime
from expectations.checks.declared_checks import declared_checks
from jobs.declarations import tables
from jobs.declarations.measures import SCORED_MEASURES
from jobs.verdicts.health_cells import severity_cost
from jobs.wording.cell_words import measure_words
times = datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC)
of = {table.name: table for table in vars(tables).values() if isinstance(table, tables.Table)}
[measure] = [column for column in of["release_health"].columns if column.name == "measure"]
json.dump({
    "tables": sorted(name for name, table in of.items() if "freezes" in table.column_names),
    "checks": [check.words for check in declared_checks(of["release_totals"], times) if "freezes" in check.columns],
    "scored": [scored.name for scored in SCORED_MEASURES],
    "values of release_health.measure": measure.values,
    "severity cost": severity_cost("freezes"),
    "words": measure_words("freezes"),
}, sys.stdout)
"""


@pytest.fixture
def ferry(tmp_path: Path) -> str:
    path = tmp_path / "ferry.py"
    harbor = (ROOT / "jobs" / "products" / "harbor.py").read_text().replace('name="harbor"', 'name="ferry"')
    harbor = harbor.replace("    Channel,\n", "    Channel,\n    Condition,\n").replace(
        "    OnePerPing,\n", "    OnePerPing,\n    OneWhere,\n"
    )
    path.write_text(harbor.replace("    measures=(\n", f"    measures=(\n{ROW}"))
    return str(path)


def test_pings_are_counted_by_it(ferry: str) -> None:
    frozen, crashed = judged(ferry, "crash", [CRASH | {"kind": "freeze"}, CRASH | {"event_id": "e-2", "kind": "fault"}])
    assert (frozen["freezes"], crashed["freezes"]) == (1, 0)


def test_tables_checks_scoring_and_words_have_it(ferry: str) -> None:
    assert json.loads(run_python(ferry, "-c", FOLLOWED)) == {
        "tables": ["build_days", "error_aggregates", "experiment_error_aggregates", "release_records", "release_totals"],
        "checks": ["freezes >= 0"],
        "scored": ["freezes", "crashes"],
        "values of release_health.measure": ["all", "freezes", "crashes"],
        "severity cost": 0.3,
        "words": "freezes",
    }
