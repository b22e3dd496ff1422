"""Run a command that does not outlive the process that started it: ``python tether.py PARENT COMMAND…``.

Where the kernel can do it (Linux), the command gets SIGTERM when PARENT dies, even by ``kill -9``.
It is a program of its own, without imports of the package, because doing this between fork and exec
(`preexec_fn`) is not safe in a process with threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tie_to(parent: int) -> None:
    """Have this process ended by SIGTERM when its parent, process id `parent`, is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the process that started this one has ended")


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606
