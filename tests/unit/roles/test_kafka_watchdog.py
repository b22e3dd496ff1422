"""Kafka's watchdog: what hangs is killed, what is still starting is not."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.scripts import load_script

FILES = Path(__file__).parents[3] / "roles/kafka/files"


@pytest.fixture
def watchdog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, beside a protocol by which nobody answers."""
    protocol = ModuleType("kafka_protocol")
    protocol.answers = lambda *_: False  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kafka_protocol", protocol)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["watchdog", "127.0.0.1", "9093"])
    return load_script(FILES / "watchdog.py")


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, watchdog: ModuleType) -> Iterator[subprocess.Popen[bytes]]:
    """A process that systemd would call Kafka's."""
    process = subprocess.Popen(["sleep", "600"])
    shown = subprocess.CompletedProcess([], 0, stdout=f"{process.pid}\n")
    monkeypatch.setattr(watchdog.subprocess, "run", lambda *_, **__: shown)
    yield process
    process.kill()
    process.wait()


def test_a_broker_that_has_answered_and_hangs_is_killed_at_the_third_look(
    watchdog: ModuleType, broker: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "answers", lambda *_: True)
    watchdog.main()
    monkeypatch.setattr(watchdog, "answers", lambda *_: False)
    for _ in range(2):
        watchdog.main()
    assert broker.poll() is None
    watchdog.main()
    assert broker.wait(5) == -signal.SIGKILL


def test_a_broker_that_has_not_answered_since_its_start_gets_twenty_minutes(
    watchdog: ModuleType, broker: subprocess.Popen[bytes]
) -> None:
    for _ in range(39):
        watchdog.main()
    assert broker.poll() is None
    watchdog.main()
    assert broker.wait(5) == -signal.SIGKILL
