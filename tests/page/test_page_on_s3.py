"""A page in a bucket holds what one in a folder does, and is served from there."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog
from starlette.testclient import TestClient

from jobs.declarations.tables import RELEASE_HEALTH
from jobs.page.files import page_store
from jobs.page.server.page_server import page_server
from local.stack.object_store import serve_s3
from tests.digest.stored_rows import health_row, store
from tests.page.page_lake import NEW, new_release, old_release
from tests.page.published_pages import Page, publish

pytestmark = pytest.mark.services


def test_a_page_in_a_bucket_is_the_one_in_a_folder(catalog: Catalog, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish()
    in_folder = Page(pages)
    with serve_s3(tmp_path / "s3", "release-health") as s3:
        for name, value in (s3 | {"PAGES": "s3://release-health/health/pages"}).items():
            monkeypatch.setenv(name, value)
        publish()
        client = TestClient(page_server("s3://release-health/health/pages"))
        pointer = client.get("/data/latest.json").json()
        assert pointer["state_id"] == in_folder.pointer["state_id"]
        assert client.get(f"/{pointer['state']}").content == (pages / in_folder.pointer["state"]).read_bytes()
        for release in in_folder.channel()["releases"]:
            path = f"{release['folder']}/release.json"
            assert client.get(f"/{path}").content == (pages / path).read_bytes()
        assert client.get("/").content == (pages / "index.html").read_bytes()

        monkeypatch.setattr(page_store, "KEPT_FOR", timedelta(0))
        for version in ("57.0b9", "57.0b10"):
            time.sleep(1.1)  # the store keeps whole seconds
            store(catalog, RELEASE_HEALTH, [health_row(cell) for cell in (*new_release(version), *old_release())])
            publish()
        assert client.get(f"/{pointer['state']}").status_code == 404, "two states later it is gone"
        assert client.get("/api/v1/releases/beta/57.0b10").status_code == 200
        assert client.get(f"/api/v1/releases/beta/{NEW}").status_code == 404
