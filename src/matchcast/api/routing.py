"""How the API's routes are called."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from fastapi import Request, Response
from fastapi.routing import APIRoute

_encoder = msgspec.json.Encoder()


class DirectRoute(APIRoute):
    """A route whose function takes the request and returns the response itself.

    FastAPI routes to it and documents it; solving dependencies and validating with pydantic, which
    these routes do without, would halve the rate.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


def json_response(content: Any) -> Response:
    """Return something that msgspec can write as a JSON response."""
    return Response(_encoder.encode(content), media_type="application/json")
