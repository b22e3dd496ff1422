"""How Airflow is: whether each of its processes is healthy, and whether it could read all DAGs."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from matchcast.dashboard.airflow_api import AirflowApi
from matchcast.dashboard.brief import BriefAnswer
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.status import Number, Reading

IMPORT_SECONDS = 15.0
"""How long it is believed that DAGs could be read: Airflow itself reads their files no more often."""

START_SECONDS = 600.0
"""How long after the dashboard's own start an Airflow that never answered may still be starting."""


class _Part(msgspec.Struct):
    status: str | None = None


class _Health(msgspec.Struct):
    metadatabase: _Part
    scheduler: _Part
    triggerer: _Part
    dag_processor: _Part


class _ImportError(msgspec.Struct):
    filename: str | None = None
    stack_trace: str | None = None


class _ImportErrors(msgspec.Struct):
    import_errors: list[_ImportError]


class AirflowLamp:
    """Reads the lamp of Airflow.

    Both start together, and Airflow takes longer: until it has answered once, silence is no fault of it
    for `START_SECONDS`.
    """

    def __init__(self, api: AirflowApi, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._clock = clock
        self._patient_until: float | None = clock() + START_SECONDS
        self._broken_files = BriefAnswer(self._ask_broken_files, IMPORT_SECONDS)

    def read(self) -> Reading:
        """Tell how Airflow is, and all that is amiss."""
        started = time.perf_counter()
        try:
            health = self._api.get(_Health, "monitor", "health", login=False)
        except Problem as problem:
            if problem.kind == "airflow-down" and self._may_be_starting():
                return Reading("unknown", "Airflow has not answered yet: it may still be starting.")
            return Reading("offline", problem.detail)
        self._patient_until = None
        took = Number("answer, ms", round((time.perf_counter() - started) * 1000, 1))
        parts = {
            "metadata database": health.metadatabase,
            "scheduler": health.scheduler,
            "triggerer": health.triggerer,
            "DAG processor": health.dag_processor,
        }
        amiss = [
            f"{name} {part.status or 'has never been seen'}".replace("unhealthy", "is unhealthy")
            for name, part in parts.items()
            if part.status != "healthy"
        ]
        faults = [f"Its {' and its '.join(amiss)}."] if amiss else []
        try:
            if broken := self._broken_files.get():
                faults.append(f"It cannot read {'; '.join(broken)}.")
        except Problem as problem:
            faults.append(problem.detail)
        if faults:
            return Reading("warning", " ".join(faults), took)
        return Reading("online", "Database, scheduler, triggerer and DAG processor are healthy.", took)

    def _may_be_starting(self) -> bool:
        return self._patient_until is not None and self._clock() < self._patient_until

    def _ask_broken_files(self) -> list[str]:
        found = self._api.get(_ImportErrors, "importErrors").import_errors
        return [f"{error.filename or 'a file'} ({_last_line(error.stack_trace)})" for error in found]


def _last_line(trace: str | None) -> str:
    lines = (trace or "").strip().splitlines()
    return lines[-1].strip() if lines else "no reason given"
