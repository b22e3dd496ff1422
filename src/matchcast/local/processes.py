"""Processes as this room starts and ends them: each in a group of its own, known by pid and birth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_TETHER = Path(__file__).with_name("tether.py")
_SAME_BIRTH = 1.0  # seconds; psutil derives a birth from the boot time, which clock steps shift a little


@dataclass(frozen=True)
class Identity:
    """Which process a pid meant: pids are used again, a birth (seconds since the epoch) is not."""

    pid: int
    birth: float

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """Return the identity of the running process `pid`, or None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def running(self) -> bool:
        """Tell whether this very process still runs."""
        try:
            process = psutil.Process(self.pid)
            alike = abs(process.create_time() - self.birth) < _SAME_BIRTH
            return alike and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def spawn(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start `command`, tied to this process, in a session of its own; its output is appended to `log`.

    A session of its own keeps the terminal's Ctrl-C from it, so that this process can end its
    children in order. Call it from the main thread: Linux ties a child to the *thread* that made it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tethered = [sys.executable, "-IS", str(_TETHER), str(os.getpid()), *command]
    with log.open("ab") as output:
        return subprocess.Popen(
            tethered,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to all processes of the group that `pid` leads, if there are any."""
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(pid, number)


def group_runs(pid: int) -> bool:
    """Tell whether any process of the group that `pid` leads is more than a zombie."""
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                return True
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return False


def end_group(leader: Identity, *, patience: float) -> None:
    """End a process that another run left, with its whole group: SIGTERM, then SIGKILL after `patience` s."""
    if not leader.running():
        return
    signal_group(leader.pid, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while group_runs(leader.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    signal_group(leader.pid, signal.SIGKILL)


def stop_child(process: subprocess.Popen[bytes], *, patience: float) -> int:
    """End a child of ours and its group; return its exit code (negative: the signal that ended it)."""
    signal_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    signal_group(process.pid, signal.SIGKILL)
    return process.wait()
