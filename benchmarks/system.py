"""The system under test: a real Kafka, the model API and the dashboard, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import urllib3

from matchcast.local.broker import Broker
from matchcast.local.ports import LOOPBACK, free_port
from matchcast.settings import load
from matchcast.stream.topics import catalogue, ensure_topics

START_SECONDS = 60
TOPIC = "live_football_events"


@dataclass
class System:
    """Where the parts of the running system are; `dashboard` is the process of the dashboard's worker."""

    broker: str
    dashboard_url: str
    dashboard: psutil.Process

    def metric(self, name: str) -> float:
        """Return one of the dashboard's own metrics."""
        text = urllib3.request("GET", f"{self.dashboard_url}/metrics").data.decode()
        prefix = f"matchcast_dashboard_{name} "
        return next(float(line.removeprefix(prefix)) for line in text.splitlines() if line.startswith(prefix))

    def processor_seconds(self) -> float:
        """Return the processor time that the dashboard's worker has used."""
        times = self.dashboard.cpu_times()
        return float(times.user + times.system)


@contextmanager
def running_system() -> Iterator[System]:
    """Give a system that is ready, and end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="matchcast-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(Broker.running(folder / "kafka"))
        ensure_topics(broker.bootstrap, catalogue(load(events_topic=TOPIC)))
        api_port, dashboard_port = free_port(), free_port()
        environment = {
            "MATCHCAST_KAFKA_BROKER": broker.bootstrap,
            "MATCHCAST_API_URL": f"http://{LOOPBACK}:{api_port}",
            "MATCHCAST_STATE_DIR": str(folder / "state"),
        }
        stack.enter_context(serving("api", api_port, environment, folder))
        dashboard = stack.enter_context(serving("dashboard", dashboard_port, environment, folder))
        worker = psutil.Process(dashboard.pid).children()[0]
        yield System(broker.bootstrap, f"http://{LOOPBACK}:{dashboard_port}", worker)


@contextmanager
def serving(
    command: str, port: int, environment: dict[str, str], folder: Path, within: float = START_SECONDS
) -> Iterator[subprocess.Popen[bytes]]:
    """Give the process of a command that serves, once it is ready; `within` in seconds."""
    log = folder / f"{command}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "matchcast", command, "--port", str(port)],
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
        )
    try:
        _wait_until_ready(process, f"http://{LOOPBACK}:{port}/ready", log, within)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path, within: float) -> None:
    deadline = time.monotonic() + within
    while True:
        try:
            if urllib3.request("GET", url, retries=False, timeout=2).status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{url} is not ready:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)
