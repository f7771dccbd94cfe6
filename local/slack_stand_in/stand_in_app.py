"""The ASGI application: the Web API under /api, uploads, files, the channel as a page, and faults on demand."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from local.slack_stand_in.channel_page import render_channel
from local.slack_stand_in.message_store import Channel, MessageStore
from local.slack_stand_in.method_calls import Arguments, SlackError, Workspace
from local.slack_stand_in.planned_faults import Fault, FaultPlan, LateCall, LateCalls
from local.slack_stand_in.rate_limits import RateLimits
from local.slack_stand_in.web_methods import METHODS
from local.slack_stand_in.workspace_conditions import Conditions

ALL_SCOPES = frozenset({"chat:write", "channels:history", "channels:read", "files:write"})
"""What docs/slack_app_manifest.yaml asks for, as far as public channels need it."""
DEFAULT_TOKEN = "xoxb-stand-in"  # noqa: S105 - opens nothing but the stand-in on loopback


@dataclass
class StandIn:
    """`calls` lists the methods called since the start, for tests and for the page's reader."""

    store: MessageStore
    scopes_by_token: dict[str, frozenset[str]] = field(default_factory=lambda: {DEFAULT_TOKEN: ALL_SCOPES})
    faults: FaultPlan = field(default_factory=FaultPlan)
    rate_limits: RateLimits = field(default_factory=RateLimits)
    conditions: Conditions = field(default_factory=Conditions)
    late_calls: LateCalls = field(default_factory=LateCalls)
    calls: list[str] = field(default_factory=list)

    def as_app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._front_page),
                Route("/channel/{name}", self._channel_page),
                Route("/revision", self._revision),
                Route("/files/{file_id}", self._file),
                Route("/upload/v1/{file_id}", self._upload, methods=["POST", "PUT"]),
                Route("/api/{method}", self._api, methods=["GET", "POST"]),
                Route("/control/faults", self._plan_fault, methods=["POST", "DELETE"]),
                Route("/control/conditions", self._set_conditions, methods=["POST"]),
                Route("/control/channels", self._put_channel, methods=["POST"]),
            ]
        )

    async def _api(self, request: Request) -> Response:
        name = request.path_params["method"]
        self.calls.append(name)
        arguments = await _arguments(request)

        def act(stamped_at: float | None = None) -> dict[str, Any]:
            return self._call(request, name, arguments, stamped_at)

        return await self._answer(name, act, str(arguments.get("channel", "")))

    async def _answer(self, name: str, act: Callable[..., dict[str, Any]], channel: str = "") -> Response:
        self.late_calls.accept_until(self.conditions.clock())
        fault = self.faults.take(name)
        if fault is not None and fault.kind == "late":
            stamped_at = self.conditions.now() if fault.moment == "before" else None
            self.late_calls.add(LateCall(self.conditions.clock() + fault.seconds, lambda: act(stamped_at)))
            return _DroppedConnection()
        with self.faults.holding(fault):
            return await self._answer_with(fault, name, act, channel)

    async def _answer_with(self, fault: Fault | None, name: str, act: Callable[..., dict[str, Any]], channel: str) -> Response:
        if fault is not None and fault.kind == "rate_limit":
            return _too_many(fault.seconds)
        if fault is not None and fault.moment == "before":
            spoiled = await self._spoil(fault)
            if spoiled is not None:
                return spoiled
        seconds = self.rate_limits.seconds_to_wait(name, channel)
        if seconds > 0:
            return _too_many(seconds)
        answer = act()
        if fault is not None and fault.moment == "after":
            spoiled = await self._spoil(fault)
            if spoiled is not None:
                return spoiled
        return JSONResponse(answer)

    async def _spoil(self, fault: Fault) -> Response | None:
        if fault.kind == "slow":
            await self.faults.wait(fault.seconds)
            return None
        if fault.kind == "drop":
            return _DroppedConnection()
        if fault.kind == "status":
            return PlainTextResponse("upstream error", fault.status)
        return JSONResponse({"ok": False, "error": fault.error})

    def _call(self, request: Request, name: str, arguments: Arguments, stamped_at: float | None) -> dict[str, Any]:
        method = METHODS.get(name)
        if method is None:
            return {"ok": False, "error": "unknown_method", "req_method": name}
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(arguments.get("token", ""))
        if not token:
            return {"ok": False, "error": "not_authed"}
        scopes = self.scopes_by_token.get(token)
        if scopes is None:
            return {"ok": False, "error": "invalid_auth"}
        if method.scope is not None and method.scope not in scopes:
            return {"ok": False, "error": "missing_scope", "needed": method.scope, "provided": ",".join(sorted(scopes))}
        try:
            workspace = Workspace(self.store, str(request.base_url).rstrip("/"), self.conditions, stamped_at)
            return method.answer(workspace, arguments)
        except SlackError as error:
            return error.answer

    async def _upload(self, request: Request) -> Response:
        self.calls.append("upload")
        file = self.store.file_of(request.path_params["file_id"])
        content = await request.body()
        if file is None or file.is_complete:
            return PlainTextResponse("file not found", 404)
        if len(content) != file.bytes:
            return PlainTextResponse(f"expected {file.bytes} bytes, got {len(content)}", 400)

        def accept(stamped_at: float | None = None) -> dict[str, Any]:
            self.store.put_file(replace(file, uploaded_at=self.conditions.now()), content)
            return {"ok": True}

        answer = await self._answer("upload", accept)
        if not isinstance(answer, JSONResponse) or answer.status_code != 200:
            return answer
        said = json.loads(bytes(answer.body))
        return PlainTextResponse(f"OK - {len(content)}") if said["ok"] else PlainTextResponse(said["error"], 400)

    async def _file(self, request: Request) -> Response:
        file = self.store.file_of(request.path_params["file_id"])
        content = self.store.file_content(file) if file else None
        if content is None:
            return PlainTextResponse("no such file", 404)
        return Response(content, media_type="image/png")

    async def _front_page(self, request: Request) -> Response:
        first = next((c.name for c in self.store.channels() if c.is_member), "release-health")
        return Response(status_code=307, headers={"location": f"/channel/{first}"})

    async def _channel_page(self, request: Request) -> Response:
        channel = self.store.channel_of(request.path_params["name"])
        if channel is None:
            return PlainTextResponse("no such channel", 404)
        return HTMLResponse(render_channel(self.store, channel, request.query_params.get("thread")))

    async def _revision(self, request: Request) -> Response:
        return PlainTextResponse(str(self.store.revision))

    async def _plan_fault(self, request: Request) -> Response:
        if _is_of_another_page(request):
            return PlainTextResponse("only this page and programs may plan faults", 403)
        if request.method == "DELETE":
            self.faults.clear()
        else:
            self.faults.add(Fault(**await request.json()))
        return JSONResponse({"ok": True})

    async def _set_conditions(self, request: Request) -> Response:
        if _is_of_another_page(request):
            return PlainTextResponse("only this page and programs may set conditions", 403)
        self.conditions = replace(self.conditions, **await request.json())
        return JSONResponse({"ok": True})

    async def _put_channel(self, request: Request) -> Response:
        if _is_of_another_page(request):
            return PlainTextResponse("only this page and programs may change channels", 403)
        self.store.put_channel(Channel(**await request.json()))
        return JSONResponse({"ok": True})


def _is_of_another_page(request: Request) -> bool:
    """Whether a page of another origin sent this from somebody's browser. Programs send no `Origin`; a form cannot send JSON."""
    origin = request.headers.get("origin")
    is_of_another_origin = origin is not None and origin != str(request.base_url).rstrip("/")
    is_form = request.method == "POST" and not request.headers.get("content-type", "").startswith("application/json")
    return is_of_another_origin or is_form


async def _arguments(request: Request) -> Arguments:
    body = (await request.body()).decode()
    arguments: Arguments = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        arguments.update(json.loads(body or "{}"))
    else:
        arguments.update(parse_qsl(body, keep_blank_values=True))
    return arguments


def _too_many(seconds: float) -> Response:
    return JSONResponse(
        {"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": str(max(1, round(seconds + 0.5)) if seconds > 0 else 0)}
    )


class _DroppedConnection(Response):
    """No answer at all: the connection is closed on the client, as by a proxy that was restarted."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = receive.__self__.transport  # type: ignore[attr-defined]  # uvicorn's; ASGI itself has no way to hang up
        transport.abort()
