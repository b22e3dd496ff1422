"""The API's own description: schemas from the msgspec types, examples that were really answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from matchcast.api import messages, problems

REFERENCE = "#/components/schemas/{name}"

TYPES = (
    messages.PredictRequest,
    messages.PredictResponse,
    messages.BatchRequest,
    messages.BatchResponse,
    messages.EventsRequest,
    messages.EventsResponse,
    messages.Alive,
    messages.Ready,
    messages.Model,
    problems.ProblemDetails,
)
"""The types that operations name; those inside them come along."""

_PROBLEMS = {
    404: "There is nothing at this address.",
    405: "The address does not take this method; `Allow` names those it takes.",
    413: "The body is too long.",
    415: "The body is not said to be JSON, or is compressed.",
    422: "The body is not JSON or not what the address takes; `errors` says where it is wrong.",
    500: "The API failed; its log says why.",
    503: "No model is in force; `Retry-After` says when to ask again.",
}

_SUMMARY = "Win probabilities of running football matches."
_DESCRIPTION = """\
Ask with the state of a match, with many at once, or with a match's events. An answer depends on what was
asked and on the model alone, so any request may be sent again; each names the model that made it.

Every error is a problem (RFC 9457, `application/problem+json`). Unknown fields are passed over; of a field
that is sent twice the last counts. A team that the model does not know is taken as an average one, and the
answer says so."""


def _reference(kind: type) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=kind.__name__)}


def takes(kind: type, examples: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """Describe a JSON body of a type; `examples` maps a name to a summary and a value."""
    shown = {name: {"summary": summary, "value": value} for name, (summary, value) in examples.items()}
    content = {"application/json": {"schema": _reference(kind), "examples": shown}}
    return {"requestBody": {"required": True, "content": content}}


def chooses(parameter: str, kind: Any, description: str) -> dict[str, Any]:
    """Describe a query parameter that holds comma-separated names, those of a Literal."""
    schema = {"type": "array", "items": {"enum": list(get_args(kind))}}
    return {
        "parameters": [
            {
                "name": parameter,
                "in": "query",
                "description": description,
                "style": "form",
                "explode": False,
                "schema": schema,
            }
        ]
    }


def answers(kind: type, description: str, *failures: int) -> dict[int | str, dict[str, Any]]:
    """Describe the responses of an operation: JSON of a type, or a problem."""
    problem = {problems.MEDIA_TYPE: {"schema": _reference(problems.ProblemDetails)}}
    success = {"description": description, "content": {"application/json": {"schema": _reference(kind)}}}
    return {
        200: success,
        **{status: {"description": _PROBLEMS[status], "content": problem} for status in failures},
    }


def describe(app: FastAPI, answered: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the OpenAPI document of an app.

    Args:
        app: The app, with its routes.
        answered: For paths, the answers to their example requests, by the names of the examples.
    """
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=_SUMMARY,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
        servers=[{"url": ".", "description": "where this document is"}],
    )
    _, schemas = msgspec.json.schema_components(TYPES, ref_template=REFERENCE)
    document["components"] = {"schemas": schemas}
    for path, operations in document["paths"].items():
        for name, answer in answered.get(path, {}).items():
            operation = operations["post"]
            asked = operation["requestBody"]["content"]["application/json"]["examples"][name]
            shown = operation["responses"]["200"]["content"]["application/json"].setdefault("examples", {})
            shown[name] = {"summary": asked["summary"], "value": msgspec.to_builtins(answer)}
    return document
