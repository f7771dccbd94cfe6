"""
### A rollout that waits for *go* and for a person

**When:** with every look at the releases (asset `release_health.rollout_advice`).

**Reads:** the advice that the asset's event carries.

**Writes:** nothing; `widen_rollout` is made up, put your own in its place.

**If it fails:** nothing was widened. A person who rejects ends the run; the next look asks again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import DAG, Asset, task
from airflow.sdk.exceptions import AirflowSkipException

CHANNEL, VERSION = "beta", "57.0b8"
ADVICE = Asset("release_health.rollout_advice")


@task
def wait_for_go(triggering_asset_events: Any = None) -> str:
    """Skips the run unless the newest look says *go*; an old look, or none, says nothing."""
    # A run is given every event since the run before it, the first one all that there are, in no order.
    events = sorted(triggering_asset_events[ADVICE] if triggering_asset_events else [], key=lambda event: event.timestamp)
    releases = [release for event in events[-1:] for release in event.extra.get("releases", [])]
    told = next((release for release in releases if (release["channel"], release["release_version"]) == (CHANNEL, VERSION)), None)
    if told is None or told["advice"] != "go":
        raise AirflowSkipException(f"{CHANNEL} {VERSION}: {told['advice'] if told else 'nothing is advised'}")
    return f"{told['age_hours']:.0f} h old, {told['state']}, waiting would cost {told['waiting_loss']:.2f}, going {told['going_loss']:.2f} hours of usual crashes"


@task
def widen_rollout() -> None:
    """Made up: call whatever gives the release to more users."""
    print(f"{CHANNEL} {VERSION} is given to more users")  # noqa: T201


with DAG(
    dag_id="rollout_with_approval",
    doc_md=__doc__,
    schedule=[ADVICE],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
):
    why = wait_for_go()
    approve = ApprovalOperator(
        task_id="approve",
        subject=f"Give {CHANNEL} {VERSION} to more users?",
        body="{{ ti.xcom_pull(task_ids='wait_for_go') }}",
        defaults="Reject",
        response_timeout=timedelta(hours=1),
    )
    why >> approve >> widen_rollout()
