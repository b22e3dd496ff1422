"""Airflow's own environment, made from its lock, which only a checkout has."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcast.errors import MatchcastError
from matchcast.local.processes import guarded, tethered

GRACE_SECONDS = 5
"""What a tool that is at work gets to end when the system is stopped."""


class AirflowUnavailable(MatchcastError):
    """Airflow cannot be started here."""


@dataclass(frozen=True)
class Checkout:
    """The project's folder, which this package is installed from."""

    root: Path

    @classmethod
    def find(cls) -> Checkout | None:
        """Return the checkout that this code belongs to, or None when it was installed from a wheel."""
        found = cls(Path(__file__).resolve().parents[3])
        return found if found.dags.is_dir() and found._maker.exists() else None

    @property
    def dags(self) -> Path:
        """The folder of the DAGs."""
        return self.root / "dags"

    @property
    def python(self) -> Path:
        """The interpreter of Airflow's environment, once that is made."""
        return self.root / ".venv-airflow/bin/python"

    @property
    def _maker(self) -> Path:
        return self.root / "requirements/environment.py"

    def lock_digest(self) -> str:
        """Return what tells one lock of Airflow from another."""
        return hashlib.sha256((self.root / "requirements/airflow.txt").read_bytes()).hexdigest()

    def make_environment(self, marker: Mapping[str, str]) -> None:
        """Bring Airflow's environment to what its lock names; what is right already is left alone.

        Args:
            marker: Variables for the processes that do it.

        Raises:
            AirflowUnavailable: it cannot be made; says why, and what to do.
        """
        made = run_tool([sys.executable, str(self._maker), "airflow"], {**os.environ, **marker})
        if made.returncode:
            said, _, hint = made.stdout.rpartition("✘ ")[2].partition("\nTry: ")
            raise AirflowUnavailable(
                said.strip() or "Its environment cannot be made.",
                hint=hint.strip() or "make airflow",
            )


def run_tool(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a tool that ends with this thread, its own children included; stdout has all that it printed."""
    return subprocess.run(
        tethered(guarded(command, patience=GRACE_SECONDS)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=environment,
        start_new_session=True,
        check=False,
    )
