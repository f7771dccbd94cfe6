"""A thousand reads while states are being published: each reader sees one state, whole."""

import random
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle

import pytest
from starlette.testclient import TestClient

from jobs.declarations.tables import RELEASE_HEALTH
from jobs.page.files.page_store import PageStore
from jobs.page.server.page_server import page_server
from jobs.publish_pages import PageRequest, publish
from tests.digest.facts_factory import NOON
from tests.digest.stored_rows import health_row, store
from tests.page.page_lake import NEW, new_release

READS = 1_000


def publish_ratios(catalog, place: str, is_over: threading.Event, states: set[str]) -> None:
    """State after state; in each, every ratio is the same number."""
    for ratio in cycle((1.25, 1.5, 1.75, 2.0, 2.25)):
        if is_over.is_set():
            return
        cells = [cell if cell.ratio is None else replace(cell, ratio=ratio) for cell in new_release()]
        store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in cells])
        publish(PageStore(place), PageRequest(NOON, is_public=False), datetime.now(UTC))
        states.add(TestClient(page_server(place)).get("/data/latest.json").json()["state_id"])


def ratios_of_one_reading(client: TestClient, rng: random.Random) -> set[float]:
    """What a reader sees that took the pointer once: the card, and then the channel, the release or one of its cells."""
    pointer = client.get("/data/latest.json").json()
    folder = pointer["state"].rpartition("/")[0]
    [card] = client.get(f"/{pointer['state']}").json()["channels"]
    [release] = [each for each in client.get(f"/{folder}/{card['file']}").json()["releases"] if each["version"] == NEW]
    if rng.random() < 0.5:
        cells = client.get(f"/{release['folder']}/release.json").json()["cells"]
        seen = [cell["ratio"] for cell in cells]
    else:
        platform = rng.choice(["all", "Windows_NT", "Darwin"])
        seen = client.get(f"/{release['folder']}/{platform}/main_crashes_capped.json").json()["looks"]["ratio"]
    return {card["deciding"]["ratio"], release["deciding"]["ratio"], *seen}


@pytest.mark.races
def test_a_thousand_readers_while_states_are_published(catalog, pages):
    publish(PageStore(str(pages)), PageRequest(NOON, is_public=False), datetime.now(UTC))
    is_over, states = threading.Event(), set()
    publisher = threading.Thread(target=publish_ratios, args=(catalog, str(pages), is_over, states))
    rng, client = random.Random(57), TestClient(page_server(str(pages)))
    publisher.start()
    while not states:
        time.sleep(0.05)
    mixed = []
    try:
        for _ in range(READS):
            ratios = ratios_of_one_reading(client, rng)
            if len(ratios) != 1:
                mixed.append(ratios)
    finally:
        is_over.set()
        publisher.join()
    assert mixed == []
    assert len(states) >= 3, "states were published meanwhile"
