"""A dashboard in this process, with no Kafka and no model API behind it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchcast.dashboard.runtime import NATIVE_THREADS, Runtime
from matchcast.settings import load

PASSWORD = "a long enough password"
NOWHERE = "127.0.0.1:1"

MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[MakeApp]:
    """Make an app with the settings given; nothing of it runs in the background."""
    with ThreadPoolExecutor(NATIVE_THREADS) as executor:

        def make(**settings: object) -> Flask:
            given = {
                "kafka_broker": NOWHERE,
                "api_url": f"http://{NOWHERE}",
                "state_dir": tmp_path,
                "operator_password": PASSWORD,
                "secret_key": "the key of all slots",
                **settings,
            }
            app = Runtime(load(**given), executor).app
            app.testing = False
            return app

        yield make


@pytest.fixture
def visitor(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


def log_in(client: FlaskClient, password: str = PASSWORD) -> str:
    """Log a client in and return the token for acts."""
    token = client.get("/api/session").json["csrf_token"]
    answer = client.post("/login", json={"password": password}, headers={"X-CSRF-Token": token})
    assert answer.status_code == 200, answer.json
    return str(answer.json["csrf_token"])


Serve = Callable[[int, bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve one answer to every GET at an address of its own; return the address."""
    servers: list[ThreadingHTTPServer] = []

    def serve(status: int, body: bytes) -> str:
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
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
