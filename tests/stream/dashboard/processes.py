"""The dashboard and the model API as processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from matchcast.local.ports import LOOPBACK, free_port

from .event_stream import EventStream

PASSWORD = "a long enough password"
PATIENCE = 30.0


def wait_for(what: str, condition: Callable[[], Any], within: float = PATIENCE) -> Any:
    """Return the first true value of a condition; fail with a sentence when none comes in time."""
    deadline = time.monotonic() + within
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s: {what}"
        time.sleep(0.02)
    return found


class Process:
    """A command of the package that serves HTTP; its output goes to a file."""

    command = ""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.port = int(settings.pop("port", 0) or free_port())
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.log = folder / f"{self.command}-{self.port}.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MATCHCAST_")}
        environment |= {f"MATCHCAST_{name.upper()}": str(value) for name, value in settings.items()}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "matchcast", self.command, "--port", str(self.port)],
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def stop(self, number: int = signal.SIGTERM, within: float = 15) -> int:
        """Ask the process to stop, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(within)

    def kill(self) -> None:
        """End the process and its workers as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(15)

    def get(self, path: str, **given: Any) -> requests.Response:
        """Ask for a path."""
        return requests.get(f"{self.url}{path}", timeout=30, **given)

    def answers(self, path: str) -> bool:
        """Tell whether a path is served with success."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get(path).ok
        except requests.ConnectionError:
            return False

    def wait_until_ready(self) -> None:
        """Wait until the process says that it may serve."""
        wait_for(f"{self.command} ready", lambda: self.answers("/ready"))


class Api(Process):
    """The model API."""

    command = "api"


class Dashboard(Process):
    """The dashboard."""

    command = "dashboard"

    def __init__(self, folder: Path, **settings: object) -> None:
        super().__init__(folder, **{"operator_password": PASSWORD, "secret_key": "k", **settings})

    def open_stream(self, match_id: str | None = None, last_event_id: str | None = None) -> EventStream:
        """Open an event stream."""
        query = "" if match_id is None else f"?match_id={match_id}"
        return EventStream(f"{self.url}/api/stream{query}", last_event_id)

    def log_in(self) -> requests.Session:
        """Return the operator's session, with the token for acts."""
        session = requests.Session()
        token = session.get(f"{self.url}/api/session", timeout=10).json()["csrf_token"]
        answer = session.post(
            f"{self.url}/login", json={"password": PASSWORD}, headers={"X-CSRF-Token": token}, timeout=10
        )
        session.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return session

    def stats(self, match_id: str) -> dict[str, Any]:
        """Return a match's statistics."""
        found: dict[str, Any] = self.get(f"/api/match-stats?match_id={match_id}").json()
        return found

    def prediction(self, match_id: str) -> dict[str, Any]:
        """Return a match's forecast."""
        found: dict[str, Any] = self.get(f"/api/prediction?match_id={match_id}").json()
        return found

    def metric(self, name: str) -> float:
        """Return the value of one of the dashboard's own metrics."""
        prefix = f"matchcast_dashboard_{name} "
        lines = self.get("/metrics").text.splitlines()
        return next(float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix))
