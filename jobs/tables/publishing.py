"""Publish audited rows: window by window, each hour owned by the run of the highest rank, safe against any other publisher.

Several tables have no common transaction. So ingest_audit gets the window's rows first as `publishing` (the claim) and last as `complete`;
in between each table is replaced on a snapshot that was loaded before the claim was looked at again (docs/decisions/publishing.md).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression, EqualTo, Or
from pyiceberg.table import Table as IcebergTable

from jobs.table_declarations import DATA_QUALITY, INGEST_AUDIT, RELEASE_HEALTH, WINDOW_TABLES, Table
from jobs.tables.audit_reading import read_hour_audits
from jobs.tables.audit_rows import COMPLETE, PUBLISHING, HourAudit, hour_audits
from jobs.tables.lake_catalog import ensure_table, identifier
from jobs.tables.row_replacement import Replacement, hours_filter, replace_rows
from jobs.tables.staging import read_hours, read_staged, rows_of_hours
from jobs.tables.staging_manifest import Manifest, StagedFile
from jobs.windows import HOUR, hours_between

MAX_ROWS_PER_COMMIT = 1_000_000  # 190 bytes a row in memory


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

    Repeating it is harmless, and finishes what was killed in between. PublishingContendedError if other writers do not let it through.
    """
    for table in (INGEST_AUDIT, *WINDOW_TABLES):
        ensure_table(catalog, table)
    audit_rows = read_staged(manifest, INGEST_AUDIT)
    _claim_hours(catalog, manifest, audit_rows)
    for table in WINDOW_TABLES:
        for hours in _chunks(manifest.window.hours, manifest.files.get(table.name, ())):
            _replace_hours(catalog, manifest, table, hours)
    _complete_hours(catalog, manifest, audit_rows)
    return _window_outcome(catalog, manifest)


def publish_health(catalog: Catalog, manifest: Manifest) -> PublishOutcome:
    """Replace the looks after `manifest.looks.after` until `.until` by those of the manifest.

    Hour by hour, looks that were computed from a later ingest_audit snapshot stay. PublishingContendedError as above.
    """
    if manifest.looks is None:
        raise ValueError(f"the manifest of {manifest.window_run_id} names no looks to replace; it is not one of stage health")
    ensure_table(catalog, RELEASE_HEALTH)
    files = manifest.files.get(RELEASE_HEALTH.name, ())
    looks = hours_between(manifest.looks.after + HOUR, manifest.looks.until + HOUR)
    newer: dict[datetime, int] = {}
    for hours in _chunks(looks, files):
        newer |= _replace_looks(catalog, files, hours, manifest.looks.audit_sequence)
    published = tuple(look for look in looks if look not in newer)
    return PublishOutcome(
        published,
        {
            look: f"scored from ingest_audit snapshot {sequence}, later than {manifest.looks.audit_sequence}"
            for look, sequence in newer.items()
        },
        {RELEASE_HEALTH.name: _row_count(files, published)},
    )


def replace_quality_results(catalog: Catalog, rows: pa.Table) -> None:
    """Put quality results in place of those of the same attempts (columns run_key and attempt). There must be some."""
    attempts = {(row["run_key"], row["attempt"]) for row in rows.select(["run_key", "attempt"]).to_pylist()}
    where: list[BooleanExpression] = [And(EqualTo("run_key", key), EqualTo("attempt", attempt)) for key, attempt in sorted(attempts)]
    ensure_table(catalog, DATA_QUALITY)
    replacement = Replacement(where[0] if len(where) == 1 else Or(*where), rows)
    replace_rows(catalog, DATA_QUALITY, lambda _: replacement)


def _claim_hours(catalog: Catalog, manifest: Manifest, audit_rows: pa.Table) -> None:
    """Audit rows `publishing` for the hours that are nobody's or a lower rank's; what this attempt completed already stays complete."""

    ours = hour_audits(audit_rows)

    def decide(audit: IcebergTable) -> Replacement | None:
        found = read_hour_audits(audit, manifest.window.start, manifest.window.end)
        claimed = [
            hour
            for hour in manifest.window.hours
            if hour not in found or found[hour].rank < ours[hour].rank or _is_ours(found[hour], manifest, PUBLISHING)
        ]
        return _audit_replacement(audit_rows, claimed, PUBLISHING)

    replace_rows(catalog, INGEST_AUDIT, decide)


def _replace_hours(catalog: Catalog, manifest: Manifest, table: Table, hours: list[datetime]) -> None:
    """The table's rows of those of the hours that are still ours, whether there are new rows or not."""

    def decide(_: IcebergTable) -> Replacement | None:
        # Looked at after the table was loaded: had another run claimed the hours and replaced them before, we would see its claim;
        # if it does so later, our commit fails, or its own comes after ours.
        owned = _hours_of_ours(catalog, manifest, hours, PUBLISHING)
        if not owned:
            return None
        return Replacement(hours_filter(table.time_column, owned), read_hours(manifest.files.get(table.name, ()), table, owned))

    replace_rows(catalog, table, decide)


def _complete_hours(catalog: Catalog, manifest: Manifest, audit_rows: pa.Table) -> None:
    def decide(audit: IcebergTable) -> Replacement | None:
        found = read_hour_audits(audit, manifest.window.start, manifest.window.end)
        return _audit_replacement(audit_rows, [h for h, row in found.items() if _is_ours(row, manifest, PUBLISHING)], COMPLETE)

    replace_rows(catalog, INGEST_AUDIT, decide)


def _window_outcome(catalog: Catalog, manifest: Manifest) -> PublishOutcome:
    audit = catalog.load_table(identifier(INGEST_AUDIT))
    found = read_hour_audits(audit, manifest.window.start, manifest.window.end)
    published = tuple(hour for hour in manifest.window.hours if hour in found and _is_ours(found[hour], manifest, COMPLETE))
    superseded = {
        hour: f"{found[hour].mode} run {found[hour].window_run_id}, {found[hour].status}"
        if hour in found
        else "nobody: its audit row is gone"
        for hour in manifest.window.hours
        if hour not in published
    }
    return PublishOutcome(published, superseded, {name: _row_count(files, published) for name, files in manifest.files.items()})


def _replace_looks(catalog: Catalog, files: Iterable[StagedFile], looks: list[datetime], audit_sequence: int) -> dict[datetime, int]:
    """Replaces the looks but those of a later audit snapshot; returns these with their sequence numbers."""
    newer: dict[datetime, int] = {}

    def decide(health: IcebergTable) -> Replacement | None:
        newer.clear()
        where = hours_filter(RELEASE_HEALTH.time_column, looks)
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
        return Replacement(hours_filter(RELEASE_HEALTH.time_column, replaced), read_hours(files, RELEASE_HEALTH, replaced))

    replace_rows(catalog, RELEASE_HEALTH, decide)
    return newer


def _hours_of_ours(catalog: Catalog, manifest: Manifest, hours: list[datetime], status: str) -> list[datetime]:
    found = read_hour_audits(catalog.load_table(identifier(INGEST_AUDIT)), hours[0], hours[-1] + HOUR)
    return [hour for hour in hours if hour in found and _is_ours(found[hour], manifest, status)]


def _is_ours(audit: HourAudit, manifest: Manifest, status: str) -> bool:
    return audit.window_run_id == manifest.window_run_id and audit.status == status


def _audit_replacement(audit_rows: pa.Table, hours: list[datetime], status: str) -> Replacement | None:
    if not hours:
        return None
    rows = rows_of_hours(audit_rows, INGEST_AUDIT, hours)
    position = rows.schema.get_field_index("status")
    rows = rows.set_column(position, rows.schema.field(position), pa.array([status] * rows.num_rows))
    return Replacement(hours_filter(INGEST_AUDIT.time_column, hours), rows)


def _chunks(hours: list[datetime], files: Iterable[StagedFile]) -> Iterator[list[datetime]]:
    """The hours in order, cut so that each piece has at most MAX_ROWS_PER_COMMIT rows, but never less than an hour."""
    chunk: list[datetime] = []
    chunk_rows = 0
    for hour in hours:
        hour_rows = _row_count(files, (hour,))
        if chunk and chunk_rows + hour_rows > MAX_ROWS_PER_COMMIT:
            yield chunk
            chunk, chunk_rows = [], 0
        chunk.append(hour)
        chunk_rows += hour_rows
    if chunk:
        yield chunk


def _row_count(files: Iterable[StagedFile], hours: Iterable[datetime]) -> int:
    wanted = set(hours)
    return sum(rows for file in files for hour, rows in file.rows_by_hour.items() if hour in wanted)
