"""A small web server for the page: the bytes that were published, and the measure endpoint. Reads only."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from jobs.deployment.object_store import read_bytes
from jobs.page.documents.page_documents import Pointer, StateDocument
from jobs.page.documents.release_documents import ChannelDocument
from jobs.page.files.file_headers import AGAIN, POINTER, TYPES, file_headers
from jobs.page.server.advice_endpoint import advice_answer
from jobs.page.server.endpoint_description import description
from jobs.page.server.measure_endpoint import RefusedError, answer, parse_question

_NAME = re.compile(rf"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\.(?:{'|'.join(TYPES)})")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_SMALLEST_PACKED_BYTES = 500


@dataclass(frozen=True)
class PublishedState:
    """The state that the pointer named when a request came; everything of an answer is of it."""

    place: str
    pointer: Pointer
    state: StateDocument

    def beside(self, name: str) -> str:
        """The path of a file of the state itself."""
        return f"{self.pointer.state.rpartition('/')[0]}/{name}"

    def bytes_of(self, path: str) -> bytes:
        return read_bytes(f"{self.place}/{path}")

    def read(self, path: str, kind: Any) -> Any:
        return msgspec.json.decode(self.bytes_of(path), type=kind)


def page_server(place: str) -> Starlette:
    """The server of the page that is published at a folder or `s3://` place."""
    described = json.dumps(description()).encode()

    def measure(request: Request) -> Response:
        question = parse_question(request.query_params.multi_items())
        state = _open(place)
        return _of_state(request, state, lambda: msgspec.json.encode(answer(question, state.state, state.read, state.beside)))

    def advice(request: Request) -> Response:
        state = _open(place)
        asked = request.query_params.multi_items()
        return _of_state(request, state, lambda: msgspec.json.encode(advice_answer(asked, state.state, state.read, state.beside)))

    def channels(request: Request) -> Response:
        state = _open(place)
        return _of_state(request, state, lambda: state.bytes_of(state.pointer.state))

    def channel(request: Request) -> Response:
        state = _open(place)
        path = _channel_path(state, request.path_params["channel"])
        return _of_state(request, state, lambda: state.bytes_of(path))

    def release(request: Request) -> Response:
        state = _open(place)
        document: ChannelDocument = state.read(_channel_path(state, request.path_params["channel"]), ChannelDocument)
        folders = {release.version: release.folder for release in document.releases}
        asked = request.path_params["version"]
        if asked not in folders:
            raise RefusedError(404, f"there is no such version of {document.channel}; there are {', '.join(folders)}", "version")
        return _of_state(request, state, lambda: state.bytes_of(f"{folders[asked]}/release.json"))

    def file(request: Request) -> Response:
        return _file(place, request.path_params["name"] or "index.html")

    return Starlette(
        routes=[
            Route("/api/v1/measure", measure),
            Route("/api/v1/advice", advice),
            Route("/api/v1/channels", channels),
            Route("/api/v1/channels/{channel}", channel),
            Route("/api/v1/releases/{channel}/{version}", release),
            Route("/api/v1/openapi.json", lambda _: Response(described, media_type="application/json", headers=_HEADERS)),
            Route("/{name:path}", file),
        ],
        exception_handlers={RefusedError: _refused},
        middleware=[Middleware(GZipMiddleware, minimum_size=_SMALLEST_PACKED_BYTES)],
    )


def _open(place: str) -> PublishedState:
    try:
        pointer = msgspec.json.decode(read_bytes(f"{place}/{POINTER}"), type=Pointer)
    except FileNotFoundError:
        raise RefusedError(404, "nothing is published yet: run publish_pages, or wait for the next hourly run") from None
    return PublishedState(place, pointer, msgspec.json.decode(read_bytes(f"{place}/{pointer.state}"), type=StateDocument))


def _channel_path(state: PublishedState, asked: str) -> str:
    files = {card.channel: card.file for card in state.state.channels}
    if asked not in files:
        raise RefusedError(404, f"there is no such channel; there are {', '.join(files) or 'none yet'}", "channel")
    return state.beside(files[asked])


def _of_state(request: Request, state: PublishedState, content: Callable[[], bytes]) -> Response:
    """An answer that holds until the next state. What was asked is judged before the caller is told that nothing has changed."""
    tag = f'"{state.pointer.state_id}"'
    headers = _HEADERS | {"ETag": tag, "Cache-Control": AGAIN}
    body = content()
    if tag in (part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _file(place: str, name: str) -> Response:
    """A published file, and nothing else that may lie in the folder."""
    if _NAME.fullmatch(name) is None:
        raise RefusedError(404, "there is no such file; the page begins at /, the JSON is described by /api/v1/openapi.json")
    try:
        content = read_bytes(f"{place}/{name}")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise RefusedError(404, "there is no such file; the page begins at /, the JSON is described by /api/v1/openapi.json") from None
    return Response(content, headers=_HEADERS | file_headers(name))


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    body = json.dumps({"error": error.words, "parameter": error.parameter}).encode()
    return Response(body, status_code=error.status, media_type="application/json", headers=_HEADERS | {"Cache-Control": "no-store"})
