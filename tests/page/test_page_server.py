"""The server: the bytes as published, an endpoint that says what is wrong with a question, and nothing else of the folder."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from jobs.page.server.page_server import page_server
from jobs.tables.lake.lake_catalog import open_catalog
from tests.digest.facts_factory import NOON
from tests.digest.stored_rows import lake_environment
from tests.page.page_lake import NEW, OLD, fill
from tests.page.published_pages import Page, publish

MEASURE = {"channel": "beta", "platform": "Windows_NT", "measure": "main_crashes_capped"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in (lake_environment(place) | {"PAGES": str(place / "pages")}).items():
            environment.setenv(name, value)
        fill(open_catalog())
        publish()
        yield place / "pages"


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    return TestClient(page_server(str(folder)))


def test_every_file_is_served_as_it_was_published(client: TestClient, folder: Path) -> None:
    served = [path for path in folder.rglob("*.*") if path.is_file() and path.suffix != ".msgpack"]
    assert len(served) > 20
    for path in served:
        answer = client.get(f"/{path.relative_to(folder)}")
        assert answer.status_code == 200 and answer.content == path.read_bytes(), path
        is_replaced = path.name in ("index.html", "latest.json")
        assert answer.headers["Cache-Control"] == ("no-cache" if is_replaced else "public, max-age=31536000, immutable")
        assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
    assert client.get("/").content == (folder / "index.html").read_bytes()


def test_the_endpoints_of_files_give_their_bytes_and_are_not_sent_twice(client: TestClient, folder: Path) -> None:
    page = Page(folder)
    state = Path(page.pointer["state"]).parent
    paths = {
        "channels": state / "state.json",
        "channels/beta": state / "channels" / "beta.json",
        f"releases/beta/{NEW}": Path(page.release(NEW)["folder"]) / "release.json",
    }
    for address, path in paths.items():
        answer = client.get(f"/api/v1/{address}")
        assert answer.content == (folder / path).read_bytes()
        again = client.get(f"/api/v1/{address}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert answer.headers["ETag"] == f'"{page.pointer["state_id"]}"'


def test_a_measure_over_the_last_hours(client: TestClient) -> None:
    answer = client.get("/api/v1/measure", params=MEASURE | {"interval": "3600"}).json()
    assert (answer["start"], answer["end"], answer["step_seconds"]) == ("2026-11-22T11:00:00Z", "2026-11-22T12:00:00Z", 300)
    [new] = [version for version in answer["versions"] if version["version"] == NEW]
    assert new["events"] == [None, 7, None, *[None] * 9] and new["usage_hours"][:3] == [None, 240, 120]
    assert answer["incomplete_hours"] == []
    by_hour = client.get("/api/v1/measure", params=MEASURE | {"grain": "1h", "version": OLD}).json()
    assert [version["version"] for version in by_hour["versions"]] == [OLD]
    assert by_hour["versions"][0]["events"][-3:] == [4, None, None] and len(by_hour["versions"][0]["events"]) == 48
    assert by_hour["incomplete_hours"][-1] == "2026-11-22T10:00:00Z"


def test_the_advice_on_a_release_is_that_of_its_latest_look(client: TestClient, folder: Path) -> None:
    answer = client.get("/api/v1/advice", params={"channel": "beta", "version": NEW})
    told = answer.json()
    summary = Page(folder).release(NEW)
    assert (told["as_of"], told["state"], told["is_live"]) == (summary["verdict"]["as_of"], summary["verdict"]["state"], True)
    assert told["advice"] == summary["advice"]
    assert (told["advice"]["advice"], told["advice"]["advice_reason"], told["advice"]["going_loss"]) == ("stop", "regressed", 9.6)


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"channel": "beta"}, 400, "version is missing; give channel, version"),
        ({"channel": "beta", "version": NEW, "now": "1"}, 400, "there is no parameter 'now'; there are channel, version"),
        ({"channel": "esr", "version": NEW}, 404, "there is no channel 'esr'; there is beta"),
        ({"channel": "beta", "version": "1"}, 404, "there is no version '1'; there are"),
    ],
)
def test_a_wrong_question_about_advice_is_told_what_to_change(client: TestClient, given: dict[str, str], status: int, words: str) -> None:
    answer = client.get("/api/v1/advice", params=given)
    assert (answer.status_code, answer.json()["error"][: len(words)]) == (status, words)


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"channel": ""}, 400, "channel is missing; give channel, platform, measure"),
        ({"interval": "1.5"}, 400, "interval must be whole seconds from 300 to 172800, not '1.5'"),
        ({"interval": "-300"}, 400, "interval must be whole seconds from 300 to 172800, not '-300'"),
        ({"interval": "٣٠٠"}, 400, "interval must be whole seconds"),
        ({"grain": "5min"}, 400, "grain must be one of 5m, 1h, not '5min'"),
        ({"chanel": "beta"}, 400, "there is no parameter 'chanel'; there are channel, platform, measure, version, interval, grain"),
        ({"channel": "nightly"}, 404, "there is no channel 'nightly'; there is beta"),
        ({"platform": "BeOS"}, 404, "there is no platform 'BeOS'; there are Darwin, Windows_NT, all"),
        ({"version": "1.0"}, 404, "there is no version '1.0'; there are 57.0b7, 57.0b8"),
        ({"measure": "gpu_crashes"}, 404, "there is no measure 'gpu_crashes'; there are main_crashes_capped, usage_hours"),
        ({"channel": "\u202e<script>"}, 404, "there is no channel '\\\\u202e<script>'"),
    ],
)
def test_a_wrong_question_is_told_what_to_change(client: TestClient, given: dict[str, str], status: int, words: str) -> None:
    answer = client.get("/api/v1/measure", params=MEASURE | given)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert words in answer.json()["error"] and answer.json()["parameter"] == next(iter(given))


@pytest.mark.parametrize(
    "name", ["data/hours/x.msgpack", "../catalog.db", "%2e%2e/catalog.db", "data/../../catalog.db", "/etc/passwd", ".hidden.json", "data/"]
)
def test_nothing_else_is_served(client: TestClient, folder: Path, name: str) -> None:
    (folder / "data" / "hours" / "x.msgpack").write_text("{}")
    answer = client.get(f"/{name}")
    assert answer.status_code == 404 and "there is no such file" in answer.json()["error"]
    (folder / "data" / "hours" / "x.msgpack").unlink()


def test_before_anything_is_published_it_says_so(tmp_path: Path) -> None:
    answer = TestClient(page_server(str(tmp_path))).get("/api/v1/channels")
    assert (answer.status_code, answer.json()["error"].split(":")[0]) == (404, "nothing is published yet")


def test_every_time_that_the_endpoint_tells_ends_in_z(client: TestClient) -> None:
    told = client.get("/api/v1/measure", params=MEASURE).json()
    assert f"{NOON:%Y-%m-%dT%H:%M:%SZ}" == told["end"] and "+00:00" not in json.dumps(told)


def test_the_endpoint_keeps_to_its_description(client: TestClient) -> None:
    """Made-up questions, right and wrong, some with names that are there: no answer that the description does not foresee."""
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app)
    asked = 0

    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @schemathesis_given(operation)
        def ask(case: schemathesis.Case) -> None:
            nonlocal asked
            case.call_and_validate()
            asked += 1

        ask()
    assert asked > 100


def schemathesis_given(operation):
    from hypothesis import given

    return given(case=operation.as_strategy())
