"""The published files in a browser without our server: from a bucket, from a copy behind a static server, and from a message's link on."""

import http.client
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pyiceberg.catalog import Catalog

from jobs.deployment.settings import ROOT
from local.slack_stand_in.stand_in_app import DEFAULT_TOKEN
from local.stack.object_store import serve_s3
from tests.digest.facts_factory import NOON
from tests.digest.running_the_digest import run
from tests.page.page_lake import NEW, OLD
from tests.page.published_pages import publish
from tests.page.seen_pages import Seen
from tests.page.served_pages import our_server, static_server
from tests.running_stand_in import running_stand_in

pytestmark = pytest.mark.browser

CELL = f"#/beta/{NEW}/Windows_NT/main_crashes_capped"
MINUTES = f"{CELL}?align=clock&grain=5m"


def go_down_to_five_minutes_and_back(seen: Seen, page_address: str) -> None:
    """By links from the channels to the five minutes, by the address alone to another release, back by the browser's button."""
    page = seen.page
    page.goto(f"{page_address}#/")
    seen.shown("#/")
    page.locator(".card h2 a").first.click()
    seen.shown("#/beta")
    page.get_by_role("link", name="browser crashes, Windows, hour by hour").click()
    seen.shown(CELL)
    assert page.locator("canvas").count() == 1 and "1.52x the expected" in page.locator("main").inner_text()
    page.get_by_role("link", name="48 hours in 5 minutes").click()
    seen.shown(MINUTES)
    assert "2026-11-22 11:05 UTC" in page.locator("main").inner_text()
    page.reload()
    seen.shown(MINUTES)
    page.goto(f"{page_address}#/beta/{OLD}")
    seen.shown(f"#/beta/{OLD}")
    page.go_back()
    seen.shown(MINUTES)


def headers_of(address: str) -> tuple[int, str | None, str | None]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.getheader("Cache-Control")


def test_a_bucket_alone_serves_the_page(catalog: Catalog, seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_s3(tmp_path / "s3", "health", "other", readable_by_all=("health",)) as s3:
        for name, value in (s3 | {"PAGES": "s3://health/pages"}).items():
            monkeypatch.setenv(name, value)
        publish()
        bucket = f"{s3['AWS_ENDPOINT_URL_S3']}/health/pages"
        script = next(part for part in _text(f"{bucket}/index.html").split('"') if part.startswith("./client.") and part.endswith(".js"))
        for_good = "public, max-age=31536000, immutable"
        assert headers_of(f"{bucket}/index.html") == (200, "text/html; charset=utf-8", "no-cache")
        assert headers_of(f"{bucket}/data/latest.json") == (200, "application/json", "no-cache")
        assert headers_of(f"{bucket}/{script[2:]}") == (200, "text/javascript; charset=utf-8", for_good)
        go_down_to_five_minutes_and_back(seen, f"{bucket}/index.html")


def test_a_copy_behind_any_static_server_does_the_same(catalog: Catalog, pages: Path, seen: Seen, tmp_path: Path) -> None:
    publish()
    shutil.copytree(pages, tmp_path / "copy" / "health")
    with static_server(str(tmp_path / "copy")) as address:
        go_down_to_five_minutes_and_back(seen, f"{address}/health/")


def test_two_clicks_lead_from_the_message_to_the_five_minutes_of_the_regressed_cell(
    catalog: Catalog, pages: Path, seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish()
    (tmp_path / "landing").mkdir()
    (tmp_path / "routing.toml").touch()
    with running_stand_in(tmp_path / "slack") as slack, our_server(str(pages)) as address:
        settings = {
            "LANDING": str(tmp_path / "landing"),
            "LEDGER_URI": f"sqlite:///{tmp_path / 'ledger.db'}",
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": DEFAULT_TOKEN,
            "DIGEST_ROUTING": str(tmp_path / "routing.toml"),
            "PAGES_URL": address,
            "MPLCONFIGDIR": str(ROOT / ".pytest_cache" / "matplotlib"),
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        posted = run(NOON)
        assert posted.exit_code == 0, posted.output
        page = seen.page
        page.goto(slack.address)
        page.locator("main article").first.get_by_role("link", name=f"See {NEW}: browser crashes on Windows").click()
        seen.shown(CELL)
        page.get_by_role("link", name="48 hours in 5 minutes").click()
        seen.shown(MINUTES)
        assert page.locator("h1").inner_text() == f"browser crashes on Windows: beta {NEW}"


def _text(address: str) -> str:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("GET", parts.path)
    return connection.getresponse().read().decode()
