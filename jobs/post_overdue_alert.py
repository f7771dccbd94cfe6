"""Tell the operators in Slack when the verdict is overdue: once when no new look has been published for too long, and once when it is over.

Reads release_health, ingest_audit, data_quality and the landing zone's markers; writes to the operators' Slack channel and to the ledger of
what was sent. VERDICT_OVERDUE_HOURS says how long is too long. It needs no Airflow, and any number of these may run at once: cron on another
machine notices that Airflow itself has stopped. If it fails, nobody was told: run it again.
"""

from datetime import UTC, datetime

import click

from jobs.commands.command_line import EntryPoint
from jobs.declarations.windows import parse_hour
from jobs.deployment.settings import Settings, from_environment
from jobs.digest.facts.overdue_verdict import scored_until
from jobs.digest.slack.overdue_posting import VerdictWatch
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.post_health_digest import connect, read_routing
from jobs.tables.lake.arrow_alone import leave_pandas_out
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.wording.shown_numbers import clock_words


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--now", type=parse_hour, metavar="TIME", help="Take this for the present, to try what would be told.")
def main(now: datetime | None) -> None:
    settings, catalog = from_environment(), open_catalog()
    newest_look = scored_until(catalog)
    if newest_look is None:
        click.echo("no look was ever published; nothing is overdue")
        return
    routing = read_routing(settings)
    watch = VerdictWatch(settings, catalog, connect(settings), SentLedger(settings.ledger_uri), links(settings))
    told = watch.tell(routing.operators, newest_look, now or datetime.now(UTC))
    click.echo(f"the newest look is of {clock_words(newest_look)}; {told}")


def links(settings: Settings) -> dict[str, str]:
    """Where to look, as far as the settings name it."""
    named = {"Airflow": settings.airflow_url, "Runbook": settings.runbook_url, "Data Docs": settings.data_docs_url}
    return {name: url for name, url in named.items() if url}


if __name__ == "__main__":
    leave_pandas_out()
    main()
