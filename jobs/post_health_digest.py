"""Tell Slack how the releases are: one message for each release channel and day, edited in place, with details in its thread.

Reads release_health, release_reviews, ingest_audit and data_quality through pyiceberg, and the routing file (DIGEST_ROUTING); writes to
Slack and to the ledger of what was sent (LEDGER_URI). It speaks also when the gate failed or an hour never closed. If Slack refuses, it
says what to change and fails; the tables are not affected, and running it again sends nothing twice.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from pyiceberg.catalog import Catalog

from jobs.commands.command_line import EntryPoint
from jobs.commands.expected_troubles import explain_trouble
from jobs.declarations.windows import Mode, Window, parse_hour
from jobs.deployment.private_folders import make_private_folder
from jobs.deployment.settings import LOCAL, Settings, SettingsError, from_environment
from jobs.digest.decisions.digest_decisions import Digest
from jobs.digest.decisions.digest_routing import Routing, RoutingError, parse_routing
from jobs.digest.digest_reading import draw_pictures, read_digests, read_restated
from jobs.digest.messages.channel_messages import digest_as_text, pictures_message, root_message, summary_message, thread_messages
from jobs.digest.messages.outgoing_message import OutgoingMessage
from jobs.digest.slack.channel_check import ChannelCheck
from jobs.digest.slack.channel_names import channel_id
from jobs.digest.slack.digest_posting import NotAllDelivered, Post
from jobs.digest.slack.sent_ledger import SentLedger
from jobs.digest.slack.slack_calls import SlackCalls, SlackRefusal, UnknownOutcome
from jobs.tables.lake.arrow_alone import leave_pandas_out
from jobs.tables.lake.lake_catalog import open_catalog
from jobs.wording.client_text import as_label
from jobs.wording.shown_numbers import plural


def check_channels(context: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    """Tries every Slack channel of the routing, tells what holds there, and ends; fails if something that is needed does not."""
    if not is_wanted or context.resilient_parsing:
        return
    try:
        settings = from_environment()
        names = read_routing(settings).slack_channels
    except (SettingsError, RoutingError, OSError) as error:  # the command itself, which explains errors, has not begun
        raise click.ClickException(explain_trouble(error) or str(error)) from error
    slack, failing = connect(settings), []
    for name in names:
        try:
            points = ChannelCheck(slack.channel_id(name), slack).run()
        except (SlackRefusal, UnknownOutcome) as error:
            failing.append(f"#{name}: {error}")
            continue
        click.echo("\n".join([f"#{name}", *(f"  {point}" for point in points)]))
        failing += [f"#{name}: {point.what}: {point.trouble}" for point in points if point.trouble and point.is_needed]
    if failing:
        raise click.ClickException("\n".join(failing))
    context.exit()


@click.command(cls=EntryPoint, help=__doc__)
@click.option(
    "--check-channel",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=check_channels,
    help="Try in every Slack channel of the routing what the digest relies on, say what holds, and stop; needs no other option.",
)
@click.option(
    "--start", required=True, type=parse_hour, metavar="TIME", help="Start of the window, a whole hour; UTC unless it has a zone."
)
@click.option("--end", required=True, type=parse_hour, metavar="TIME", help="End of the window, exclusive.")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), required=True)
@click.option("--run-key", required=True, metavar="KEY", help="The run whose gates are told of.")
@click.option("--channel", help="Tell of this release channel only.")
@click.option("--summary", is_flag=True, help="After a backfill: tell only which verdicts that had been shown have changed.")
@click.option(
    "--now", type=parse_hour, metavar="TIME", help="Take this for the present: only today's and yesterday's messages are created."
)
@click.option(
    "--preview",
    is_flag=False,
    flag_value=str(LOCAL / "preview"),
    metavar="[FOLDER]",
    help="Send nothing: print the digest, and write it for Slack's Block Kit Builder into the folder (.local/preview unless named).",
)
def main(  # noqa: PLR0913 - the command line
    start: datetime, end: datetime, mode: str, run_key: str, channel: str | None, summary: bool, now: datetime | None, preview: str | None
) -> None:
    settings = from_environment()
    try:
        window, routing = Window(start, end, Mode(mode)), read_routing(settings)
    except (ValueError, RoutingError) as error:
        raise click.ClickException(str(error)) from error
    catalog, ledger = open_catalog(), SentLedger(settings.ledger_uri)
    if summary:
        restated, name = read_restated(catalog, ledger, window, routing), routing.default.slack_channel
        write_summary = partial(summary_message, window, run_key, restated, data_label=settings.data_label)
        click.echo(digest_as_text([write_summary(name)]))
        if preview is not None:
            click.echo(write_preview_files([write_summary(name)], "backfill", Path(preview)))
        else:
            click.echo(post_summary(settings, ledger, name, write_summary))
        return
    everything = read_digests(settings, catalog, ledger, window, run_key, routing)
    digests = [digest for digest in everything if channel in (None, digest.facts.channel)]
    if not digests:
        raise click.ClickException(f"nothing was ever scored on {channel}; leave --channel out to see what was")
    if preview is not None:
        click.echo(write_previews(catalog, digests, routing, Path(preview)))
        return
    click.echo(post_digests(settings, catalog, ledger, digests, routing, now or datetime.now(UTC)))


def read_routing(settings: Settings) -> Routing:
    """The routing file's routes; where none is named everything goes to SLACK_CHANNEL. Raises RoutingError, OSError."""
    if settings.digest_routing is None:
        return parse_routing("", settings.slack_channel)
    path = Path(settings.digest_routing)
    return parse_routing(path.read_text(encoding="utf-8"), settings.slack_channel, path.name)


def connect(settings: Settings) -> SlackCalls:
    """Slack, as the settings name it."""
    if not settings.slack_bot_token:
        raise click.ClickException("SLACK_BOT_TOKEN is not set; set it to the app's bot token, or use --preview")
    return SlackCalls(settings.slack_api_url, settings.slack_bot_token)


def post_digests(settings: Settings, catalog: Catalog, ledger: SentLedger, digests: list[Digest], routing: Routing, now: datetime) -> str:
    """Delivers every channel's messages; one channel's trouble does not keep another from being told."""
    sender = Post(connect(settings), ledger, now)
    told, troubles = [], []
    for digest in digests:
        route = routing.route_of(digest.facts.channel)
        click.echo(digest_as_text([root_message(digest, route.slack_channel, now)]))
        try:
            told.append(
                f"#{route.slack_channel.removeprefix('#')}: {sender.channel(digest, route, partial(draw_pictures, catalog, digest))}"
            )
        except NotAllDelivered as error:
            troubles.append(str(error))
    if troubles:
        raise click.ClickException("\n".join(dict.fromkeys(troubles)))
    return "; ".join(told)


def post_summary(settings: Settings, ledger: SentLedger, name: str, write_summary: Callable[[str], OutgoingMessage]) -> str:
    """Delivers a backfill's one message to the Slack channel of that name."""
    slack = connect(settings)
    outcome = Post(slack, ledger, datetime.now(UTC)).message(write_summary(channel_id(name, slack, ledger)))
    return f"#{name.removeprefix('#')}: summary {outcome}"


def write_previews(catalog: Catalog, digests: list[Digest], routing: Routing, folder: Path) -> str:
    """Prints every channel's messages, and writes them."""
    told = []
    for digest in digests:
        channel, now = digest.facts.channel, digest.facts.window_end
        slack_channel, drawn = routing.route_of(channel).slack_channel, draw_pictures(catalog, digest)
        messages = [root_message(digest, slack_channel, now), *thread_messages(digest, slack_channel, now)]
        messages += [pictures_message(digest, slack_channel, now, drawn)] if drawn else []
        click.echo(digest_as_text(messages))
        told.append(write_preview_files(messages, channel, folder))
    return "\n".join(told)


def write_preview_files(messages: list[OutgoingMessage], name: str, folder: Path) -> str:
    """One file a message for Slack's Block Kit Builder (https://app.slack.com/block-kit-builder), and the pictures beside them."""
    make_private_folder(folder)
    name = as_label(name).replace("/", "?")
    for number, message in enumerate(messages):
        blocks = json.dumps({"blocks": message.blocks}, ensure_ascii=False, indent=2)
        (folder / f"{name}-{number}-{message.name}.json").write_text(blocks)
        for picture in message.pictures:
            (folder / f"{name}-{picture.name}").write_bytes(picture.content)
    return f"{plural(len(messages), 'message')} for Slack's Block Kit Builder in {folder}; nothing was sent"


if __name__ == "__main__":
    leave_pandas_out()
    main()
