"""Links beside an alarm: pages that a browser opens, where the settings say that they are."""

from urllib.parse import quote

from jobs.deployment.settings import AirflowRun, Settings


def page_links(settings: Settings, run: AirflowRun | None) -> dict[str, str]:
    """Names to http addresses: the runbook, Data Docs, and the DAG run that speaks; nothing that does not exist."""
    found = {"Runbook": settings.runbook_url, "Data Docs": settings.data_docs_url}
    if settings.airflow_url and run is not None:
        page = f"dags/{quote(run.dag_id, safe='')}/runs/{quote(run.run_id, safe='')}"
        found["Run in Airflow"] = f"{settings.airflow_url.rstrip('/')}/{page}"
    return {name: url for name, url in found.items() if url and url.startswith(("http://", "https://"))}
