"""Until when looks are published. A property of release_health, since a look at which no release was live has no rows."""

from datetime import UTC, datetime

from pyiceberg.table import Table as IcebergTable

PROPERTY = "release-health.scored-until"


def read_scored_until(health: IcebergTable) -> datetime | None:
    """The newest published look; None before the first that this code published."""
    noted = health.properties.get(PROPERTY)
    return datetime.fromisoformat(noted).astimezone(UTC) if noted else None


def as_property(health: IcebergTable, until: datetime) -> dict[str, str]:
    """What the table has to note once looks until then are published: an older window takes nothing back."""
    return {PROPERTY: max(read_scored_until(health) or until, until).isoformat()}
