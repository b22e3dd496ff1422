"""The DAGs of this system as Airflow has them: what they are, how they ran, and what the operator does."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from msgspec import Struct, field

from matchcast.dashboard.airflow_api import FORBIDS, AirflowApi
from matchcast.dashboard.brief import BriefAnswer
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.run_results import TELLING, tell_result

TAG = "matchcast"
"""The tag of the DAGs that are shown; others in the same Airflow are nobody's business here."""

SHOWN_RUNS = 10
HOLD_SECONDS = 2.0
"""How old what visitors see may be; Airflow is asked no more often, however many look."""

SAME_RUN_SECONDS = 10
"""Who triggers a DAG again so soon is given the same run: a double click is one wish."""

KEPT_RESULTS = 200

_BY_EVENTS_TOO = "Triggered by assets or "
_WAKES = {"football_pipeline": "when a match has ended"}
"""What wakes a DAG beside its timetable, in plain words: Airflow says that assets do."""

OVER = ("success", "failed")


class _Dag(Struct):
    dag_id: str
    is_paused: bool
    description: str | None = None
    timetable_description: str | None = None
    next_dagrun_run_after: str | None = None


class _Dags(Struct):
    dags: list[_Dag]


class _Run(Struct):
    dag_run_id: str
    state: str
    run_type: str
    queued_at: str | None = None
    start_date: str | None = None
    end_date: str | None = None


class _Runs(Struct):
    dag_runs: list[_Run]


class _Task(Struct):
    task_id: str
    state: str | None = None


class _Tasks(Struct):
    task_instances: list[_Task]


class _Returned(Struct):
    value: Any = None


class Run(Struct, frozen=True):
    """A run of a DAG; `result` is what came of it in a sentence, `url` where Airflow shows it."""

    run_id: str
    state: str
    run_type: str
    queued_at: str | None
    start_date: str | None
    end_date: str | None
    result: str | None
    url: str


class Dag(Struct, frozen=True):
    """A DAG; `next_run` is when its timetable starts it next, None while it is paused or has none."""

    dag_id: str
    description: str | None
    is_paused: bool
    timetable: str | None
    next_run: str | None
    last_run: Run | None
    url: str


class Asked(Struct, frozen=True):
    """A run that was asked for; `note` says what holds it up, `repeated` that it was asked for before."""

    dag_id: str
    run: Run
    repeated: bool = False
    note: str | None = None


class Overview(Struct, frozen=True):
    """All DAGs, and by DAG its newest runs, newest first."""

    dags: list[Dag] = field(default_factory=list)
    runs: dict[str, list[Run]] = field(default_factory=dict)


class Airflow:
    """What the dashboard shows and does of Airflow.

    Args:
        api: Where it is asked.
        public_url: Where a visitor's browser finds it.

    Attributes:
        public_url: The same, without a slash at its end.
    """

    def __init__(self, api: AirflowApi, public_url: str, clock: Callable[[], float] = time.time) -> None:
        self._api = api
        self.public_url = public_url.rstrip("/")
        self._clock = clock
        self._overview = BriefAnswer(self._look, HOLD_SECONDS)
        self._results: OrderedDict[tuple[str, str, str | None], str | None] = OrderedDict()
        self._triggering = threading.Lock()
        self._triggered: dict[str, tuple[float, Run]] = {}

    def overview(self) -> Overview:
        """Return the DAGs and their runs, at most HOLD_SECONDS old.

        Raises:
            Problem: 503, Airflow cannot be asked; the reason is in it.
        """
        return self._overview.get()

    def runs(self, dag_id: str) -> list[Run]:
        """Return a DAG's newest runs, newest first.

        Raises:
            Problem: 404 for a DAG that is not there, 503 as `overview`.
        """
        return self.overview().runs[self._find(dag_id).dag_id]

    def trigger(self, dag_id: str) -> Asked:
        """Start a run of a DAG, or return the one that was started a moment ago.

        A run's id is made of the time in steps of SAME_RUN_SECONDS, so that two processes that are told
        the same at once start one run: Airflow takes an id once.

        Raises:
            Problem: 404 for a DAG that is not there, 409 where Airflow refuses, 503 as `overview`.
        """
        dag = self._find(dag_id)
        note = f"{dag_id} is paused: the run waits until it is resumed." if dag.is_paused else None
        with self._triggering:
            now = self._clock()
            at, known = self._triggered.get(dag_id, (0.0, None))
            if known is not None and 0 <= now - at < SAME_RUN_SECONDS:
                return Asked(dag_id, known, repeated=True, note=note)
            run, repeated = self._start(dag_id, now)
            self._triggered[dag_id] = now, run
        self._overview.expire()
        return Asked(dag_id, run, repeated, note)

    def pause(self, dag_id: str, *, paused: bool) -> Dag:
        """Let a DAG's timetable start no run, or start runs again; raises as `trigger`."""
        runs = self.runs(dag_id)
        changed = self._api.patch(_Dag, "dags", dag_id, body={"is_paused": paused})
        self._overview.expire()
        return self._show_dag(changed, runs)

    def _start(self, dag_id: str, now: float) -> tuple[Run, bool]:
        step = datetime.fromtimestamp(now // SAME_RUN_SECONDS * SAME_RUN_SECONDS, UTC)
        run_id = f"dashboard__{step:%Y-%m-%dT%H:%M:%SZ}"
        wish: dict[str, Any] = {"dag_run_id": run_id, "logical_date": None, "conf": {}}
        try:
            return self._show_run(dag_id, self._api.post(_Run, "dags", dag_id, "dagRuns", body=wish)), False
        except Problem as problem:
            if problem.status != 409:
                raise
            try:
                known = self._api.get(_Run, "dags", dag_id, "dagRuns", run_id)
            except Problem:
                raise problem from None
            return self._show_run(dag_id, known), True

    def _find(self, dag_id: str) -> Dag:
        dags = self.overview().dags
        found = next((dag for dag in dags if dag.dag_id == dag_id), None)
        if found is None:
            raise Problem(
                404,
                f"There is no DAG {dag_id!r}; /api/airflow/dags lists those there are.",
                kind="no-such-dag",
            )
        return found

    def _look(self) -> Overview:
        found = Overview()
        for dag in self._api.get(_Dags, "dags", tags=TAG).dags:
            newest = self._api.get(
                _Runs, "dags", dag.dag_id, "dagRuns", order_by="-run_after", limit=SHOWN_RUNS
            )
            runs = [self._show_run(dag.dag_id, run) for run in newest.dag_runs]
            found.dags.append(self._show_dag(dag, runs))
            found.runs[dag.dag_id] = runs
        return found

    def _show_dag(self, dag: _Dag, runs: list[Run]) -> Dag:
        return Dag(
            dag_id=dag.dag_id,
            description=dag.description,
            is_paused=dag.is_paused,
            timetable=_timetable(dag),
            next_run=None if dag.is_paused else dag.next_dagrun_run_after,
            last_run=runs[0] if runs else None,
            url=f"{self.public_url}/dags/{quote(dag.dag_id)}",
        )

    def _show_run(self, dag_id: str, run: _Run) -> Run:
        return Run(
            run_id=run.dag_run_id,
            state=run.state,
            run_type=run.run_type,
            queued_at=run.queued_at,
            start_date=run.start_date,
            end_date=run.end_date,
            result=self._result(dag_id, run) if run.state in OVER else None,
            url=f"{self.public_url}/dags/{quote(dag_id)}/runs/{quote(run.dag_run_id, safe='')}",
        )

    def _result(self, dag_id: str, run: _Run) -> str | None:
        """What came of a run that is over; asked for once, since it does not change until it runs anew.

        An account that may list runs and not what their tasks returned is shown the runs alone.
        """
        key = (dag_id, run.dag_run_id, run.end_date)
        if key not in self._results:
            try:
                self._results[key] = self._ask_result(dag_id, run)
            except Problem as problem:
                if problem.status != 404 and problem.kind != FORBIDS:
                    raise
                self._results[key] = None
            while len(self._results) > KEPT_RESULTS:
                self._results.popitem(last=False)
        return self._results[key]

    def _ask_result(self, dag_id: str, run: _Run) -> str | None:
        path = ("dags", dag_id, "dagRuns", run.dag_run_id, "taskInstances")
        tasks = self._api.get(_Tasks, *path).task_instances
        returned: dict[str, dict[str, Any]] = {}
        for task in tasks:
            if task.state != "success" or task.task_id not in TELLING.get(dag_id, ()):
                continue
            try:
                value = self._api.get(_Returned, *path, task.task_id, "xcomEntries", "return_value").value
            except Problem as problem:
                if problem.status != 404:
                    raise
                continue
            if isinstance(value, dict):
                returned[task.task_id] = value
        told = tell_result(dag_id, returned)
        failed = [task.task_id for task in tasks if task.state == "failed"]
        parts = [f"{', '.join(failed)} failed." if failed else None, told]
        return " ".join(part for part in parts if part) or None


def _timetable(dag: _Dag) -> str | None:
    """Say in plain words when a DAG runs."""
    said = dag.timetable_description
    if said is None or not said.startswith(_BY_EVENTS_TOO):
        return said
    return f"{said.removeprefix(_BY_EVENTS_TOO)}, and {_WAKES.get(dag.dag_id, 'when an event wakes it')}"
