"""Where the rig keeps things, and the guards around them.

What may be used again (root filesystems, packages, the ACME server) lies in the user's cache folder; what
belongs to one rig lies below `STATE`, and goes with it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hosts.rig.shell import RigError

STATE = Path("/var/tmp/matchcast-hosts")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matchcast" / "hosts"


@contextmanager
def held(lock: Path, how: int = fcntl.LOCK_EX) -> Iterator[int]:
    """Hold a lock file; wait for whoever holds it.

    Args:
        how: as `fcntl.flock` takes it: LOCK_SH for what several may do at once, with LOCK_NB not to wait.

    Yields:
        The open file's number: a process that inherits it goes on holding the lock when this one is killed.

    Raises:
        BlockingIOError: somebody else holds it, with LOCK_NB.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, how)
        yield file.fileno()


def mounts() -> list[tuple[Path, str]]:
    """Return what is mounted in this namespace, each as (where, its options)."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines():
        fields = line.split(" ")
        found.append((Path(fields[4].encode().decode("unicode_escape")), fields[-1]))
    return found


def is_in_use(tree: Path) -> bool:
    """Tell whether something is mounted in a tree, or on top of it as an overlay."""
    return any(
        where.is_relative_to(tree)
        or any(Path(each).is_relative_to(tree) for each in re.split("[,:=]", options))
        for where, options in mounts()
    )


def remove_tree(tree: Path) -> None:
    """Remove a folder and all in it.

    Raises:
        RigError: something is mounted in it: the removal would go through to that.
    """
    if is_in_use(tree):
        raise RigError(
            f"{tree} is in use by a mount", hint="take down the hosts of the rig that it belongs to"
        )
    if tree.exists():
        shutil.rmtree(tree)
