"""Running what works on hosts, so that it never outlives the test that began it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from matchcast.local.processes import guarded, stop_child, tethered


def run_to_its_end(
    command: Sequence[str], output: Path, environment: Mapping[str, str], cwd: Path | None = None
) -> int:
    """Run a playbook or molecule; return its exit code.

    Args:
        output: the file that what it prints is written to as it comes.
    """
    with output.open("wb") as shown:
        process = subprocess.Popen(
            tethered(guarded(command, patience=10)),
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=shown,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            return process.wait()
        finally:
            stop_child(process, patience=20)  # a test that is broken off leaves no playbook running
