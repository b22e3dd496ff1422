"""Control groups of a host: what it runs is counted, limited and ended by them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from tests.hosts.rig.disks import AttachedDisk

TREE = Path("/sys/fs/cgroup")


def has_version_1() -> bool:
    """Tell whether this machine's controllers are those of cgroup v1."""
    return (TREE / "memory" / "memory.limit_in_bytes").exists()


def make_groups(name: str, disks: Iterable[AttachedDisk]) -> list[Path]:
    """Make a group of its own for a host in every hierarchy that this process stands in.

    Two hosts in one group would share the groups that nspawn makes in it. On cgroup v1 the devices' group
    lets the host at no block device but its own disks, whatever nodes it makes.
    """
    if not has_version_1():
        group = TREE / name  # below the root, where controllers are enabled: a group with processes has none
        group.mkdir(exist_ok=True)
        return [group]
    made = []
    for line in Path("/proc/self/cgroup").read_text("ascii").splitlines():
        _, controllers, path = line.split(":", 2)
        hierarchy = {"": "unified", "name=systemd": "systemd"}.get(controllers, controllers)
        if hierarchy == "cpuset" or not (TREE / hierarchy).is_dir():  # a new cpuset holds no processor
            continue
        group = TREE / hierarchy / path.lstrip("/") / name
        group.mkdir(exist_ok=True)
        if hierarchy == "devices":
            (group / "devices.deny").write_text("a *:* rwm", "ascii")
            (group / "devices.allow").write_text("c *:* rwm", "ascii")
            for disk in disks:
                allow(group, disk)
        made.append(group)
    return made


def allow(group: Path, disk: AttachedDisk) -> None:
    """Let a group, and those below it, at a disk; a group that is made later takes it from the one above."""
    for entrance in group.rglob("devices.allow"):
        entrance.write_text(f"b {disk.number} rwm", "ascii")


def forbid(group: Path, disk: AttachedDisk) -> None:
    """Take a disk away from a group; those below it lose it too."""
    if (group / "devices.deny").exists():
        (group / "devices.deny").write_text(f"b {disk.number} rwm", "ascii")


def processes(groups: Iterable[Path]) -> set[int]:
    """Return the processes in groups and in the groups below them."""
    found: set[int] = set()
    for group in groups:
        for file in group.rglob("cgroup.procs") if group.is_dir() else ():
            with contextlib.suppress(OSError):
                found.update(map(int, file.read_text("ascii").split()))
    return found


def kill_all(groups: Iterable[Path], seconds: float = 10) -> None:
    """Kill what is left in groups: a host outlives the nspawn that started it."""
    groups, deadline = list(groups), time.monotonic() + seconds
    while (left := processes(groups)) and time.monotonic() < deadline:
        for process in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.02)


def remove_groups(groups: Iterable[Path], seconds: float = 5) -> None:
    """Remove groups that hold no process any more, those below them first."""
    deadline = time.monotonic() + seconds
    for group in groups:
        below = [path for path in group.rglob("*") if path.is_dir()] if group.is_dir() else []
        for each in [*sorted(below, key=lambda path: -len(path.parts)), group]:
            while (
                each.exists() and time.monotonic() < deadline
            ):  # busy for an instant after the last has gone
                with contextlib.suppress(OSError):
                    each.rmdir()
                time.sleep(0.01)
