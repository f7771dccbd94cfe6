"""Whether a new verdict is overdue, and where the pipeline stands still. Reads release_health, ingest_audit, data_quality, the landing zone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pyiceberg.catalog import Catalog

from jobs.declarations.tables import RELEASE_HEALTH
from jobs.declarations.windows import HOUR, Mode, Window
from jobs.digest.facts.digest_facts import FailedExpectation, HourCondition
from jobs.digest.facts.stored_facts import read_failed_expectations_of_hour, read_hours
from jobs.tables.audit.scored_until import read_scored_until
from jobs.tables.lake.lake_catalog import stored_table


@dataclass(frozen=True)
class Standstill:
    """What became of the first hour that is in no look.

    `condition` COMPLETE, INCOMPLETE or EMPTY: its figures are published, and no look is. `failed` are the critical expectations that keep
    its figures, or its scores, from being published.
    """

    hour_start: datetime
    condition: HourCondition
    failed: tuple[FailedExpectation, ...] = ()


def scored_until(catalog: Catalog) -> datetime | None:
    """The newest published look; None where none was ever published."""
    health = stored_table(catalog, RELEASE_HEALTH)
    return read_scored_until(health) if health else None


def is_overdue(newest_look: datetime, now: datetime, overdue_hours: int) -> bool:
    """Whether the newest look, which is of hours until then, is older than the hours that are allowed."""
    return now - newest_look >= timedelta(hours=overdue_hours)


def read_standstill(catalog: Catalog, landing: str, newest_look: datetime) -> Standstill:
    """Why there is no look after the newest one."""
    failed = tuple(each for each in read_failed_expectations_of_hour(catalog, newest_look) if each.is_blocking)
    [hour] = read_hours(catalog, landing, Window(newest_look, newest_look + HOUR, Mode.PROVISIONAL), failed)
    return Standstill(hour.hour_start, hour.condition, failed)
