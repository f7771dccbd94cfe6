"""Plan a backfill: the Spark jobs that settle START to END, each with what lies in the landing zone for it."""

import json
from datetime import UTC, datetime

import click

from jobs.commands.command_line import EntryPoint
from jobs.declarations.windows import Mode, Window, hour_ranges, parse_hour
from jobs.deployment import settings
from jobs.pings.landing_zone import LandedHour, LandingZoneError, list_hours
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.tables.upkeep.backfill_requests import DAYS_PER_JOB, cost_words, plan_windows
from jobs.tables.upkeep.hole_reading import read_hours
from jobs.tables.upkeep.input_holes import gone_objects


def describe_hours(hours: list[LandedHour]) -> str:
    """What a job will read, in words, and what that takes."""
    empty = sum(not hour.objects for hour in hours)
    unclosed = sum(not hour.is_closed for hour in hours)
    return f"{len(hours)} hours ({empty} without pings, {unclosed} never closed), {cost_words(hours, jobs=1)}"


@click.command(cls=EntryPoint)
@click.option("--start", type=parse_hour, required=True, help="First day, such as 2026-11-01; UTC.")
@click.option("--end", type=parse_hour, required=True, help="Day after the last one, or an hour of the current day; UTC.")
@click.option("--days-per-job", type=click.IntRange(min=1), default=DAYS_PER_JOB, show_default=True, help="Days that one Spark job takes.")
@click.option("--run-key", required=True, help="Run key of the backfill; each job gets its own, made from it.")
@click.option("--accept-less", is_flag=True, help="The days may be replaced by less input than they were made of.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and hand on no job.")
def main(start: datetime, end: datetime, days_per_job: int, run_key: str, accept_less: bool, dry_run: bool) -> None:
    """Print how a backfill of START to END would be cut into Spark jobs.

    Reads the listing of the landing zone and ingest_audit, and writes nothing. Names days of which objects are gone, which the gate refuses
    unless --accept-less is given, and leaves hours of the current day that are not closed yet. The last line is JSON: the command-line
    arguments of each job, none in a dry run. Fails if the period is empty, does not start at midnight or reaches beyond the current hour.
    """
    _require_past_days(start, end)
    try:
        listed = {hour.hour_start: hour for hour in list_hours(settings.from_environment().landing, Window(start, end, Mode.PROVISIONAL))}
    except LandingZoneError as error:
        raise click.ClickException(str(error)) from error
    open_hours = [hour.hour_start for hour in listed.values() if hour.hour_start >= end.replace(hour=0) and not hour.is_closed]
    windows = list(plan_windows(start, end, days_per_job, open_hours))
    click.echo(f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: Spark jobs: {len(windows)}, then scoring once and one summary")
    gone = gone_objects(listed.values(), read_hours(open_catalog(), start, end))
    for number, window in enumerate(windows, 1):
        click.echo(f"job {number}: {window}: {describe_hours([listed[hour] for hour in window.hours])}")
        for day in sorted(gone.keys() & {hour.replace(hour=0) for hour in window.hours}):
            fate = "replaced all the same" if accept_less else "so that its gate will refuse the job, unless accept_less is on"
            click.echo(f"  of {day:%Y-%m-%d}, {gone[day]:,} objects that were read are gone from the landing zone, {fate}")
    for first, last in hour_ranges(open_hours):
        click.echo(f"left as it is: {first:%Y-%m-%d %H:%M} to {last:%H:%M}, not closed yet; its hourly run takes it, or the day's settling")
    if dry_run:
        click.echo("a dry run ends here; trigger again with dry_run off to do it")
    click.echo(json.dumps([] if dry_run else [_arguments(window, run_key, accept_less=accept_less) for window in windows]))


def _arguments(window: Window, run_key: str, *, accept_less: bool) -> list[str]:
    period = ["--start", f"{window.start:%Y-%m-%dT%H:%MZ}", "--end", f"{window.end:%Y-%m-%dT%H:%MZ}"]
    first = f"{window.start:%Y%m%d}" if window.mode is Mode.SETTLED else f"{window.start:%Y%m%d%H}"
    return [*period, "--mode", window.mode, "--run-key", f"{run_key}-{first}", *(["--accept-less"] if accept_less else [])]


def _require_past_days(start: datetime, end: datetime) -> None:
    if start.hour or end <= start:
        raise click.ClickException(
            f"a backfill takes whole days: start {start.isoformat()} must be a midnight before end {end.isoformat()}"
        )
    current_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    if end > current_hour:
        raise click.ClickException(
            f"end {end.isoformat()} lies beyond the current hour, {current_hour.isoformat()}; choose an end up to it"
        )


if __name__ == "__main__":
    main()
