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
_GUARD = Path(__file__).with_name("guard.py")
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

    @classmethod
    def own(cls) -> Identity:
        """Return the identity of this process."""
        return cls(os.getpid(), psutil.Process().create_time())

    def running(self) -> bool:
        """Tell whether this very process still runs."""
        try:
            process = psutil.Process(self.pid)
            alike = abs(process.create_time() - self.birth) < _SAME_BIRTH
            return alike and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def tethered(command: Sequence[str]) -> list[str]:
    """Return `command` as one that ends when the thread that starts it does (on Linux)."""
    return [sys.executable, "-IS", str(_TETHER), str(os.getpid()), *command]


def guarded(command: Sequence[str], *, patience: int) -> list[str]:
    """Return `command` as one that leaves no descendant behind, ended by SIGTERM within `patience` s."""
    return [sys.executable, "-IS", str(_GUARD), str(patience), *command]


def spawn(
    command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start `command`, tied to this process, in a session of its own; its output is appended to `log`.

    A session of its own keeps the terminal's Ctrl-C from it, so that this process can end its
    children in order. Call it from the main thread: Linux ties a child to the *thread* that made it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            tethered(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
        )


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to all processes of a group, if there are any; a group has the number of its first pid."""
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(group, number)


def group_runs(group: int) -> bool:
    """Tell whether any process of a group is more than a zombie."""
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return False


def end_group(member: Identity, *, patience: float) -> None:
    """End the group of a process that another run left: SIGTERM, then SIGKILL after `patience` s."""
    if not member.running():
        return
    try:
        group = os.getpgid(member.pid)
    except ProcessLookupError:
        return
    signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + patience
    while group_runs(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    signal_group(group, signal.SIGKILL)


def stop_child(process: subprocess.Popen[bytes], *, patience: float) -> int:
    """End a child of ours and its group; return its exit code (negative: the signal that ended it)."""
    signal_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    signal_group(process.pid, signal.SIGKILL)
    return process.wait()
