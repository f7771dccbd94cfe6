"""Describe what the verdicts of each channel were worth: alarms that people confirmed, dismissed or never answered, and what became of first days.

Reads release_health and release_reviews; writes nothing. Shares come with 90 % intervals, and what nobody has said is counted as unknown. A
channel in shadow has a record like any other. If it fails, nothing was lost: run it again.
"""

from datetime import UTC, datetime, timedelta

import click

from jobs.commands.command_line import EntryPoint
from jobs.decisions.track_record import track_records
from jobs.decisions.track_record_words import RECORD_SPAN, record_lines
from jobs.declarations.windows import parse_hour
from jobs.deployment.settings import from_environment
from jobs.digest.facts.shown_releases import answers
from jobs.digest.facts.stored_facts import read_reviews, read_verdict_looks
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.wording.client_text import as_data_label
from jobs.wording.shown_numbers import plural


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--channel", help="Of this release channel only.")
@click.option(
    "--days", default=RECORD_SPAN.days, show_default=True, type=click.IntRange(min=1), help="Releases that came out in so many days."
)
@click.option("--until", type=parse_hour, metavar="TIME", help="Looks until then, such as 2026-11-22T10:00Z; until now, unless given.")
def main(channel: str | None, days: int, until: datetime | None) -> None:
    settings, catalog = from_environment(), open_catalog()
    end = until or datetime.now(UTC)
    records = track_records(read_verdict_looks(catalog, end - timedelta(days=days), end), answers(read_reviews(catalog)))
    told = [record for record in records if channel in (None, record.channel)]
    if not told:
        known = ", ".join(record.channel for record in records) or "none"
        raise click.ClickException(
            f"no release came out{f' on {channel}' if channel else ''} in these {plural(days, 'day')}; channels with some: {known}"
        )
    if settings.data_label:
        click.echo(f"{as_data_label(settings.data_label)}.\n")
    click.echo("\n\n".join("\n".join(record_lines(record, f"last {plural(days, 'day')}")) for record in told))


if __name__ == "__main__":
    main()
