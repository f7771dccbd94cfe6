"""The endpoint's OpenAPI description, from the declared documents and the rules for parameters."""

from typing import Any

import msgspec

from jobs.declarations.measures import MAIN_MEASURE
from jobs.page.documents.document_base import Document
from jobs.page.documents.page_documents import FILES, StateDocument
from jobs.page.documents.release_documents import ChannelDocument, ReleaseDocument
from jobs.page.server.advice_endpoint import AdviceDocument
from jobs.page.server.measure_endpoint import GRAINS, LONGEST_SECONDS, MeasureDocument


def description() -> dict[str, Any]:
    """OpenAPI 3.1: five paths, all of them read only."""
    _, components = msgspec.json.schema_components((*FILES, MeasureDocument, AdviceDocument), ref_template="#/components/schemas/{name}")
    components["Refused"] = {
        "type": "object",
        "required": ["error", "parameter"],
        "properties": {"error": {"type": "string"}, "parameter": {"type": ["string", "null"]}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Release health", "version": "1", "description": "What the page shows, as JSON. Times are UTC and end in Z."},
        "paths": {
            "/api/v1/measure": {"get": _measure()},
            "/api/v1/advice": {"get": _advice()},
            "/api/v1/channels": {"get": _file("Every channel, the worst first", StateDocument)},
            "/api/v1/channels/{channel}": {
                "get": _file(
                    "The releases of a channel, its experiments, and its releases after their first week", ChannelDocument, "channel"
                )
            },
            "/api/v1/releases/{channel}/{version}": {"get": _file("Every cell of a release", ReleaseDocument, "channel", "version")},
        },
        "components": {"schemas": components},
    }


def _measure() -> dict[str, Any]:
    names = {
        "channel": "Such as beta.",
        "platform": "An operating system, or all.",
        "measure": f"A column of error_aggregates, such as {MAIN_MEASURE}.",
    }
    required = [_parameter(name, {"type": "string", "minLength": 1}, words, is_required=True) for name, words in names.items()]
    return {
        "operationId": "measure",
        "summary": "One measure over the last hours, each version in steps of five minutes or an hour",
        "parameters": [
            *required,
            _parameter("version", {"type": "string", "minLength": 1}, "Such as 57.0b8; every version, unless given."),
            _parameter("interval", {"type": "integer", "minimum": GRAINS["5m"], "maximum": LONGEST_SECONDS}, "Seconds before the end."),
            _parameter("grain", {"type": "string", "enum": list(GRAINS)}, "How long a step is."),
        ],
        "responses": _responses(MeasureDocument, 400, 404),
    }


def _advice() -> dict[str, Any]:
    words = {"channel": "Such as beta.", "version": "Such as 57.0b8."}
    return {
        "operationId": "advice",
        "summary": "Go, hold or stop for a release at its latest look. It is advice: nothing here changes a rollout",
        "parameters": [_parameter(name, {"type": "string", "minLength": 1}, said, is_required=True) for name, said in words.items()],
        "responses": _responses(AdviceDocument, 400, 404),
    }


def _file(summary: str, document: type[Document], *names: str) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "pattern": r"^[A-Za-z0-9._-]+$"}}
        for name in names
    ]
    return {
        "operationId": document.__name__,
        "summary": summary,
        "parameters": parameters,
        "responses": _responses(document, 404),
    }


def _parameter(name: str, schema: dict[str, Any], words: str, *, is_required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": is_required, "schema": schema, "description": words}


def _responses(document: type[Document], *refusals: int) -> dict[str, Any]:
    told = {400: "A parameter is missing or malformed", 404: "There is no such thing; the answer says what there is"}
    found = {"200": _response("As published", f"#/components/schemas/{document.__name__}"), "304": {"description": "As you have it"}}
    return found | {str(status): _response(told[status], "#/components/schemas/Refused") for status in refusals}


def _response(words: str, reference: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": {"$ref": reference}}}}
