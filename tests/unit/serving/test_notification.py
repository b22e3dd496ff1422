"""A server that systemd started tells it when it serves, and that it still does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchcast.local.ports import free_port

PATIENCE = 60.0


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        ears.bind(str(tmp_path / "notify"))
        ears.settimeout(PATIENCE)
        yield ears


@pytest.mark.parametrize("server", ["api", "dashboard"])
def test_systemd_hears_ready_once_when_the_server_answers_and_then_signs_of_life(
    server: str, heard: socket.socket, tmp_path: Path
) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": heard.getsockname(),
        "MATCHCAST_STATE_DIR": str(tmp_path / "state"),
        "MATCHCAST_KAFKA_BROKER": f"127.0.0.1:{free_port()}",
    }
    command = [sys.executable, "-m", "matchcast", server, "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=tmp_path) as process:
        try:
            assert heard.recv(100) == b"READY=1"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
                assert answer.status == 200
            assert [heard.recv(100) for _ in range(2)] == [b"WATCHDOG=1", b"WATCHDOG=1"]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0


def open_for_who_reads(pipe: Path) -> int:
    """Wait until somebody reads a pipe, and let them wait for what never comes."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < deadline, "nobody reads it"
            time.sleep(0.05)


def test_a_server_whose_only_worker_hangs_from_the_start_is_never_called_ready(
    heard: socket.socket, tmp_path: Path
) -> None:
    hung = tmp_path / "model.fifo"
    os.mkfifo(hung)
    environment = {**os.environ, "NOTIFY_SOCKET": heard.getsockname(), "MATCHCAST_STATE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "matchcast", "api", "--port", "0", "--model", str(hung)]
    with subprocess.Popen(command, env=environment, cwd=tmp_path, start_new_session=True) as process:
        try:
            writer = open_for_who_reads(hung)
            heard.settimeout(5)
            with pytest.raises(TimeoutError):
                heard.recv(100)
            assert process.poll() is None
            os.close(writer)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
