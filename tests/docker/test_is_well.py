"""What compose asks of each service, against a server that answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from docker.is_well import what_is_wrong


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status = 200 if self.path == "/health" else 503
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"triggerer": {"status": "healthy"}, "scheduler": None}).encode())

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Health) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_well_is_what_answers_and_says_so(server: str) -> None:
    assert what_is_wrong(f"{server}/health", None) is None
    assert what_is_wrong(f"{server}/health", "triggerer.status=healthy") is None


@pytest.mark.parametrize(
    ("path", "expected", "said"),
    [
        ("/health", "scheduler.status=healthy", "scheduler.status is None, not healthy"),
        ("/health", "triggerer.status=unwell", "triggerer.status is healthy, not unwell"),
        ("/starting", None, "503"),
    ],
)
def test_what_is_not_well_is_said(server: str, path: str, expected: str | None, said: str) -> None:
    assert said in str(what_is_wrong(server + path, expected))


def test_a_server_that_is_not_there_is_not_well() -> None:
    assert "refused" in str(what_is_wrong("http://127.0.0.1:1/health", None))
