"""Problem details (RFC 9457): the one shape of every error that the API answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"

MAX_MESSAGE = 300
"""Longest message about a part of a request; a message may quote what was sent."""

# What to say where the status alone says too little.
_DETAILS = {
    404: "There is nothing at this address; the page docs of this API lists what there is.",
    405: "This address does not take that method; the header Allow names those it takes.",
}

_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]+)`")


class Fault(msgspec.Struct, frozen=True):
    """One part of a request that is wrong; `path` is a JSON pointer (RFC 6901), empty for the whole."""

    path: str
    message: str


class ProblemDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was not answered; `instance` is the address asked, `errors` what in it is wrong."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[Fault, ...] = ()


class Problem(Exception):
    """An answer other than success, raised anywhere below a route.

    Args:
        status: HTTP status.
        detail: One sentence for a person: what is wrong and, where one can say it, what to do.
        errors: The parts of the request that are wrong.
        headers: Headers of the answer, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def fault_of(error: msgspec.ValidationError) -> Fault:
    """Return what msgspec found wrong as a JSON pointer and a message."""
    text, _, path = str(error).partition(" - at `")
    pointer = path.removesuffix("`").removeprefix("$").replace("[", "/").replace("]", "").replace(".", "/")
    if missing := _MISSING.fullmatch(text):
        return Fault(f"{pointer}/{missing['field']}", "This field is required.")
    return Fault(pointer, text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}…")


def render(problem: Problem, instance: str) -> bytes:
    """Return a problem about a request to an address as JSON."""
    return msgspec.json.encode(
        ProblemDetails(
            type="about:blank",
            title=HTTPStatus(problem.status).phrase,
            status=problem.status,
            detail=problem.detail,
            instance=instance,
            errors=problem.errors,
        )
    )


def respond(problem: Problem, instance: str) -> Response:
    """Return a problem as the answer to a request to an address."""
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(render(problem, instance), problem.status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every known error of an app a problem; `observe.Observed` answers for the unexpected."""

    @app.exception_handler(Problem)
    async def answer_problem(request: Request, problem: Problem) -> Response:
        return respond(problem, request.url.path)

    @app.exception_handler(HTTPException)
    async def answer_http(request: Request, error: HTTPException) -> Response:
        detail = _DETAILS.get(error.status_code, error.detail)
        headers = dict(error.headers or {})
        if headers.get("Allow") == "GET":
            headers["Allow"] = "GET, HEAD"
        return respond(Problem(error.status_code, detail, headers=headers), request.url.path)
