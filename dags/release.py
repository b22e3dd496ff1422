"""Runs the commands of the release that is current when a run of a DAG begins, as processes."""

from __future__ import annotations

import json
import logging
import os
import subprocess
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

CURRENT = "MATCHCAST_RELEASE"
"""Names the folder of the release in force; it may be a link, which a run follows once."""

LASTING = 3
"""Exit code of a step whose failure does not mend by itself: it is not tried again."""

PATIENCE = 30
"""Seconds in which a step ends by itself once it was asked to; then it is killed. A kill loses nothing."""

_FOR_THE_KILL = 10
"""Seconds more in which whoever kills it is done with that."""

log = logging.getLogger(__name__)


class StepFailed(Exception):
    """A step ended with an error; the message is what it said."""


def current_release() -> str:
    """Return the folder of the release in force."""
    named = os.environ.get(CURRENT)
    if not named or not (Path(named) / "bin/matchcast").exists():
        raise StepFailed(
            f"{CURRENT} is {named!r}, where there is no bin/matchcast. Set it to a release's folder."
        )
    return str(Path(named).resolve())


def run_first_step(step: str, batch: str) -> dict[str, Any]:
    """Run a step of the release in force, and return its result with that release's folder."""
    release = current_release()
    return {**run_step(release, step, batch), "release": release}


def run_step(release: str, step: str, batch: str) -> dict[str, Any]:
    """Run a step for a batch and return its result; its log lines become the task's.

    Raises:
        StepFailed: it failed, and may succeed when it is tried again.
        AirflowFailException: it failed, and will until something is done about it.
    """
    # The step ends with the task, even when that is killed and cannot end it: the tether then asks the
    # guard to end, and the guard asks the step, and kills it if need be.
    python = [f"{release}/bin/python", "-m"]
    tether = [*python, "matchcast.local.tether", str(os.getpid())]
    guard = [*python, "matchcast.local.guard", str(PATIENCE)]
    command = [*tether, *guard, f"{release}/bin/matchcast", "pipeline", step, "--batch", batch]
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
            _end(process)
            raise
    if process.returncode:
        failure = AirflowFailException if process.returncode == LASTING else StepFailed
        raise failure(said.strip() or f"{step} ended with {process.returncode}")
    if not result:
        raise StepFailed(f"{step} ended well and told no result; {release} may be of another version")
    found: dict[str, Any] = json.loads(result)
    return found


def _end(process: subprocess.Popen[str]) -> None:
    """Ask a step's guard to end it, so that the task's time limit holds."""
    process.terminate()
    try:
        process.wait(PATIENCE + _FOR_THE_KILL)
    except subprocess.TimeoutExpired:
        process.kill()
