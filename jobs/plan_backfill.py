"""Plan a backfill: the Spark jobs that settle START to END, each with what lies in the landing zone for it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click

from jobs import settings
from jobs.command_line import EntryPoint
from jobs.pings.landing_zone import LandedHour, LandingZoneError, list_hours
from jobs.windows import Mode, Window, parse_hour


def plan_windows(start: datetime, end: datetime, days_per_job: int) -> Iterator[Window]:
    """Settled windows of at most `days_per_job` whole days; the hours of a last, unfinished day make a provisional one."""
    last_midnight = end.replace(hour=0)
    while start < last_midnight:
        job_end = min(start + timedelta(days=days_per_job), last_midnight)
        yield Window(start, job_end, Mode.SETTLED)
        start = job_end
    if last_midnight < end:
        yield Window(last_midnight, end, Mode.PROVISIONAL)


def describe_hours(hours: list[LandedHour]) -> str:
    """What a job will read, in words."""
    empty = sum(not hour.objects for hour in hours)
    unclosed = sum(not hour.is_closed for hour in hours)
    objects = [landed for hour in hours for landed in hour.objects]
    megabytes = sum(landed.bytes for landed in objects) / 1e6
    return f"{len(hours)} hours ({empty} without pings, {unclosed} never closed), {len(objects):,} objects, {megabytes:,.1f} MB"


@click.command(cls=EntryPoint)
@click.option("--start", type=parse_hour, required=True, help="First day, such as 2026-11-01; UTC.")
@click.option("--end", type=parse_hour, required=True, help="Day after the last one, or an hour of the current day; UTC.")
@click.option("--days-per-job", type=click.IntRange(min=1), default=7, show_default=True, help="Days that one Spark job takes.")
@click.option("--run-key", required=True, help="Run key of the backfill; each job gets its own, made from it.")
@click.option("--dry-run", is_flag=True, help="Print the plan, and hand on no job.")
def main(start: datetime, end: datetime, days_per_job: int, run_key: str, dry_run: bool) -> None:
    """Print how a backfill of START to END would be cut into Spark jobs.

    Reads the listing of the landing zone and writes nothing. The last line is JSON: the command-line arguments of each job, none in a
    dry run. Fails if the period is empty, does not start at midnight or reaches beyond the current hour.
    """
    _require_past_days(start, end)
    windows = list(plan_windows(start, end, days_per_job))
    click.echo(f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC: Spark jobs: {len(windows)}, then scoring once and one summary")
    for number, window in enumerate(windows, 1):
        try:
            hours = list_hours(settings.from_environment().landing, window)
        except LandingZoneError as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"job {number}: {window}: {describe_hours(hours)}")
    if dry_run:
        click.echo("a dry run ends here; trigger again with dry_run off to do it")
    click.echo(json.dumps([] if dry_run else [_arguments(window, run_key) for window in windows]))


def _arguments(window: Window, run_key: str) -> list[str]:
    period = ["--start", f"{window.start:%Y-%m-%dT%H:%MZ}", "--end", f"{window.end:%Y-%m-%dT%H:%MZ}"]
    return [*period, "--mode", window.mode, "--run-key", f"{run_key}-{window.start:%Y%m%d}"]


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
