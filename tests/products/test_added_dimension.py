"""A dimension is added by one row, also where users are to be told apart by it."""

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.deployment.settings import ROOT
from tests.products.judging import judged, run_python
from tests.products.test_harbor_pings import SESSION

ROW = '        Dimension("plan", ("plan",), "text", "What the user pays for.", nullable=True, stratum="value"),\n'


@pytest.fixture
def ferry(tmp_path: Path) -> str:
    path = tmp_path / "ferry.py"
    harbor = (ROOT / "jobs" / "products" / "harbor.py").read_text().replace('name="harbor"', 'name="ferry"')
    path.write_text(harbor.replace("    dimensions=(\n", f"    dimensions=(\n{ROW}"))
    return str(path)


def test_pings_tables_and_words_have_it(ferry: str) -> None:
    [ping] = judged(ferry, "session_end", [SESSION | {"plan": "pro"}])
    assert ping["plan"] == "pro"
    said = run_python(
        ferry,
        "-c",
        "from jobs.declarations.tables import ERROR_AGGREGATES, RELEASE_RECORDS, RELEASE_TOTALS\n"
        "from jobs.wording.cell_words import stratum_words\n"
        "print([('plan' in table.column_names, 'plan' in table.grain) for table in (ERROR_AGGREGATES, RELEASE_TOTALS, RELEASE_RECORDS)])\n"
        "print(stratum_words('Windows / unknown / unknown / pro / other'))",
    )
    assert said.splitlines() == ["[(True, True), (True, True), (True, True)]", "Windows, pro"]


@pytest.mark.spark
def test_totals_are_told_apart_by_it(ferry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "landing/submission_date=2026-11-23/submission_hour=10/session_end"
    folder.mkdir(parents=True)
    pings = [SESSION | {"event_id": f"e{number}", "plan": plan} for number, plan in enumerate(("pro", "pro", "free", None))]
    (folder / "part-0.ndjson").write_text("".join(f"{json.dumps(ping)}\n" for ping in pings))
    for name in [name for name in os.environ if name.startswith("PYICEBERG_")]:
        monkeypatch.delenv(name)
    places = {name.upper(): str(tmp_path / name) for name in ("landing", "staging", "data_docs", "pages")}
    catalog = {"TYPE": "sql", "URI": f"sqlite:///{tmp_path}/catalog.db", "WAREHOUSE": f"file://{tmp_path}/warehouse"}
    for name, value in (places | {f"PYICEBERG_CATALOG__LAKE__{key}": value for key, value in catalog.items()}).items():
        monkeypatch.setenv(name, value)
    window = ("--start", "2026-11-23T10:00Z", "--end", "2026-11-23T11:00Z", "--mode", "provisional", "--run-key", "k")
    run_python(ferry, "-m", "jobs.aggregate_errors", *window)
    [totals] = [pq.read_table(path) for path in (tmp_path / "staging").rglob("*.parquet") if "release_totals" in str(path)]
    assert sorted(zip(map(str, totals["plan"].to_pylist()), totals["usage_hours"].to_pylist(), strict=True)) == [
        ("None", 1.5),
        ("free", 1.5),
        ("pro", 3.0),
    ]
