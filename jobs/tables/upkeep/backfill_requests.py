"""What a backfill would do and cost, and the request that starts it, ready to run. Pure."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from jobs.declarations.windows import HOUR, Mode, Window, hour_ranges, hours_between
from jobs.pings.byte_splits import BYTES_PER_COMPRESSED_BYTE
from jobs.pings.landing_zone import LandedHour
from jobs.pings.object_blocks import is_compressed
from jobs.tables.upkeep.input_holes import Holes
from jobs.wording.shown_numbers import plural

DAYS_PER_JOB = 7
MEGABYTES_A_MINUTE = 12_000
"""Of decompressed pings, 200 MB a second on two cores: reading alone does several times that, totals and staging take the rest."""
MINUTES_PER_JOB = 1.0
"""Start of Spark, gate and publishing, whatever there is to read."""


def plan_windows(start: datetime, end: datetime, days_per_job: int, open_hours: Collection[datetime] = ()) -> Iterator[Window]:
    """Settled windows of at most `days_per_job` whole days; of a last, unfinished day the hours that are not open, provisionally."""
    last_midnight = end.replace(hour=0)
    while start < last_midnight:
        job_end = min(start + timedelta(days=days_per_job), last_midnight)
        yield Window(start, job_end, Mode.SETTLED)
        start = job_end
    for first, last in hour_ranges(hour for hour in hours_between(last_midnight, end) if hour not in open_hours):
        yield Window(first, last, Mode.PROVISIONAL)


def requests(days: Iterable[datetime]) -> list[tuple[datetime, datetime]]:
    """The stretches [start, end) of consecutive days: one backfill each."""
    hours = (hour for day in days for hour in hours_between(day, day + 24 * HOUR))
    return hour_ranges(hours)


def request_command(start: datetime, end: datetime) -> str:
    """What starts the backfill of [start, end); its form in Airflow takes the same."""
    conf = {"start": f"{start:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}", "dry_run": False}
    return f"airflow dags trigger release_health_backfill --conf '{json.dumps(conf)}'"


def cost_words(hours: Iterable[LandedHour], jobs: int) -> str:
    """`1,234 objects, 5.6 GB, about 4 minutes`."""
    objects = [landed for hour in hours for landed in hour.objects]
    stored_gigabytes = sum(landed.bytes for landed in objects) / 1e9
    plain = sum(landed.bytes * (BYTES_PER_COMPRESSED_BYTE if is_compressed(landed.object_key) else 1) for landed in objects) / 1e6
    minutes = jobs * MINUTES_PER_JOB + plain / MEGABYTES_A_MINUTE
    return f"{plural(len(objects), 'object')}, {stored_gigabytes:,.2f} GB, about {plural(max(round(minutes), 1), 'minute')} on two cores"


def hole_lines(holes: Holes, listed: Iterable[LandedHour] = ()) -> list[str]:
    """What is missing, and the requests that mend it, for the log of the maintenance."""
    lines = []
    if holes.unread_hours:
        lines.append(f"{plural(len(holes.unread_hours), 'hour')} never read: {hours_words(holes.unread_hours)}")
    if holes.unsettled_days:
        lines.append(f"{plural(len(holes.unsettled_days), 'day')} never settled: {days_words(holes.unsettled_days)}")
    for day, keys in holes.late_objects.items():
        lines.append(f"{day:%Y-%m-%d} was settled without {plural(len(keys), 'object')} that came since, such as {keys[0]}")
    if holes.lost_days:
        lines.append(
            f"nothing lies in the landing zone any more for {days_words(holes.lost_days)}: what is published of them stays as it is"
        )
    hours = list(listed)
    for start, end in requests(holes.days_to_settle):
        days = (end - start).days
        cost = cost_words((hour for hour in hours if start <= hour.hour_start < end), -(-days // DAYS_PER_JOB))
        lines += [
            f"to mend {days_words([start + number * timedelta(days=1) for number in range(days)])} ({cost}):",
            f"  {request_command(start, end)}",
        ]
    return lines


def hours_words(hours: Iterable[datetime]) -> str:
    """`2026-11-22 10:00 to 2026-11-22 13:00, 2026-11-23 00:00 to 2026-11-23 01:00`."""
    return ", ".join(f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}" for start, end in hour_ranges(hours))


def days_words(days: Iterable[datetime]) -> str:
    """`2026-11-12 to 2026-11-14, 2026-11-20`."""
    found = [(start, end - timedelta(days=1)) for start, end in requests(days)]
    return ", ".join(f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}" for first, last in found)
