"""Publish audited rows: window by window, hour by hour owned by the run of the highest rank, safe against any other publisher.

Several tables have no common transaction. So ingest_audit gets the window's rows first as `publishing` (the claim) and last as `complete`;
in between each table is replaced on a snapshot that was loaded before the claim was looked at again (docs/decisions/publishing.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, GreaterThan, LessThanOrEqual
from pyiceberg.table import Table as IcebergTable

from jobs.table_declarations import DATA_QUALITY, INGEST_AUDIT, RELEASE_HEALTH, WINDOW_TABLES, Table
from jobs.tables.audit_rows import COMPLETE, PUBLISHING, HourAudit, read_hour_audits
from jobs.tables.lake_catalog import ensure_table, identifier
from jobs.tables.row_replacement import Replacement, hours_filter, replace_rows
from jobs.tables.schemas import TIMESTAMP
from jobs.tables.staging import read_files, read_staged
from jobs.tables.staging_manifest import Manifest
from jobs.windows import HOUR

MAX_ROWS_PER_COMMIT = 1_000_000  # 190 bytes a row in memory


@dataclass(frozen=True)
class PublishOutcome:
    """`superseded_hours` were left to the run named with each: a settled one, or one that read the hour later."""

    published_hours: tuple[datetime, ...]
    superseded_hours: dict[datetime, HourAudit] = field(default_factory=dict)
    rows_by_table: dict[str, int] = field(default_factory=dict)

    @property
    def is_published(self) -> bool:
        """Whether any hour was published."""
        return bool(self.published_hours)


def publish_window(catalog: Catalog, manifest: Manifest) -> PublishOutcome:
    """Replace the window's rows in every table by those of the manifest, for the hours that no run of a higher rank owns.

    Repeating it is harmless, and finishes what was killed in between. PublishingContendedError if other writers do not let it through.
    """


def publish_health(catalog: Catalog, manifest: Manifest) -> PublishOutcome:
    """Replace the looks after `manifest.looks.after` until `.until` by those of the manifest, where no later audit snapshot was scored."""


def replace_quality_results(catalog: Catalog, rows: pa.Table) -> None:
    """Put an attempt's quality results in place of what is there of the same attempts (columns run_key and attempt)."""
