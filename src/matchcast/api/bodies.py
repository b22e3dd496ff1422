"""Request bodies: read up to a limit, then decoded; whatever is wrong becomes a problem."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from fastapi import Request
from starlette.requests import ClientDisconnect

from matchcast.api.problems import Fault, Problem, fault_of

T = TypeVar("T")

JSON = b"application/json"


def _check_headers(headers: list[tuple[bytes, bytes]], limit: int) -> None:
    for name, value in headers:
        if name == b"content-type":
            if value != JSON and value.partition(b";")[0].strip().lower() != JSON:
                raise Problem(
                    415,
                    f"The body must be JSON, and the header Content-Type {JSON.decode()}.",
                    headers={"Accept-Post": JSON.decode()},
                )
        elif name == b"content-length":
            if int(value) > limit:
                raise _too_large(limit)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise Problem(415, "The body must not be compressed.", headers={"Accept-Encoding": "identity"})


def _too_large(limit: int) -> Problem:
    return Problem(
        413, f"The body is longer than the {limit:,} bytes that this address takes; send fewer at a time."
    )


async def read(request: Request, limit: int) -> bytes | bytearray:
    """Return a request's body, read no further than `limit` bytes.

    Raises:
        Problem: 413, it is longer; 415, it is said to be something else than JSON.
        ClientDisconnect: the client left before its end.
    """
    _check_headers(request.scope["headers"], limit)
    receive = request.receive
    message = await receive()
    body: bytes | bytearray = message.get("body", b"")
    if message.get("more_body"):
        body = bytearray(body)
        while message.get("more_body") and len(body) <= limit:
            message = await receive()
            body += message.get("body", b"")
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if len(body) > limit:
        raise _too_large(limit)
    return body


def decode(decoder: msgspec.json.Decoder[T], raw: bytes | bytearray) -> T:
    """Return what a body says.

    Raises:
        Problem: 422, it is not JSON or not of the decoder's type; the errors say where.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        fault = fault_of(error)
    except msgspec.DecodeError as error:
        fault = Fault("", f"This is not JSON: {error}.")
    except UnicodeDecodeError as error:
        fault = Fault("", f"This is not UTF-8: {error.reason}.")
    except RecursionError:
        fault = Fault("", "This is nested too deeply.")
    raise Problem(422, "The body is not what this address takes; `errors` says where.", errors=[fault])


def choose(value: str | None, kind: Any, parameter: str) -> list[Any]:
    """Return the comma-separated names in a query parameter.

    Raises:
        Problem: 422, one of them is not of `kind`, a Literal.
    """
    if not value:
        return []
    try:
        chosen: list[Any] = msgspec.convert(value.split(","), type=list[kind])
    except msgspec.ValidationError as error:
        fault = Fault(f"?{parameter}", fault_of(error).message)
        raise Problem(422, f"The query parameter {parameter} cannot be used.", errors=[fault]) from error
    return chosen
