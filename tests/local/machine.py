"""A program under test: its output as it comes, and a bounded wait for what it should show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from matchcast.local.folder import MARKER, StateFolder
from matchcast.local.ports import free_port

MOST_SECONDS = 90.0


def wait_until(
    condition: Callable[[], object], what: str, seconds: float = MOST_SECONDS, every: float = 0.05
) -> None:
    """Wait until `condition`, which is asked each `every` s, holds; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(every)


class Program:
    """A process whose stdout and stderr are read from a file."""

    def __init__(self, command: Sequence[str], output: Path, environment: dict[str, str]) -> None:
        self._output = output
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment
            )

    @property
    def shown(self) -> str:
        """All that it has printed."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, text: str, seconds: float = MOST_SECONDS) -> None:
        """Wait until it has printed `text`."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            if self.process.poll() is not None and text not in self.shown:
                pytest.fail(f"ended ({self.process.returncode}) without {text!r}:\n{self.shown}")
            if time.monotonic() > deadline:
                pytest.fail(f"no {text!r} within {seconds:g} s:\n{self.shown}")
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, seconds: float = MOST_SECONDS) -> int:
        """Wait for its end and return its exit code."""
        return self.process.wait(seconds)


def processes_of(state: Path) -> list[psutil.Process]:
    """Return the processes that a supervisor started for a state folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == str(state) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def kill_all_of(state: Path) -> None:
    """Kill what was started for a state folder with -9."""
    for process in processes_of(state):
        with suppress(psutil.NoSuchProcess):
            process.kill()


class Machine:
    """A machine of its own for `matchcast`: a state folder and ports that nobody else has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.kafka_port, self.api_port, self.dashboard_port = free_port(), free_port(), free_port()
        self.airflow_port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MATCHCAST_")},
            "MATCHCAST_STATE_DIR": str(self.state),
            "MATCHCAST_KAFKA_BROKER": f"127.0.0.1:{self.kafka_port}",
            "MATCHCAST_API_PORT": str(self.api_port),
            "MATCHCAST_DASHBOARD_PORT": str(self.dashboard_port),
            "MATCHCAST_AIRFLOW_PORT": str(self.airflow_port),
        }
        self._runs = 0
        self.programs: list[Program] = []

    @property
    def airflow(self) -> str:
        """Airflow's address."""
        return f"http://127.0.0.1:{self.airflow_port}"

    @property
    def dashboard(self) -> str:
        """The dashboard's address."""
        return f"http://127.0.0.1:{self.dashboard_port}"

    def start(self, *arguments: str, **environment: str) -> Program:
        """Start `matchcast ARGUMENTS` and leave it running."""
        self._runs += 1
        program = Program(
            [sys.executable, "-m", "matchcast", *arguments],
            self.folder / f"output-{self._runs}",
            {**self.environment, **environment},
        )
        self.programs.append(program)
        return program

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run `matchcast ARGUMENTS` to its end; return (exit code, what it printed)."""
        program = self.start(*arguments, **environment)
        return program.end(), program.shown

    def clear(self) -> None:
        """Kill whatever is left."""
        for program in self.programs:
            program.process.kill()
            program.process.wait()
        supervisor = StateFolder(self.state).holder()
        if supervisor is not None:  # its own, when what was started is `make`
            with suppress(ProcessLookupError):
                os.kill(supervisor.pid, signal.SIGKILL)
        kill_all_of(self.state)
