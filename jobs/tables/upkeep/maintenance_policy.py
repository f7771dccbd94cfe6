"""How long what is kept: every number with its reason. Ages count back from the end of the maintenance run's data interval."""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class MaintenancePolicy:
    late_objects: timedelta = timedelta(days=35)
    """How far back settled days are compared with the landing zone: clients and edges that come back later than that are few."""

    unreferenced_files: timedelta = timedelta(days=3)
    """A publisher writes its files minutes before it commits them; a machine that was suspended meanwhile comes back within days."""

    staging: timedelta = timedelta(days=14)
    """The rows of a failed gate stay for whoever is back from a holiday to look at."""

    retention_by_table: dict[str, timedelta] = field(
        default_factory=lambda: {
            # The largest table; release_totals has its hourly totals for good.
            "error_aggregates": timedelta(days=400),
            "experiment_error_aggregates": timedelta(days=400),
            # Settled days keep their clients in client_reach_days; a release's first week is scored by hours.
            "client_reach": timedelta(days=16),
            # Names of objects and document ids, for finding a cause; ingest_audit keeps the counts.
            "rejected_pings": timedelta(days=90),
            # 7,000 rows a day, nearly all of which say `pass`: for finding a cause, too.
            "data_quality": timedelta(days=90),
        }
    )
    """Tables that are not named are kept: they are small, and scoring learns from their history."""

    merged_tables: tuple[str, ...] = ("data_quality",)
    """Each gate adds a file of its own, 50 a day. The other tables' days are written anew, as one file, when they are settled."""


POLICY = MaintenancePolicy()
