"""Request bodies: read up to a limit, then decoded; whatever is wrong becomes a problem."""

from __future__ import annotations

import asyncio
import re
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from starlette.requests import ClientDisconnect

from matchcast.api.problems import Fault, Problem, fault_of

T = TypeVar("T")

JSON = b"application/json"

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_WHOLE_AS_FLOAT = re.compile(r"^Expected `[^`]*\bint\b[^`]*`, got `float`")


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


async def decode(decoder: msgspec.json.Decoder[T], raw: bytes | bytearray) -> T:
    """Return what a body says.

    A whole number may be written as JSON allows, ``67.0`` too, as clients do that keep all numbers as
    floats; that takes longer, and is done in a thread.

    Raises:
        Problem: 422, it is not JSON or not of the decoder's type; the errors say where.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        if not _WHOLE_AS_FLOAT.search(str(error)):
            raise _unusable(error) from error
    except _UNREADABLE as error:
        raise _unusable(error) from error
    try:
        return await asyncio.to_thread(_decode_with_floats, decoder.type, raw)
    except _UNREADABLE as error:
        raise _unusable(error) from error


def _decode_with_floats(kind: type[T], raw: bytes | bytearray) -> T:
    return msgspec.convert(_with_whole_numbers(msgspec.json.decode(raw)), type=kind)


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _with_whole_numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_whole_numbers(one) for one in value]
    return value


def _unusable(error: Exception) -> Problem:
    if isinstance(error, msgspec.ValidationError):
        fault = fault_of(error)
    elif isinstance(error, UnicodeDecodeError):
        fault = Fault("", f"This is not UTF-8: {error.reason}.")
    elif isinstance(error, RecursionError):
        fault = Fault("", "This is nested too deeply.")
    else:
        fault = Fault("", f"This is not JSON: {error}.")
    return Problem(422, "The body is not what this address takes; `errors` says where.", errors=[fault])


def choose(request: Request, parameter: str, kind: Any) -> list[Any]:
    """Return the comma-separated names in a query parameter.

    Raises:
        Problem: 422, one of them is not of `kind`, a Literal.
    """
    if not request.scope["query_string"]:
        return []
    names = [name for value in request.query_params.getlist(parameter) if value for name in value.split(",")]
    try:
        chosen: list[Any] = msgspec.convert(names, type=list[kind])
    except msgspec.ValidationError as error:
        fault = Fault(f"?{parameter}", fault_of(error).message)
        raise Problem(422, f"The query parameter {parameter} cannot be used.", errors=[fault]) from error
    return chosen
