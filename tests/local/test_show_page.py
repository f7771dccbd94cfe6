"""The bundled sample: it is small, keeps to the schema of this checkout, and is served with the client of this checkout."""

import json
from pathlib import Path

import jsonschema
from starlette.testclient import TestClient

from jobs.page.server.page_server import page_server
from jobs.write_page_schema import PAGE_SCHEMA
from local.show_page import SAMPLE, unpack_sample


def test_the_sample_fits_this_checkout_and_is_called_simulated(tmp_path: Path) -> None:
    assert SAMPLE.stat().st_size < 2_000_000
    store = unpack_sample(tmp_path / "sample")
    client = TestClient(page_server(store.place))
    state = client.get("/api/v1/channels").json()
    assert state["data_label"] == "Simulated data"
    schema = json.loads(PAGE_SCHEMA.read_text())
    documents = {"StateDocument": state, "ChannelDocument": client.get("/api/v1/channels/beta").json()}
    for release in documents["ChannelDocument"]["releases"]:
        documents["ReleaseDocument"] = client.get(f"/api/v1/releases/beta/{release['version']}").json()
        for kind, document in documents.items():
            jsonschema.validate(document, {"$ref": f"#/$defs/{kind}", **schema})
    assert client.get("/").status_code == 200
