"""The event stream: one match, or the list of matches, pushed as it changes."""

from __future__ import annotations

import contextlib
import socket

from flask import Blueprint, Response, request

from matchcast.dashboard.routes_matches import find_match
from matchcast.dashboard.site import current_site

blueprint = Blueprint("stream", __name__, url_prefix="/api")

SEND_BUFFER_BYTES = 128 * 1024
"""Small enough that a client which stopped reading is noticed, large enough for a snapshot."""

DEAD_AFTER_MS = 60_000
"""How long sent bytes may stay unacknowledged before the connection counts as dead."""


@blueprint.get("/stream")
def open_stream() -> Response:
    """Stream a match, or without `match_id` the list of matches; past the cap of streams 503."""
    match_id = request.args.get("match_id")
    if match_id is not None:
        find_match(match_id)
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(content_type="text/event-stream", headers=headers)
    client: socket.socket | None = request.environ.get("gunicorn.socket")
    if client is not None:
        _watch_closely(client)
    stream = current_site().broadcast.open(
        match_id, request.headers.get("Last-Event-ID"), lambda: _hang_up(client)
    )
    return Response(stream, content_type="text/event-stream", headers=headers)


def _watch_closely(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT") and client.family != socket.AF_UNIX:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER_MS)


def _hang_up(client: socket.socket | None) -> None:
    if client is not None:
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
