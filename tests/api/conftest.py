"""A real server, started as users start it, and a way to serve a model of the test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import uvicorn

from matchcast.api.app import create_app
from matchcast.api.current import CurrentModel
from matchcast.api.metrics import Metrics
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.model import GoalRateForecaster

NO_BROKER = "127.0.0.1:9"
"""Where no Kafka is: these servers hear of no promotion."""

PATIENCE = 120
"""Seconds after which what a test waits for will not come."""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


@dataclass
class Running:
    """A `matchcast api` that a test started."""

    process: subprocess.Popen[str]
    log: Path
    url: str = ""

    def lines(self) -> list[dict[str, object]]:
        """What it logged so far."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def is_up(self) -> bool:
        """Whether it answers; its address is in its log."""
        assert self.process.poll() is None, self.log.read_text()
        self.url = next((str(line["address"]) for line in self.lines() if "address" in line), "")
        try:
            return bool(self.url) and requests.get(f"{self.url}/health", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):
            return False


@contextmanager
def run(log: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "matchcast", "api", "--port", "0", *arguments]
    own = {"MATCHCAST_KAFKA_BROKER": NO_BROKER, "MATCHCAST_STATE_DIR": str(log.parent / "state")}
    variables = {**os.environ, "MATCHCAST_LOG_FORMAT": "json", **own, **environment}
    with log.open("w") as stream:
        process = subprocess.Popen(command, stderr=stream, text=True, env=variables)
    try:
        running = Running(process, log)
        wait_until(running.is_up)
        yield running
    finally:
        process.terminate()
        process.wait(PATIENCE)


RunApi = Callable[..., AbstractContextManager[Running]]


@pytest.fixture
def run_api(tmp_path: Path) -> RunApi:
    """Starts `matchcast api` with arguments and variables, and stops it at the end of the block."""
    return lambda *arguments, **environment: run(tmp_path / "api.log", *arguments, **environment)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that serves the package's champion to all tests."""
    with run(tmp_path_factory.mktemp("api") / "api.log") as running:
        yield running.url


@pytest.fixture(scope="session")
def champion() -> GoalRateForecaster:
    """The model that the package carries."""
    return GoalRateForecaster(load_champion())


@pytest.fixture
def model() -> CurrentModel:
    """A place for a model, empty at first."""
    return CurrentModel(Metrics())


@pytest.fixture
def api_of_model(model: CurrentModel) -> Iterator[str]:
    """The address of a server, in this process, that serves what `model` holds."""
    config = uvicorn.Config(create_app(model), port=0, log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
