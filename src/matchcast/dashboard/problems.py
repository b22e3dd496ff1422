"""Problem details (RFC 9457): the one shape of every error that the dashboard answers."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from matchcast.errors import MatchcastError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer other than success, raised anywhere below a route.

    Args:
        status: HTTP status.
        detail: One sentence for a person: what is wrong and, where one can say it, what to do.
        kind: Name of the kind of problem, for programs; None where the status says it all.
        errors: ``{"path", "message"}`` of each part of the request that is wrong.
        headers: Headers of the answer, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.errors = list(errors)
        self.headers = dict(headers or {})


def encode_problem(problem: Problem, instance: str) -> bytes:
    """Return a problem about a request to an address as JSON."""
    body: dict[str, Any] = {
        "type": f"urn:matchcast:problem:{problem.kind}" if problem.kind else "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return msgspec.json.encode(body)


def problem_response(problem: Problem) -> Response:
    """Return a problem as the answer to the current request."""
    body = encode_problem(problem, request.path)
    answer = Response(body, status=problem.status, content_type=MEDIA_TYPE)
    answer.headers.update(problem.headers)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def _answer_http(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    problem = Problem(error.code or 500, error.description or "The request failed.")
    if allowed := getattr(error, "valid_methods", None):
        problem.headers["Allow"] = ", ".join(sorted(allowed))
    return problem_response(problem)


def _answer_unexpected(error: Exception) -> Response:
    log.error("request failed", exc_info=error, extra={"method": request.method, "path": request.path})
    return problem_response(Problem(500, "The dashboard failed on this request; its log says why."))


def _answer_matchcast(error: MatchcastError) -> Response:
    detail = f"{error.message} Try: {error.hint}." if error.hint else error.message
    return problem_response(Problem(503, detail))


def install(app: Flask) -> None:
    """Make every error of an app a problem."""
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(MatchcastError, _answer_matchcast)
    app.register_error_handler(Exception, _answer_unexpected)
