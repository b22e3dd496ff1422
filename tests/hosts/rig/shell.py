"""Commands of the system, and what is said when one of them fails."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path


class RigError(Exception):
    """What the rig could not do, and a hint at what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def run(
    *command: str | Path, given: str | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with `given` on its stdin.

    Raises:
        RigError: `check` is set and it failed; holds what it printed.
    """
    words = [str(word) for word in command]
    done = subprocess.run(words, input=given, text=True, capture_output=True, check=False)
    if check and done.returncode:
        raise RigError(
            f"{shlex.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}".rstrip()
        )
    return done


def run_inside(namespace: str, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace."""
    return run("ip", "netns", "exec", namespace, *command, check=check)
