"""What the lamps of the model API and of its model say, whatever answers at its address."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from matchcast.dashboard.model_lamps import ModelLamps

Answer = Callable[[int, bytes], ModelLamps]


@pytest.fixture
def answering() -> Iterator[Answer]:
    """Give the lamps of something that answers everything in the same way."""
    servers: list[ThreadingHTTPServer] = []

    def answering(status: int, body: bytes) -> ModelLamps:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return ModelLamps(f"http://127.0.0.1:{server.server_port}/")

    yield answering
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_model_in_force_is_named_with_its_log_loss_over_all_that_was_held_back(answering: Answer) -> None:
    lamps = answering(
        200,
        b'{"version": "goals-1", "card": {"made_on": "2026-01-02", "metrics": {'
        b'"a": {"log_loss": 0.6, "snapshots": 300}, "b": {"log_loss": 0.8, "snapshots": 100}}}}',
    )
    assert lamps.read_api().state == "online"
    assert lamps.read_model().state == "online"
    assert lamps.model is not None
    assert (lamps.model.version, lamps.model.trained_at, lamps.model.log_loss) == (
        "goals-1",
        "2026-01-02",
        0.65,
    )


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"version": "\xff"}'])
def test_what_is_not_the_model_api_is_said_to_be_something_else(answering: Answer, body: bytes) -> None:
    reading = answering(200, body).read_model()
    assert reading.state == "warning"
    assert "is not the model API" in reading.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"detail": "No model is in force."}', "No model is in force."), (b"\xff", "status 503.")],
)
def test_an_api_that_cannot_forecast_is_quoted(answering: Answer, body: bytes, reason: str) -> None:
    lamps = answering(503, body)
    assert (lamps.read_api().state, lamps.read_api().reason) == ("warning", reason)
    assert (lamps.read_model().state, lamps.read_model().reason) == ("offline", reason)
    assert lamps.model is None


def test_where_nothing_listens_the_api_is_offline_and_the_model_unknown() -> None:
    lamps = ModelLamps("http://127.0.0.1:1")
    assert lamps.read_api().reason == (
        "The model API at http://127.0.0.1:1 does not answer: nothing listens there."
    )
    assert lamps.read_model().state == "unknown"
