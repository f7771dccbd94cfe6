"""Who sent the pings of a landing zone, as plain sets of client ids, and whether the sketches of client_reach hold as many."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from datasketches import compact_theta_sketch, theta_union
from pyiceberg.catalog import Catalog

from jobs.deployment.settings import RESTRICTED_NAMESPACE
from simulation.independent_count.count_rules import HOUR, Ping

Period = tuple[datetime, timedelta]
ClientSets = dict[tuple[datetime, str, str], set[str]]
"""Client ids by hour, channel and population."""
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_TABLES = ("client_reach", "client_reach_days")
_BOUNDS = 3
"""Each holds an exact count in 95 of 100 cases; three times as wide, practically always."""


def count_client(sets: ClientSets, ping: Ping) -> None:
    if ping.client_id is None:
        return
    window, channel, _, _ = ping.key
    hour = window.replace(minute=0)
    for population, belongs in {
        "active": any(ping.counts[name] for name in ("main_pings", "core_pings", "crash_pings")),
        "updated": ping.counts["updates"],
        "crashed": ping.counts["main_crashes"],
        "crashed_content": ping.counts["content_crashes"],
    }.items():
        if belongs:
            sets[hour, channel, population].add(ping.client_id)


def client_differences(sets: ClientSets, hours: Iterable[datetime], catalog: Catalog) -> list[str]:
    """What the unions of the sketches of a channel say otherwise than the sets, by hour, by day and by week.

    Of each key on its own, over the hours that it has: while one secret follows another a client stands there by both.
    """
    by_hour, by_day = (_by_key(catalog.load_table((RESTRICTED_NAMESPACE, name)).scan().to_arrow().to_pylist()) for name in _TABLES)
    differences = [
        f"{hour:%Y-%m-%d %H:%M} client_reach has no clients by any key"
        for hour in sorted({hour for hour, _, _ in sets} - {row["hour_start"] for rows in by_hour.values() for row in rows})
    ]
    for key_id, rows in sorted(by_hour.items()):
        of_key = {row["hour_start"] for row in rows}
        own = {group: clients for group, clients in sets.items() if group[0] in of_key}
        days = by_day.get(key_id, [])
        settled = {row["hour_start"] for row in days}
        for start, length in _periods(of_key.intersection(hours)):
            differences += _period_differences(own, (start, length), "client_reach", rows)
            if length == _DAY and start in settled:
                differences += _period_differences(own, (start, length), "client_reach_days", days)
    return differences


def _by_key(rows: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_key[row["key_id"]].append(row)
    return by_key


def _periods(hours: Iterable[datetime]) -> Iterator[Period]:
    counted = sorted(hours)
    yield from ((hour, HOUR) for hour in counted)
    for length in (_DAY, _WEEK):
        yield from ((start, length) for start in sorted({_start_of(hour, length) for hour in counted}))


def _start_of(hour: datetime, length: timedelta) -> datetime:
    midnight = datetime(hour.year, hour.month, hour.day, tzinfo=UTC)
    return midnight if length == _DAY else midnight - timedelta(days=midnight.weekday())


def _period_differences(sets: ClientSets, period: Period, table: str, rows: list[dict[str, Any]]) -> list[str]:
    start, length = period
    exact: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (hour, channel, population), clients in sets.items():
        if start <= hour < start + length:
            exact[channel, population] |= clients
    unions: dict[tuple[str, str], theta_union] = defaultdict(lambda: theta_union(12))
    for row in rows:
        if not start <= row["hour_start"] < start + length:
            continue
        unions[row["channel"], row["population"]].update(compact_theta_sketch.deserialize(row["sketch"]))
    differences = []
    for group in sorted(exact.keys() | unions.keys()):
        counted, sketch = len(exact[group]), unions[group].get_result()
        slack = _BOUNDS * max(sketch.get_upper_bound(2) - sketch.get_estimate(), sketch.get_estimate() - sketch.get_lower_bound(2))
        if abs(sketch.get_estimate() - counted) > slack:
            differences.append(
                f"{start:%Y-%m-%d %H:%M} and {length / HOUR:g} hours on, {' '.join(group)}: counted {counted} clients, {table} has {sketch.get_estimate():.0f}"
            )
    return differences
