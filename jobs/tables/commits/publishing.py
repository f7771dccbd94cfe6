"""Publish audited rows: window by window, each hour owned by the run of the highest rank, safe against any other publisher.

Several tables have no common transaction. So ingest_audit first gets the window's claim, which names the snapshots where the last complete
rows stand, and last the window's rows, in place of the claim; in between each table is replaced on a snapshot that was loaded before the
claim was looked at again. Readers see the last complete rows of all tables until that last commit (docs/decisions/publishing.md).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression, EqualTo, GreaterThanOrEqual, Or
from pyiceberg.table import Table as IcebergTable

from jobs.declarations.states import HourStatus
from jobs.declarations.tables import DATA_QUALITY, INGEST_AUDIT, RELEASE_HEALTH, TOLD_BESIDE, WINDOW_TABLES, Table
from jobs.declarations.windows import HOUR, hours_between
from jobs.tables.audit.audit_reading import read_hour_audits
from jobs.tables.audit.audit_rows import HourAudit, hour_audits
from jobs.tables.audit.open_claims import Claim, as_property, claim_by_hour, hours_of_run, read_claims, with_claim, without_run
from jobs.tables.audit.scored_until import as_property as as_scored_until
from jobs.tables.commits.row_replacement import Replacement, replace_rows
from jobs.tables.lake.hour_filters import hours_filter
from jobs.tables.lake.lake_catalog import ensure_tables, identifier
from jobs.tables.staged.staging import check_staged, read_hours, read_staged, rows_of_hours
from jobs.tables.staged.staging_manifest import Manifest, StagedFile

MAX_ROWS_AT_ONCE = 1_000_000  # 190 bytes a row in memory


@dataclass(frozen=True)
class PublishOutcome:
    """`superseded_hours` were left as they are, each with who owns it, in words; `rows_by_table` counts the rows of the published hours."""

    published_hours: tuple[datetime, ...]
    superseded_hours: dict[datetime, str] = field(default_factory=dict)
    rows_by_table: dict[str, int] = field(default_factory=dict)

    @property
    def is_published(self) -> bool:
        """Whether any hour was published."""
        return bool(self.published_hours)


def publish_window(catalog: Catalog, manifest: Manifest) -> PublishOutcome:
    """Replace the window's rows in every table by those of the manifest, for the hours that no run of a higher rank owns.

    Repeating it is harmless, and finishes what was killed in between. PublishingContendedError if other writers do not let it through;
    ValueError, before anything is changed, for a settled window that has not ended, SchemaConflictError for tables that can't take the rows.
    """
    # Whatever is not fit to be published must show before anything is changed.
    manifest.window.refuse_if_open(datetime.now(UTC))
    check_staged(manifest)
    audit_rows = read_staged(manifest, INGEST_AUDIT)
    ensure_tables(catalog, (INGEST_AUDIT, *WINDOW_TABLES))
    _claim_hours(catalog, manifest, audit_rows)
    for table in WINDOW_TABLES:
        _replace_hours(catalog, manifest, table)
    _complete_hours(catalog, manifest, audit_rows)
    return _window_outcome(catalog, manifest)


def publish_health(catalog: Catalog, manifest: Manifest) -> PublishOutcome:
    """Replace the looks after `manifest.looks.after` until `.until` by those of the manifest.

    Hour by hour, looks that were computed from a later ingest_audit snapshot stay. PublishingContendedError as above.
    """
    if manifest.looks is None:
        raise ValueError(f"the manifest of {manifest.window_run_id} names no looks to replace; it is not one of stage health")
    ensure_tables(catalog, (RELEASE_HEALTH, *TOLD_BESIDE))
    files = manifest.files.get(RELEASE_HEALTH.name, ())
    looks = hours_between(manifest.looks.after + HOUR, manifest.looks.until + HOUR)
    newer = _replace_looks(catalog, RELEASE_HEALTH, files, looks, manifest.looks.audit_sequence) if looks else {}
    for table in TOLD_BESIDE:
        beside = manifest.files.get(table.name)
        if looks and beside is not None:
            _replace_looks(catalog, table, beside, looks, manifest.looks.audit_sequence)
    published = tuple(look for look in looks if look not in newer)
    return PublishOutcome(
        published,
        {
            look: f"scored from ingest_audit snapshot {sequence}, later than {manifest.looks.audit_sequence}"
            for look, sequence in newer.items()
        },
        {RELEASE_HEALTH.name: _row_count(files, published)},
    )


def replace_quality_results(catalog: Catalog, rows: pa.Table, since: datetime) -> None:
    """Put quality results in place of those of the same attempts (columns run_key and attempt), none of which was checked before `since`.

    There must be some. Files of days before `since` are not opened, so that a gate costs the same however many came before it.
    """
    attempts = {(row["run_key"], row["attempt"]) for row in rows.select(["run_key", "attempt"]).to_pylist()}
    where: list[BooleanExpression] = [And(EqualTo("run_key", key), EqualTo("attempt", attempt)) for key, attempt in sorted(attempts)]
    ensure_tables(catalog, (DATA_QUALITY,))
    is_recent = GreaterThanOrEqual(DATA_QUALITY.time_column, since.isoformat())
    replacement = Replacement(And(is_recent, where[0] if len(where) == 1 else Or(*where)), (rows,))
    replace_rows(catalog, DATA_QUALITY, lambda _: replacement)


def _claim_hours(catalog: Catalog, manifest: Manifest, audit_rows: pa.Table) -> None:
    """Note that the hours that are nobody's or a lower rank's are being replaced. What this attempt completed already stays as it is."""
    ours = hour_audits(audit_rows)

    def decide(audit: IcebergTable) -> Replacement | None:
        claims = read_claims(audit)
        claimed = claim_by_hour(claims)
        found = read_hour_audits(audit, manifest.window.start, manifest.window.end)
        hours = [
            hour
            for hour, audited in ours.items()
            if _gives_way(found.get(hour), audited) and (hour not in claimed or claimed[hour].rank < audited.rank)
        ]
        if not hours:
            return None
        # Whoever claims one of the hours after `audit` was loaded makes this commit fail: until then these hold their complete rows.
        snapshots = {table.name: catalog.load_table(identifier(table)).current_snapshot() for table in WINDOW_TABLES}
        snapshots_now = {name: snapshot.snapshot_id for name, snapshot in snapshots.items() if snapshot}
        for rank in {ours[hour].rank for hour in hours}:
            claims = with_claim(claims, rank, [hour for hour in hours if ours[hour].rank == rank], snapshots_now)
        return Replacement(None, (), as_property(claims))

    replace_rows(catalog, INGEST_AUDIT, decide)


def _gives_way(found: HourAudit | None, ours: HourAudit) -> bool:
    """An audit row that says `publishing` was left by code that claimed hours that way; its run may go on."""
    return found is None or found.rank < ours.rank or (found.rank == ours.rank and found.status == HourStatus.PUBLISHING)


def _replace_hours(catalog: Catalog, manifest: Manifest, table: Table) -> None:
    """The table's rows of those hours of the window that are still ours, whether there are new rows or not, in one commit."""
    files = manifest.files.get(table.name, ())

    def decide(_: IcebergTable) -> Replacement | None:
        # Looked at after the table was loaded: had another run claimed the hours and replaced them before, we would see its claim;
        # if it does so later, our commit fails, or its own comes after ours.
        owned = _hours_of_ours(catalog, manifest)
        if not owned:
            return None
        return Replacement(hours_filter(table.time_column, owned), _read_in_parts(files, table, owned))

    replace_rows(catalog, table, decide)


def _complete_hours(catalog: Catalog, manifest: Manifest, audit_rows: pa.Table) -> None:
    """Put our audit rows in place of the earlier ones, and take our claims back: from here on readers see the new rows."""

    def decide(audit: IcebergTable) -> Replacement | None:
        claims = read_claims(audit)
        hours = hours_of_run(claims, manifest.window_run_id)
        if not hours:
            return None
        rows = rows_of_hours(audit_rows, INGEST_AUDIT, hours)
        position = rows.schema.get_field_index("status")
        rows = rows.set_column(position, rows.schema.field(position), pa.array([HourStatus.COMPLETE] * rows.num_rows))
        without_ours = as_property(without_run(claims, manifest.window_run_id))
        return Replacement(hours_filter(INGEST_AUDIT.time_column, hours), (rows,), without_ours)

    replace_rows(catalog, INGEST_AUDIT, decide)


def _window_outcome(catalog: Catalog, manifest: Manifest) -> PublishOutcome:
    audit = catalog.load_table(identifier(INGEST_AUDIT))
    found = read_hour_audits(audit, manifest.window.start, manifest.window.end)
    claimed = claim_by_hour(read_claims(audit))
    hours = manifest.window.hours
    published = tuple(hour for hour in hours if hour in found and _is_ours(found[hour], manifest))
    superseded = {hour: _owner(found.get(hour), claimed.get(hour)) for hour in hours if hour not in published}
    return PublishOutcome(published, superseded, {name: _row_count(files, published) for name, files in manifest.files.items()})


def _owner(found: HourAudit | None, claim: Claim | None) -> str:
    if claim:
        return f"{claim.rank.mode} run {claim.window_run_id}, {HourStatus.PUBLISHING}"
    return f"{found.rank.mode} run {found.window_run_id}, {found.status}" if found else "nobody: its audit row is gone"


def _replace_looks(
    catalog: Catalog, table: Table, files: Iterable[StagedFile], looks: list[datetime], audit_sequence: int
) -> dict[datetime, int]:
    """Replaces the looks but those of a later audit snapshot; returns these with their sequence numbers."""
    newer: dict[datetime, int] = {}

    def decide(health: IcebergTable) -> Replacement | None:
        newer.clear()
        where = hours_filter(table.time_column, looks)
        for row in (
            health.scan(where, selected_fields=("as_of", "audit_sequence"))
            .to_arrow()
            .group_by(["as_of", "audit_sequence"])
            .aggregate([])
            .to_pylist()
        ):
            if row["audit_sequence"] > audit_sequence:
                newer[row["as_of"]] = row["audit_sequence"]
        replaced = [look for look in looks if look not in newer]
        if not replaced:
            return None
        noted = as_scored_until(health, replaced[-1]) if table is RELEASE_HEALTH else {}
        return Replacement(hours_filter(table.time_column, replaced), _read_in_parts(files, table, replaced), noted)

    replace_rows(catalog, table, decide)
    return newer


def _hours_of_ours(catalog: Catalog, manifest: Manifest) -> list[datetime]:
    claims = read_claims(catalog.load_table(identifier(INGEST_AUDIT)))
    return sorted(hours_of_run(claims, manifest.window_run_id))


def _is_ours(audit: HourAudit, manifest: Manifest) -> bool:
    return audit.window_run_id == manifest.window_run_id and audit.is_complete


def _read_in_parts(files: Iterable[StagedFile], table: Table, hours: list[datetime]) -> Iterator[pa.Table]:
    return (read_hours(files, table, part) for part in _parts(hours, files))


def _parts(hours: list[datetime], files: Iterable[StagedFile]) -> Iterator[list[datetime]]:
    """The hours in order, cut so that each piece has at most MAX_ROWS_AT_ONCE rows, but never less than an hour."""
    part: list[datetime] = []
    part_rows = 0
    for hour in hours:
        hour_rows = _row_count(files, (hour,))
        if part and part_rows + hour_rows > MAX_ROWS_AT_ONCE:
            yield part
            part, part_rows = [], 0
        part.append(hour)
        part_rows += hour_rows
    if part:
        yield part


def _row_count(files: Iterable[StagedFile], hours: Iterable[datetime]) -> int:
    wanted = set(hours)
    return sum(rows for file in files for hour, rows in file.rows_by_hour.items() if hour in wanted)
