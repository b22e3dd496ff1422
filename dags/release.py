"""Runs the commands of the release that is current when a run of a DAG begins, as processes."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from pathlib import Path
from typing import Any

CURRENT = "MATCHCAST_RELEASE"
"""Names the folder of the release in force; it may be a link, which a run follows once."""

log = logging.getLogger(__name__)


class StepFailed(Exception):
    """A step ended with an error; the message is what it said."""


def note_release() -> str:
    """Return the folder of the release in force, for the whole run, whatever is deployed meanwhile."""
    named = os.environ.get(CURRENT)
    if not named or not (Path(named) / "bin/matchcast").exists():
        raise StepFailed(
            f"{CURRENT} is {named!r}, where there is no bin/matchcast. Set it to a release's folder."
        )
    return str(Path(named).resolve())


def run_step(release: str, step: str, batch: str, *options: str) -> dict[str, Any]:
    """Run a step for a batch and return its result; its log lines become the task's."""
    # The step ends with the task, even when that is killed and cannot end it.
    tether = [f"{release}/bin/python", "-m", "matchcast.local.tether", str(os.getpid())]
    command = [*tether, f"{release}/bin/matchcast", "pipeline", step, "--batch", batch, *options]
    result, said = "", ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        try:
            for line in process.stdout or ():
                if line.startswith('{"step":'):
                    result = line
                elif not line.startswith("{"):
                    said += line
                log.info(line.rstrip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise StepFailed(said.strip() or f"{step} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(result)
    return found
