"""Pictures of the digest for the README, from what the demo posted to the Slack stand-in: `make demo`, then `make screenshots`.

Reads the stand-in's folder (it need not be running) and writes docs/images/*.png. It fails if nothing was posted or chromium is missing.
"""

from pathlib import Path

import click
from playwright.sync_api import Browser

from jobs.deployment.settings import ROOT
from local.pictures.headless_browser import NoBrowser, open_browser
from local.pictures.loopback_server import loopback_server
from local.slack_stand_in.message_store import MessageStore
from local.slack_stand_in.stand_in_app import StandIn

WIDTH, HEIGHT = 1_480, 980


def newest_digest(store: MessageStore) -> tuple[str, str]:
    """Channel and timestamp of the newest message with a thread; an alarm leads, since it has most to show."""
    threads = [
        (reply.is_broadcast, reply.thread_ts, channel.name)
        for channel in store.channels()
        for reply in store.messages(channel)
        if reply.is_reply and reply.thread_ts is not None
    ]
    if not threads:
        raise click.ClickException("nothing was posted to the stand-in yet: run `make demo` first")
    _, thread_ts, channel_name = max(threads)
    return channel_name, thread_ts


def take(browser: Browser, address: str, channel: str, thread_ts: str, folder: Path) -> list[Path]:
    """The channel with the thread in light and dark, the pictures alone, and a phone."""
    page_address = f"{address}/channel/{channel}?thread={thread_ts}"
    shots = [
        ("digest", page_address, "light", WIDTH, HEIGHT, 0),
        ("digest_dark", page_address, "dark", WIDTH, HEIGHT, 0),
        ("digest_thread", page_address, "light", WIDTH, 1_500, 10_000),
        ("digest_phone", f"{address}/channel/{channel}", "light", 400, 860, 0),
    ]
    written = []
    for name, url, scheme, width, height, scroll in shots:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light")
        page = context.new_page()
        page.goto(url, wait_until="networkidle")
        page.evaluate("scroll => document.querySelectorAll('.messages').forEach(part => part.scrollTo(0, scroll))", scroll)
        written.append(folder / f"{name}.png")
        page.screenshot(path=written[-1])
        context.close()
    return written


@click.command(help=__doc__)
@click.option("--store", type=click.Path(path_type=Path), default=ROOT / ".local" / "slack", show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT / "docs" / "images", show_default=True)
def main(store: Path, folder: Path) -> None:
    if not (store / "workspace.db").exists():
        raise click.ClickException(f"there is no stand-in's store in {store}: run `make demo` first")
    folder.mkdir(parents=True, exist_ok=True)
    messages = MessageStore(store)
    channel, thread_ts = newest_digest(messages)
    try:
        with loopback_server(StandIn(messages).as_app()) as address, open_browser() as browser:
            written = take(browser, address, channel, thread_ts, folder)
    except NoBrowser as error:
        raise click.ClickException(str(error)) from error
    finally:
        messages.close()
    click.echo(f"{len(written)} screenshots in {folder}: {', '.join(path.name for path in written)}")


if __name__ == "__main__":
    main()
