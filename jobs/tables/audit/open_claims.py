"""Which hours are being replaced, by whom, and where their last complete rows still stand.

The claims are a property of ingest_audit, so that a claim and the audit rows that it is about change in one commit. Pure but for the table
object that they are read from.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pyiceberg.table import Table as IcebergTable

from jobs.declarations.windows import Mode, hour_ranges, hours_between
from jobs.tables.audit.audit_rows import Rank

PROPERTY = "release-health.open-claims"


@dataclass(frozen=True)
class Claim:
    """Hours that a run is replacing or has left half replaced.

    `snapshots_before` has, by table, the snapshot that holds the last complete rows of these hours; a table that is not named had no rows.
    """

    rank: Rank
    hours: frozenset[datetime]
    snapshots_before: Mapping[str, int]

    @property
    def window_run_id(self) -> str:
        return self.rank.window_run_id


def read_claims(audit: IcebergTable) -> tuple[Claim, ...]:
    """The open claims in ingest_audit as loaded."""
    return tuple(_from_json(entry) for entry in json.loads(audit.properties.get(PROPERTY, "[]")))


def as_property(claims: Iterable[Claim]) -> dict[str, str]:
    return {PROPERTY: json.dumps([_as_json(claim) for claim in claims if claim.hours])}


def claim_by_hour(claims: Iterable[Claim]) -> dict[datetime, Claim]:
    """An hour is in one claim at most."""
    return {hour: claim for claim in claims for hour in claim.hours}


def with_claim(claims: Iterable[Claim], rank: Rank, hours: Iterable[datetime], snapshots_now: Mapping[str, int]) -> tuple[Claim, ...]:
    """The claims after a run of that rank took the hours.

    Hours that it takes from another claim may be half replaced: their last complete rows stand where that claim says.
    """
    wanted = frozenset(hours)
    left, taken = [], []
    for claim in claims:
        taken.append(Claim(rank, claim.hours & wanted, claim.snapshots_before))
        left.append(replace(claim, hours=claim.hours - wanted))
    untouched = wanted.difference(*(claim.hours for claim in taken))
    return tuple(claim for claim in (*left, *taken, Claim(rank, untouched, snapshots_now)) if claim.hours)


def without_run(claims: Iterable[Claim], window_run_id: str) -> tuple[Claim, ...]:
    return tuple(claim for claim in claims if claim.window_run_id != window_run_id)


def hours_of_run(claims: Iterable[Claim], window_run_id: str) -> frozenset[datetime]:
    return frozenset(hour for claim in claims if claim.window_run_id == window_run_id for hour in claim.hours)


def _as_json(claim: Claim) -> dict[str, object]:
    return {
        "window_run_id": claim.window_run_id,
        "mode": claim.rank.mode.value,
        "audit_sequence": claim.rank.audit_sequence,
        "processed_at": claim.rank.processed_at.isoformat(),
        "hours": [[start.isoformat(), end.isoformat()] for start, end in hour_ranges(claim.hours)],
        "snapshots_before": dict(claim.snapshots_before),
    }


def _from_json(entry: Mapping[str, object]) -> Claim:
    ranges = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in entry["hours"]]  # type: ignore[attr-defined]
    rank = Rank(
        Mode(str(entry["mode"])) is Mode.SETTLED,
        entry["audit_sequence"],  # type: ignore[arg-type]
        datetime.fromisoformat(str(entry["processed_at"])),
        str(entry["window_run_id"]),
    )
    return Claim(rank, frozenset(hour for start, end in ranges for hour in hours_between(start, end)), entry["snapshots_before"])  # type: ignore[arg-type]
