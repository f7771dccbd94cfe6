"""Tell Slack how the releases are: one message for each release channel and day, edited in place.

Reads release_health, ingest_audit and data_quality through pyiceberg; writes to Slack and to the ledger of what was sent (LEDGER_URI).
It speaks also when the gate failed or an hour never closed. If Slack refuses, it says what to change and exits 1; the tables are not affected.
"""

import sys
from datetime import UTC, datetime

import click

from jobs.digest.channel_digest import channels_to_report, digest_as_text, latest_looks, root_message
from jobs.digest.digest_facts import DigestFacts
from jobs.digest.message_delivery import Delivered, deliver
from jobs.digest.outgoing_message import OutgoingMessage
from jobs.digest.sent_ledger import LedgerBusy, SentLedger
from jobs.digest.slack_calls import SlackCalls, SlackRefusal, UnknownOutcome
from jobs.digest.stored_facts import read_cells, read_failed_expectations, read_hours, read_verdicts
from jobs.settings import Settings, from_environment
from jobs.tables.lake_catalog import open_catalog
from jobs.windows import Mode, Window, parse_hour


def read_digests(settings: Settings, window: Window, run_key: str, channel: str | None) -> list[DigestFacts]:
    """The facts of each channel that has something to say."""
    catalog = open_catalog()
    verdicts = read_verdicts(catalog, window.end)
    latest = {verdict.channel: verdict.as_of for verdict in verdicts}
    looks = latest_looks(verdicts, read_cells(catalog, set(latest.values())))
    failed = read_failed_expectations(catalog, run_key, window.start)
    hours = read_hours(catalog, settings.landing, window, failed)
    return [
        DigestFacts(
            channel=name,
            window_start=window.start,
            window_end=window.end,
            mode=window.mode,
            run_key=run_key,
            releases=looks.get(name, ()),
            hours=hours,
            failed_expectations=failed,
            data_label=settings.data_label,
        )
        for name in channels_to_report(looks, channel)
    ]


def post(settings: Settings, messages: list[OutgoingMessage]) -> list[Delivered]:
    """Delivers the messages. Raises SlackRefusal, UnknownOutcome or LedgerBusy."""
    if not settings.slack_bot_token:
        raise click.ClickException("SLACK_BOT_TOKEN is not set; set it to the app's bot token, or use --preview")
    slack = SlackCalls(settings.slack_api_url, settings.slack_bot_token)
    ledger = SentLedger(settings.ledger_uri)
    return [deliver(message, slack, ledger) for message in messages]


@click.command(help=__doc__)
@click.option("--start", required=True, type=parse_hour, help="Start of the window, a whole hour; UTC unless it has a zone.")
@click.option("--end", required=True, type=parse_hour, help="End of the window, exclusive.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), required=True)
@click.option("--run-key", required=True, help="The run whose gates are told of.")
@click.option("--channel", help="Tell of this release channel only.")
@click.option("--now", type=parse_hour, help="Take this for the present; only today's and yesterday's messages are created.")
@click.option("--preview", is_flag=True, help="Print the digest instead of sending it.")
def main(start: datetime, end: datetime, mode: str, run_key: str, channel: str | None, now: datetime | None, preview: bool) -> None:  # noqa: PLR0913
    settings = from_environment()
    window = Window(start, end, Mode(mode))
    digests = read_digests(settings, window, run_key, channel)
    messages = [root_message(facts, settings.slack_channel, now or datetime.now(UTC)) for facts in digests]
    click.echo(digest_as_text(messages))
    if preview:
        return
    try:
        delivered = post(settings, messages)
    except (SlackRefusal, UnknownOutcome, LedgerBusy) as error:
        raise click.ClickException(str(error)) from error
    told = "; ".join(f"{facts.channel}: {each.outcome}" for facts, each in zip(digests, delivered, strict=True))
    click.echo(f"#{settings.slack_channel}: {told}")


if __name__ == "__main__":
    sys.exit(main())
