"""The stand-in's page in a real browser: what a reader sees of threads, edits, files and broadcasts, in light and dark, on a phone."""

import sqlite3
import struct
import subprocess
import sys
import urllib.request
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from jobs.deployment.settings import ROOT
from jobs.digest.decisions.digest_decisions import decide_digest
from jobs.digest.decisions.digest_routing import Route
from jobs.digest.messages.alert_messages import alert_message
from jobs.digest.messages.channel_messages import root_message, thread_messages
from jobs.digest.messages.outgoing_message import OutgoingMessage
from local.pictures.headless_browser import open_browser
from local.take_screenshots import main as take_screenshots
from tests.digest.digest_cases import CASES
from tests.digest.facts_factory import NOON
from tests.running_stand_in import CHANNEL, RunningStandIn, running_stand_in

pytestmark = pytest.mark.browser
FACTS = CASES["regressed"]
DIGEST = decide_digest(FACTS)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[RunningStandIn]:
    with running_stand_in(tmp_path / "slack") as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1_400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def post(slack: RunningStandIn, message: OutgoingMessage, thread_ts: str | None = None, *extra_blocks: dict) -> str:
    blocks = [*message.blocks, *extra_blocks]
    thread = {"thread_ts": thread_ts, "reply_broadcast": message.is_broadcast} if thread_ts else {}
    return slack.client().chat_postMessage(channel=CHANNEL.id, text=message.text, blocks=blocks, **thread)["ts"]


def post_digest(slack: RunningStandIn) -> str:
    """A regressed beta with its alarm and its thread."""
    root = post(slack, root_message(DIGEST, CHANNEL.name, NOON))
    post(slack, alert_message(FACTS, DIGEST.releases[0], Route(CHANNEL.name), NOON), root)
    for message in thread_messages(DIGEST, CHANNEL.name, NOON):
        post(slack, message, root)
    return root


def a_png() -> bytes:
    """One grey dot."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\x00\x80"))
        + chunk(b"IEND", b"")
    )


def test_a_reader_sees_the_verdict_the_table_and_the_alarm(slack, page):
    post_digest(slack)
    page.goto(slack.address)
    root = page.locator("main article").first
    expect(root.locator("h3")).to_have_text("⛔ Kestrel beta 57.0b8 – regressed since 22 Nov 09:00 UTC (6 h after release)")
    expect(root.locator("b", has_text="Halt the rollout of 57.0b8")).to_be_visible()
    expect(root.locator("th").first).to_have_text("Release")
    expect(root.locator("td").nth(1)).to_have_text("⛔ regressed")
    expect(page.locator("main article").nth(1).locator(".broadcast-note")).to_contain_text("replied to a thread")


def test_a_phone_shows_release_state_and_ratio(slack, page):
    post_digest(slack)
    page.set_viewport_size({"width": 390, "height": 860})
    page.goto(slack.address)
    table = page.locator("main .table").first
    expect(table).to_be_visible()
    right_edge = table.bounding_box()["x"] + table.bounding_box()["width"]
    assert right_edge <= 390
    for column, head in enumerate(("Release", "State", "Ratio")):
        cell = table.locator("th").nth(column)
        expect(cell).to_have_text(head)
        assert cell.bounding_box()["x"] + cell.bounding_box()["width"] <= right_edge


def test_the_thread_opens_beside_the_channel_and_closes(slack, page):
    post_digest(slack)
    page.goto(slack.address)
    page.click("a.replies")
    expect(page.locator("aside article")).to_have_count(7)
    expect(page.locator("aside .also")).to_have_text("also sent to the channel")
    expect(page.locator("aside pre").last).to_contain_text("-m jobs.explain_release_health --channel beta --version 57.0b8")
    page.click("aside .close")
    expect(page.locator("aside")).to_have_count(0)


def test_an_edit_shows_by_itself(slack, page):
    root = post_digest(slack)
    page.goto(slack.address)
    changed = root_message(decide_digest(CASES["healthy"]), CHANNEL.name, NOON)
    slack.client().chat_update(channel=CHANNEL.id, ts=root, text=changed.text, blocks=list(changed.blocks))
    expect(page.locator("main h3").first).to_have_text("✔ Kestrel beta 57.0b8 – healthy – 99/100 after 9 h")
    expect(page.locator(".edited")).to_have_count(0)
    plain = slack.client().chat_postMessage(channel=CHANNEL.id, text="plain words")["ts"]
    slack.client().chat_update(channel=CHANNEL.id, ts=plain, text="other words")
    expect(page.locator(".edited")).to_have_text("(edited)")


def test_a_picture_is_shown_with_its_alt_text_until_it_is_deleted(slack, page):
    client, content = slack.client(), a_png()
    ticket = client.files_getUploadURLExternal(filename="ratio.png", length=len(content))
    urllib.request.urlopen(urllib.request.Request(ticket["upload_url"], data=content, method="POST")).read()  # noqa: S310
    client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])
    picture = {"type": "image", "alt_text": "1.52x after 9 h", "slack_file": {"id": ticket["file_id"]}}
    client.chat_postMessage(channel=CHANNEL.id, text="Pictures", blocks=[picture])
    page.goto(slack.address)
    shown = page.get_by_alt_text("1.52x after 9 h")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 1
    client.files_delete(file=ticket["file_id"])
    expect(page.locator(".missing")).to_have_text("This file was deleted.")


def test_it_asks_nobody_but_the_stand_in(slack, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    post_digest(slack)
    page.goto(slack.address)
    page.wait_for_load_state("networkidle")
    assert asked
    assert all(url.startswith((slack.address, "data:")) for url in asked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(slack, browser, scheme):
    post_digest(slack)
    page = browser.new_context(color_scheme=scheme).new_page()
    page.goto(slack.address)
    text, ground = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert contrast(text, ground) > 7
    page.context.close()


def test_digits_and_spaces_are_not_drawn_by_the_font_of_the_marks(slack, page):
    """The emoji font has digits too, wide and grey; where no other font of the list is installed it must not be asked first."""
    page.goto(slack.address)
    width = """text => {
        const span = document.createElement("span"); span.textContent = text; span.style.cssText = "position: absolute; white-space: pre";
        document.body.append(span);
        const measured = span.getBoundingClientRect().width; span.remove(); return measured }"""
    of_letters, of_digits, of_spaces = (page.evaluate(width, character * 20) for character in ("n", "5", " "))
    assert of_digits < 1.2 * of_letters
    assert of_spaces < 0.7 * of_letters


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two `rgb(r, g, b)` colours."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_on_a_phone_only_the_table_scrolls_sideways(slack, browser):
    post_digest(slack)
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto(slack.address)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("document.querySelector('.table').scrollWidth > document.querySelector('.table').clientWidth")
    page.context.close()


def test_what_clients_wrote_is_shown_as_they_wrote_it(slack, page):
    message = replace(root_message(DIGEST, CHANNEL.name, NOON), text="<script>document.title = 'owned'</script>", blocks=())
    post(slack, message)
    page.goto(slack.address)
    expect(page.locator("main article")).to_contain_text("<script>document.title")
    assert page.title() == "#release-health - Slack stand-in"


def test_screenshots_are_taken_from_what_was_posted(tmp_path):
    with running_stand_in(tmp_path / "slack") as slack:
        post_digest(slack)
    command = [sys.executable, "-m", "local.take_screenshots", "--store", str(tmp_path / "slack"), "--folder", str(tmp_path / "images")]
    subprocess.run(command, check=True, cwd=ROOT)
    assert {path.name for path in (tmp_path / "images").iterdir()} == {
        "digest.png",
        "digest_dark.png",
        "digest_thread.png",
        "digest_phone.png",
    }


def test_without_a_demo_there_is_nothing_to_take(tmp_path):
    sqlite3.connect(tmp_path / "workspace.db").close()
    result = CliRunner().invoke(take_screenshots, ["--store", str(tmp_path)])
    assert (result.exit_code, "run `make demo` first" in result.output) == (1, True)
