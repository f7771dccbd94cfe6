"""Publish the page: what the tables say now, as files that any web server or bucket can serve.

Reads release_health, release_reviews, ingest_audit, data_quality and the last 48 complete hours of error_aggregates through pyiceberg (no
JVM); writes below PAGES what has changed since the state before, then lets `data/latest.json` name the new state, and deletes what no state
of the last day rests on. If it fails, readers see the state before; run it again.
"""

from datetime import UTC, datetime

import click

from jobs.commands.command_line import EntryPoint
from jobs.declarations.windows import parse_hour
from jobs.deployment.settings import from_environment
from jobs.digest.messages.page_links import page_links
from jobs.page.contents.page_contents import PageRequest, page_contents
from jobs.page.files.client_files import client_files
from jobs.page.files.page_store import OtherAudienceError, PageStore
from jobs.tables.lake.arrow_alone import leave_pandas_out
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.wording.shown_numbers import plural


@click.command(cls=EntryPoint, help=__doc__)
@click.option("--until", type=parse_hour, metavar="TIME", help="Show the hours before this one; those before now, unless said.")
@click.option("--public", is_flag=True, help="For everybody: leave out small groups of users, and who reviewed a release and why.")
def main(until: datetime | None, public: bool) -> None:
    settings, now = from_environment(), datetime.now(UTC)
    request = PageRequest(
        until=until or now.replace(minute=0, second=0, microsecond=0),
        is_public=public,
        data_label=settings.data_label,
        links={} if public else page_links(settings, None),
    )
    store = PageStore(settings.pages)
    try:
        click.echo(publish(store, request, now))
    except OtherAudienceError as error:
        raise click.ClickException(str(error)) from error


def publish(store: PageStore, request: PageRequest, now: datetime) -> str:
    """Publishes one state; returns a line for a person."""
    before = store.published()
    store.refuse_other_audience(before, request.is_public)
    contents = page_contents(open_catalog(), request, store.known(before))
    store.write_client(client_files())
    pointer = store.write_state(contents, now)
    dropped = store.drop_old(before, now)
    written = plural(len(contents.lasting) + len(contents.of_state), "file")
    told = f"state {contents.state_id}" if pointer is not None else "a state of a later reading is there, which stays"
    return f"{store.place}: {told}; {written} written, {plural(dropped, 'old file')} deleted"


if __name__ == "__main__":
    leave_pandas_out()
    main()
