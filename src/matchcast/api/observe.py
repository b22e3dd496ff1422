"""The outermost layer: times every request, counts it, and answers for what nobody expected."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from uuid import uuid4

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matchcast.api.metrics import UNMATCHED, Metrics
from matchcast.api.problems import Problem, respond

log = logging.getLogger(__name__)

CLIENT_GONE = 499
"""Status that is counted when the client left before its answer (nginx counts it so too)."""


class Observed:
    """ASGI middleware; plain, since Starlette's BaseHTTPMiddleware costs a task for each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Iterable[str]) -> None:
        self._app = app
        self._observe = {route: metrics.duration.labels(route).observe for route in (*routes, UNMATCHED)}
        self._requests = metrics.requests
        self._count: dict[tuple[str, int], Callable[[], None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell the metrics how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server still knows, and sends no body
        begun = perf_counter()
        status = 0

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        except ClientDisconnect:
            status = CLIENT_GONE
        except Exception:
            reference = uuid4()
            log.exception("request failed", extra={"path": scope["path"], "reference": str(reference)})
            if status:
                raise
            problem = Problem(500, f"The API failed on this request; its log says why under {reference}.")
            await respond(problem, scope["path"])(scope, receive, note_status)
        finally:
            route = scope["path"] if scope["path"] in self._observe else UNMATCHED
            self._observe[route](perf_counter() - begun)
            self._counter(route, status or CLIENT_GONE)()

    def _counter(self, route: str, status: int) -> Callable[[], None]:
        count = self._count.get((route, status))
        if count is None:
            count = self._count[route, status] = self._requests.labels(route, str(status)).inc
        return count
