"""Links stand beside an alarm where the settings name pages, and nowhere else."""

from jobs.digest.page_links import page_links
from jobs.settings import AirflowRun, from_environment

RUN = AirflowRun("release_health_hourly", "scheduled__2026-11-22T12:00:00+00:00")


def test_nothing_is_linked_that_does_not_exist(monkeypatch):
    for name in ("RUNBOOK_URL", "AIRFLOW_URL", "DATA_DOCS_URL"):
        monkeypatch.delenv(name, raising=False)
    assert page_links(from_environment(), RUN) == {}


def test_the_run_that_speaks_is_linked_by_its_id(monkeypatch):
    monkeypatch.setenv("RUNBOOK_URL", "https://example.org/runbook")
    monkeypatch.setenv("AIRFLOW_URL", "http://localhost:8080/")
    links = page_links(from_environment(), RUN)
    run_id = "scheduled__2026-11-22T12%3A00%3A00%2B00%3A00"
    assert links == {
        "Runbook": "https://example.org/runbook",
        "Run in Airflow": f"http://localhost:8080/dags/release_health_hourly/runs/{run_id}",
    }
    assert "Run in Airflow" not in page_links(from_environment(), None)
