"""Run the stand-in: `python -m local.slack_stand_in --port 0 --store .local/slack`."""

import os
import socket
from pathlib import Path

import click
import uvicorn

from local.slack_stand_in.message_store import Channel, MessageStore
from local.slack_stand_in.rate_limits import RateLimits
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN, StandIn


def channel_named(name: str) -> Channel:
    """A channel of that name with an id made from it."""
    letters = "".join(character for character in name.upper() if character.isalnum())
    return Channel(f"C{letters:0<9.15}", name)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; another one only inside a container.")
@click.option("--port", default=0, show_default=True, help="Port; 0 picks a free one.")
@click.option("--store", type=click.Path(path_type=Path), required=True, help="Folder that keeps channels, messages and files.")
@click.option(
    "--channel", "channels", multiple=True, default=("release-health",), show_default=True, help="Channels that exist; repeatable."
)
@click.option("--no-rate-limits", is_flag=True, help="Never answer 429 by itself.")
def main(host: str, port: int, store: Path, channels: tuple[str, ...], no_rate_limits: bool) -> None:
    """A stand-in for Slack on loopback. Prints its address, then serves until it is stopped.

    Besides the token that the local stack uses it accepts the one of the environment's SLACK_BOT_TOKEN, and prints neither.
    """
    stand_in = StandIn(MessageStore(store, tuple(channel_named(name) for name in channels)))
    if own_token := os.environ.get("SLACK_BOT_TOKEN"):
        stand_in.scopes_by_token[own_token] = stand_in.scopes_by_token[DEFAULT_TOKEN]
    stand_in.rate_limits = RateLimits(is_enforced=not no_rate_limits)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise click.ClickException(f"port {port} is taken ({error.strerror}); choose another, or --port 0 for a free one") from error
    address = f"http://{host}:{listener.getsockname()[1]}"
    click.echo(f"Slack stand-in: {address}/ (SLACK_API_URL={address}/api/)")
    server = uvicorn.Server(uvicorn.Config(stand_in.as_app(), log_level="warning"))
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
