"""JSON answers, with an ETag so that asking again costs nothing while nothing changed."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec
from flask import Response, request

from matchcast.dashboard.problems import Problem

T = TypeVar("T")

encode = msgspec.json.encode


def answer_json(content: Any, status: int = 200) -> Response:
    """Return content as JSON that nobody keeps."""
    answer = Response(encode(content), status=status, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def answer_changing(body: bytes, *, private: bool = False) -> Response:
    """Return encoded JSON with its ETag, or 304 when the client has just that.

    Args:
        body: The JSON.
        private: Whether the answer depends on the visitor, so that no shared cache may keep it.
    """
    answer = Response(body, content_type="application/json")
    answer.set_etag(hashlib.blake2b(body, digest_size=12).hexdigest())
    answer.headers["Cache-Control"] = "private, no-cache" if private else "no-cache"
    answer.make_conditional(request)
    return answer


def read_json(shape: type[T]) -> T:
    """Return the request's JSON body as a struct.

    Raises:
        Problem: 415 for another media type, 400 for what is no JSON, 422 for JSON of another shape;
            its errors point at the place (RFC 6901).
    """
    if request.mimetype != "application/json":
        raise Problem(415, "Send JSON, with Content-Type: application/json.")
    body = request.get_data(cache=False) or b"{}"
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        pointer = (
            path.removesuffix("`").removeprefix("$").replace("[", "/").replace("]", "").replace(".", "/")
        )
        raise Problem(
            422,
            "The body is not what this address takes; `errors` says where.",
            errors=[{"path": pointer, "message": message}],
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"The body is not JSON: {error}.") from error
