"""A small server that speaks Airflow's JSON, for what a real one does seldom: to refuse, to fail, to be slow."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
HEALTHY = {"status": "healthy"}
DAG = {
    "dag_id": "football_pipeline",
    "is_paused": False,
    "description": None,
    "timetable_description": "At every 10th minute",
    "next_dagrun_run_after": "2026-01-02T03:10:00Z",
}
RUN = {
    "dag_run_id": "scheduled__2026-01-02T03:00:00+00:00",
    "state": "success",
    "run_type": "scheduled",
    "queued_at": "2026-01-02T03:00:00Z",
    "start_date": "2026-01-02T03:00:01Z",
    "end_date": "2026-01-02T03:00:09Z",
}

Answer = tuple[int, Any]


class AirflowServer:
    """Answers what `answers` hold by method and path, and notes who asked; one account may log in.

    Attributes:
        tokens: those that are taken; logging in makes another.
        refusal: the answer to a token that is not taken.
        asked: method and path of each request, in order.
        queries: the query of the last request to each path.
    """

    PASSWORD = "the password in Airflow"

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.refusal: Answer = 401, {"detail": "Token Expired"}
        self.asked: list[tuple[str, str]] = []
        self.queries: dict[str, str] = {}
        self.sent: list[Any] = []
        self.lock = threading.Lock()
        self.answers: dict[tuple[str, str], Answer] = {
            ("GET", "/api/v2/monitor/health"): (
                200,
                dict.fromkeys(PARTS, HEALTHY),
            ),
            ("GET", "/api/v2/importErrors"): (200, {"import_errors": []}),
            ("GET", "/api/v2/dags"): (200, {"dags": [DAG]}),
            ("GET", "/api/v2/dags/football_pipeline/dagRuns"): (200, {"dag_runs": []}),
        }
        self.url = ""

    def times(self, method: str, path: str) -> int:
        return self.asked.count((method, path))

    def add_run(self, run: dict[str, Any], tasks: dict[str, tuple[str, Any]], dag_id: str) -> None:
        """Have a run, with the state of each of its tasks and what it returned."""
        runs = f"/api/v2/dags/{dag_id}/dagRuns"
        self.answers["GET", runs] = 200, {"dag_runs": [run]}
        path = f"{runs}/{run['dag_run_id']}/taskInstances"
        states = [{"task_id": task, "state": state} for task, (state, _) in tasks.items()]
        self.answers["GET", path] = 200, {"task_instances": states}
        for task, (_, value) in tasks.items():
            if value is not None:
                self.answers["GET", f"{path}/{task}/xcomEntries/return_value"] = 200, {"value": value}

    def answer(self, method: str, path: str, token: str, body: Any) -> Answer:
        with self.lock:
            self.asked.append((method, path))
            self.sent.append(body)
            if path == "/auth/token":
                if body != {"username": "dashboard", "password": self.PASSWORD}:
                    return 401, {"detail": "Invalid credentials"}
                self.tokens.append(f"token-{self.asked.count((method, path))}")
                return 201, {"access_token": self.tokens[-1]}
            if token not in self.tokens and not path.endswith("/monitor/health"):
                return self.refusal
            return self.answers.get((method, path), (404, {"detail": f"nothing at {path}"}))


@contextmanager
def serving() -> Iterator[AirflowServer]:
    """Serve on a free port of loopback."""
    airflow = AirflowServer()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(size)) if size else None
            address = urlsplit(self.path)
            path = unquote(address.path)
            airflow.queries[path] = address.query
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, content = airflow.answer(self.command, path, token, body)
            encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def do_GET(self) -> None:
            self.respond()

        def do_POST(self) -> None:
            self.respond()

        def do_PATCH(self) -> None:
            self.respond()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    airflow.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield airflow
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
