"""Run a command and leave nothing of it behind: ``guard.py SECONDS COMMAND…``.

SIGTERM is passed on to the command, which then has SECONDS to end. Once it has ended, by whatever, its
descendants are killed, also those that left its process group: where the kernel can do it (Linux),
orphans among them become children of this process. It is a program of its own, without imports of the
package, so that it takes little memory.
"""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

PR_SET_CHILD_SUBREAPER = 36
TETHER = Path(__file__).with_name("tether.py")


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def children() -> list[int]:
    """Return the process ids of this process's children."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid():
            found.append(int(stat.parent.name))
    return found


def kill_all_children() -> None:
    """Kill the children, and theirs, which become children once their parent is gone."""
    while True:
        for pid in children():
            os.kill(pid, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


def run(patience: int, command: list[str]) -> int:
    """Run the command; return its exit code, negative for a signal, when nothing of it is left."""
    adopt_orphans()
    # In a session of its own: a signal to this process's group must not reach the command twice.
    child = subprocess.Popen(
        [sys.executable, "-IS", TETHER, str(os.getpid()), *command], start_new_session=True
    )

    def tell(number: int) -> None:
        with suppress(ProcessLookupError):  # it has just ended, and its descendants are still to be killed
            os.kill(child.pid, number)

    def end(_number: int, _frame: FrameType | None) -> None:
        tell(signal.SIGTERM)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGALRM, lambda *_: tell(signal.SIGKILL))
        signal.alarm(patience)

    signal.signal(signal.SIGTERM, end)
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            break
    signal.alarm(0)
    kill_all_children()
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    code = run(int(sys.argv[1]), sys.argv[2:])
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)
