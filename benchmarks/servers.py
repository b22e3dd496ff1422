"""Servers to measure, each on a core of its own, and the load that is put on them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil

from benchmarks.load import Measured, Plan

START_SECONDS = 120.0


def cores() -> tuple[int | None, int | None]:
    """Return the cores of the server and of the client, where processes can be pinned."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


class Server:
    """A server that runs, with all its processes."""

    def __init__(self, pid: int) -> None:
        self._leader = psutil.Process(pid)

    def cpu_seconds(self) -> float:
        """Return the processor time that it has used."""
        times = [one.cpu_times() for one in (self._leader, *self._leader.children(recursive=True))]
        return sum(one.user + one.system for one in times)

    def load(
        self,
        url: str,
        bodies: Sequence[str] = (),
        *,
        connections: int = 16,
        seconds: float = 3.0,
        warm_up: float = 0.5,
    ) -> tuple[Measured, float]:
        """Put load on it from a process of its own.

        Returns what that measured, and the microseconds of processor time that an answer took here.
        """
        _, core = cores()
        plan = Plan(url, list(bodies), connections, seconds, warm_up, core)
        before = self.cpu_seconds()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "plan.json"
            file.write_bytes(msgspec.json.encode(plan))
            command = [sys.executable, "-m", "benchmarks.load", str(file)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=seconds + warm_up + 60)
        measured = msgspec.json.decode(done.stdout, type=Measured)
        return measured, (self.cpu_seconds() - before) / measured.answered * 1e6


@contextmanager
def serving(command: Sequence[str], ready_url: str, **environment: str) -> Iterator[Server]:
    """Run a server until the block ends; begins once `ready_url` answers."""
    core, _ = cores()

    def pin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})

    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
            preexec_fn=pin,
            start_new_session=True,
        )
        try:
            _wait(process, ready_url)
            yield Server(process.pid)
        except TimeoutError:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace"))
            raise
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # the session that it leads
            process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer")
