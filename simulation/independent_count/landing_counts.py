"""Counts a landing zone in plain Python and compares the counts with error_aggregates, row by row, and its clients with client_reach.

    python -m simulation.independent_count.landing_counts --compare

Its rules are written down a second time here, from the description of the landing zone: it shares no code with the pipeline's ping source, nor
with whatever wrote the landing zone. It counts, for each 5-minute window, channel, version and operating system, pings, usage hours and crashes
by kind, for each hour lines, accepted pings, duplicates and rejects, and for each channel the clients of each hour, day and week. Which hours are settled, and so deduplicated over the day, it takes from
ingest_audit. LANDING and the catalog are found as the jobs find them. A difference ends it with exit code 1 and the rows that differ.
"""

import gzip
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import click
import pyarrow as pa
import zstandard
from pyiceberg.catalog import Catalog

from jobs.deployment.settings import NAMESPACE, from_environment
from jobs.tables.lake.lake_catalog import open_catalog
from simulation.independent_count.client_counts import ClientSets, client_differences, count_client
from simulation.independent_count.count_rules import Counts, Key, Rejected, read_ping

COUNTED = (
    "main_pings",
    "core_pings",
    "crash_pings",
    "updates",
    "usage_hours",
    "main_crashes",
    "startup_crashes",
    "content_crashes",
    "content_shutdown_crashes",
    "gpu_crashes",
    "plugin_crashes",
    "gmplugin_crashes",
)
USAGE_TOLERANCE_HOURS = 1e-6
SHOWN_DIFFERENCES = 20


@dataclass
class HourCounts:
    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass
class LandingCounts:
    by_key: dict[Key, Counts] = field(default_factory=lambda: defaultdict(Counter))
    by_hour: dict[datetime, HourCounts] = field(default_factory=lambda: defaultdict(HourCounts))
    clients: ClientSets = field(default_factory=lambda: defaultdict(set))


def count_landing(landing: Path, hours: dict[datetime, bool]) -> LandingCounts:
    """Counts the given hours; the value says whether the hour is settled. A settled day's hours share their document ids."""
    counts = LandingCounts()
    seen: set[str] = set()
    previous: datetime | None = None
    for hour in sorted(hours):
        if previous is None or not hours[hour] or not hours[previous] or hour.date() != previous.date():
            seen = set()
        previous = hour
        _count_hour(landing, hour, seen, counts)
    return counts


def landed_hours(landing: Path) -> list[datetime]:
    """The hours that have a folder."""
    folders = [folder.relative_to(landing).as_posix() for folder in landing.glob("submission_date=*/submission_hour=*")]
    return sorted(datetime.strptime(folder, "submission_date=%Y-%m-%d/submission_hour=%H").replace(tzinfo=UTC) for folder in folders)


def _count_hour(landing: Path, hour: datetime, seen: set[str], counts: LandingCounts) -> None:
    of_hour = counts.by_hour[hour]
    pings = []
    for key, line_number, line in _lines_of(landing, hour):
        of_hour.lines += 1
        try:
            pings.append(read_ping(line, key, line_number, hour))
        except Rejected:
            of_hour.rejected += 1
    for ping in sorted(pings, key=lambda ping: ping.order):
        if ping.document_id in seen:
            of_hour.duplicates += 1
            continue
        seen.add(ping.document_id)
        of_hour.accepted += 1
        counts.by_key[ping.key].update(ping.counts)
        count_client(counts.clients, ping)


def _lines_of(landing: Path, hour: datetime) -> Iterator[tuple[str, int, bytes | None]]:
    """Object, line number and line; None for the rest of an object that cannot be read, which is one line."""
    folder = landing / f"submission_date={hour:%Y-%m-%d}" / f"submission_hour={hour:%H}"
    for path in sorted(folder.glob("*/*")):
        if path.name.startswith((".", "_")) or not path.name.endswith((".ndjson", ".ndjson.gz", ".ndjson.zst")):
            continue
        content, is_whole = _read_object(path)
        lines = content.split(b"\n")
        rest = lines.pop()
        for number, line in enumerate(lines, start=1):
            yield f"{path.parent.name}/{path.name}", number, line
        if rest or not is_whole:
            yield f"{path.parent.name}/{path.name}", len(lines) + 1, rest if is_whole else None


def _read_object(path: Path) -> tuple[bytes, bool]:
    """What can be read of an object, and whether that is all of it."""
    stored = path.read_bytes()
    if path.name.endswith(".zst"):
        return zstandard.ZstdDecompressor().stream_reader(stored).read(), True
    if not path.name.endswith(".gz"):
        return stored, True
    try:
        return gzip.decompress(stored), True
    except EOFError:
        return zlib.decompressobj(wbits=31).decompress(stored), False


def compare(landing: Path, catalog: Catalog) -> tuple[LandingCounts, list[str]]:
    """Counts the hours that ingest_audit holds; what differs from it and from error_aggregates, one sentence for each difference."""
    audit = catalog.load_table((NAMESPACE, "ingest_audit")).scan().to_arrow().to_pylist()
    counts = count_landing(landing, {row["hour_start"]: row["mode"] == "settled" for row in audit})
    differences = [] if audit else ["ingest_audit is empty: nothing has been aggregated"]
    for row in audit:
        counted = counts.by_hour[row["hour_start"]]
        for name in ("lines", "accepted", "duplicates", "rejected"):
            if row[name] != getattr(counted, name):
                differences.append(
                    f"{row['hour_start']:%Y-%m-%d %H:%M} {name}: counted {getattr(counted, name)}, ingest_audit has {row[name]}"
                )
    aggregates = catalog.load_table((NAMESPACE, "error_aggregates")).scan(
        selected_fields=("window_start", "channel", "version", "os_name", *COUNTED)
    )
    differences += _key_differences(counts.by_key, _totals(aggregates.to_arrow()))
    return counts, differences + client_differences(counts.clients, counts.by_hour, catalog)


def _totals(aggregates: pa.Table) -> dict[Key, dict[str, float]]:
    keys = ["window_start", "channel", "version", "os_name"]
    totals = aggregates.group_by(keys).aggregate([(name, "sum") for name in COUNTED])
    return {tuple(row[key] for key in keys): {name: row[f"{name}_sum"] or 0 for name in COUNTED} for row in totals.to_pylist()}


def _key_differences(counted: dict[Key, Counts], aggregated: dict[Key, dict[str, float]]) -> list[str]:
    differences = []
    for key in sorted(counted.keys() | aggregated.keys()):
        for name in COUNTED:
            ours, theirs = counted.get(key, Counter())[name], aggregated.get(key, {}).get(name, 0)
            if abs(ours - theirs) > (USAGE_TOLERANCE_HOURS if name == "usage_hours" else 0):
                differences.append(f"{key[0]:%Y-%m-%d %H:%M} {' '.join(key[1:])} {name}: counted {ours:g}, error_aggregates has {theirs:g}")
        if (key in counted) != (key in aggregated):
            where = "counted only" if key in counted else "in error_aggregates only"
            differences.append(f"{key[0]:%Y-%m-%d %H:%M} {' '.join(key[1:])}: {where}")
    return differences


@click.command(help=__doc__)
@click.option(
    "--compare", "is_comparing", is_flag=True, help="Compare with the tables; without it, count what has landed as if it were settled."
)
@click.option("--landing", help="The landing zone, a local folder; LANDING if not given.")
def main(is_comparing: bool, landing: str | None) -> None:
    folder = Path(landing or from_environment().landing)
    if not folder.is_dir():
        raise click.ClickException(f"there is no landing zone in the folder {folder}; set LANDING or --landing")
    if is_comparing:
        counts, differences = compare(folder, open_catalog())
    else:
        counts, differences = count_landing(folder, dict.fromkeys(landed_hours(folder), True)), []
    for difference in differences[:SHOWN_DIFFERENCES]:
        click.echo(difference)
    hours = counts.by_hour.values()
    summary = (
        f"{len(counts.by_hour)} hours, {sum(h.lines for h in hours)} lines, {sum(h.accepted for h in hours)} accepted, "
        f"{sum(h.duplicates for h in hours)} duplicates, {sum(h.rejected for h in hours)} rejected, {len(counts.by_key)} rows"
    )
    if differences:
        raise click.ClickException(f"{len(differences)} differences ({summary})")
    click.echo(f"equal, row by row: {summary}" if is_comparing else summary)


if __name__ == "__main__":
    main()
