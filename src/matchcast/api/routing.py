"""How the API's routes are called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import Response
from fastapi.routing import APIRoute
from starlette.routing import request_response

_encoder = msgspec.json.Encoder()


class DirectRoute(APIRoute):
    """A route whose function takes the request and returns the response itself.

    FastAPI finds it and documents it, and Starlette calls it. FastAPI's own calling, which solves
    dependencies and validates with pydantic, is not needed here and would take as long again.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = request_response(endpoint)


def json_response(content: Any) -> Response:
    """Return something that msgspec can write as a JSON response."""
    return Response(_encoder.encode(content), media_type="application/json")
