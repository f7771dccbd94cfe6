"""Which run of the newest hour the demo waits for, where Airflow remembers one."""

from datetime import UTC, datetime

import pytest

from jobs.declarations.windows import HOUR, Mode
from local.demo import runs

END = datetime(2026, 11, 28, 10, tzinfo=UTC)


class Remembering:
    """Airflow with one scheduled run of the hour."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.cleared: list[str] = []

    def unpause(self, dag_id: str) -> None:
        pass

    def runs(self, dag_id: str) -> list[dict]:
        return [{"dag_run_id": "scheduled", "run_type": "scheduled", "state": self.state, "data_interval_end": END.isoformat()}]

    def clear(self, dag_id: str, run_id: str) -> None:
        self.cleared.append(run_id)

    def wait_for_run(self, dag_id: str, run_id: str, timeout: float, progress: object) -> str:
        return "success"


@pytest.mark.parametrize(
    ("state", "published", "cleared"),
    [
        ("success", [END - HOUR], []),
        ("success", [], ["scheduled"]),
        ("failed", [], ["scheduled"]),
        ("running", [], []),
    ],
)
def test_an_hour_whose_tables_went_with_an_earlier_world_runs_again(monkeypatch: pytest.MonkeyPatch, state, published, cleared) -> None:
    monkeypatch.setattr(runs, "complete_hours", lambda: dict.fromkeys(published, Mode.PROVISIONAL))
    airflow = Remembering(state)
    assert runs.run_hours(airflow, END, lambda until: None, lambda words: None) == END
    assert airflow.cleared == cleared
