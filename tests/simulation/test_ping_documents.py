"""The demo's pings have the shape of real ones."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from simulation.ping_world.firefox_clients import Client, Envelope, environment
from simulation.ping_world.firefox_documents import core_ping, crash_ping, main_ping, update_ping
from simulation.ping_world.population import COUNTRIES, MACHINES
from simulation.ping_world.world import Release

SCHEMAS = Path(__file__).parents[3] / "shared" / "data" / "pings" / "schemas"
RELEASED_AT = datetime(2026, 11, 20, 14, tzinfo=UTC)
WINDOWS, ANDROID = MACHINES[0], MACHINES[-1]


def _release(display_version: str = "57.0b8") -> Release:
    return Release(display_version, "20261120023622", RELEASED_AT, is_throttled=False)


def _envelope(machine: Any = WINDOWS, release: Release | None = None, noise: int = 12_345, **of_client: Any) -> Envelope:
    client = Client(
        **{"number": 17, "machine": machine, "country": COUNTRIES[0], "hides_display_version": False, "branch": None} | of_client
    )
    return Envelope(
        client=client,
        release=release or _release(),
        document_id="0925c5d4-5c4a-4b07-83b3-75b2dea161a0",
        created_ns=1_795_378_000_000_000_000,
        received_ns=1_795_378_382_837_543_166,
        noise=noise,
    )


def _pings(envelope: Envelope) -> dict[str, dict[str, Any]]:
    block = environment(envelope.client, envelope.release)
    crashes = {"gpu": 1, "plugin": 2, "gmplugin": 0}
    return {
        "main": main_ping(envelope, block, 5400, 1, crashes),
        "crash": crash_ping(envelope, block, "content", {"ipc_channel_error": "ShutDownKill"}),
        "update": update_ping(envelope, block, _release("57.0b7")),
        "core": core_ping(envelope, 1800, 12),
    }


def _landed(document: dict[str, Any]) -> dict[str, Any]:
    return json.loads(msgspec.json.encode(document))


@pytest.mark.parametrize("name", ["main", "crash", "update"])
def test_a_ping_is_a_nested_document_of_one_to_three_kilobytes(name: str) -> None:
    assert 1_000 < len(msgspec.json.encode(_pings(_envelope())[name])) < 3_200


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the pings' schemas are not beside the checkout")
@pytest.mark.parametrize(("name", "schema"), [("main", "main.4"), ("crash", "crash.4"), ("core", "core.10")])
@pytest.mark.parametrize("machine", [WINDOWS, ANDROID], ids=["Windows", "Android"])
def test_a_ping_satisfies_its_schema(name: str, schema: str, machine: Any) -> None:
    document = _landed(_pings(_envelope(machine, branch="control"))[name])
    del document["meta"]
    jsonschema.Draft4Validator(json.loads((SCHEMAS / f"{schema}.schema.json").read_text())).validate(document)


def test_the_edge_says_who_sent_what_and_when_it_came() -> None:
    meta = _landed(_pings(_envelope())["main"])["meta"]
    assert meta["documentId"] == "0925c5d4-5c4a-4b07-83b3-75b2dea161a0"
    assert (meta["docType"], meta["appName"], meta["normalizedChannel"], meta["geoCountry"]) == ("main", "Firefox", "beta", "US")
    assert (meta["Timestamp"], meta["submissionDate"]) == (1_795_378_382_837_543_166, "20261122")


def test_subprocess_crashes_move_to_the_parent_process_in_later_betas() -> None:
    older = _landed(_pings(_envelope(release=_release("57.0b5")))["main"])["payload"]
    later = _landed(_pings(_envelope(release=_release("57.0b6")))["main"])["payload"]
    crashes = {"gpu": 1, "plugin": 2}
    for payload, place in ((older, older["keyedHistograms"]), (later, later["processes"]["parent"]["keyedHistograms"])):
        found = place["SUBPROCESS_CRASHES_WITH_DUMP"]
        assert {kind: histogram["values"]["0"] for kind, histogram in found.items()} == crashes
        assert json.dumps(payload).count("SUBPROCESS_CRASHES_WITH_DUMP") == 1


def test_some_clients_hide_the_display_version() -> None:
    for document in _pings(_envelope(hides_display_version=True)).values():
        assert "57.0b8" not in json.dumps(_landed(document))


def test_a_branch_is_told_in_the_old_form_or_the_new() -> None:
    old = _landed(_pings(_envelope(branch="control", number=16))["main"])["environment"]
    new = _landed(_pings(_envelope(branch="treatment", number=17))["main"])["environment"]
    assert old["addons"]["activeExperiment"]["branch"] == "control"
    assert "experiments" not in old
    assert [experiment["branch"] for experiment in new["experiments"].values()] == ["treatment"]


def test_fennec_reports_android_as_linux_except_in_core_pings() -> None:
    pings = {name: _landed(document) for name, document in _pings(_envelope(ANDROID)).items()}
    assert pings["crash"]["environment"]["system"]["os"]["name"] == "Linux"
    assert pings["core"]["os"] == "Android"
    assert pings["core"]["meta"]["appName"] == pings["crash"]["meta"]["appName"] == "Fennec"
