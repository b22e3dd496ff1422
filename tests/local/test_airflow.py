"""Airflow as a part of `matchcast up`: its four processes, its users, its DAGs at work in the running system.

The tests share one system and stand in the order in which they use it; the last ones end it.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from tests.dags.test_retraining_pipeline import take_internationals, weaken
from tests.local.machine import Machine, Program, processes_of, wait_until

from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import open_history
from matchcast.local.airflow_parts import PARTS
from matchcast.local.processes import Identity
from matchcast.local.usage import resident_bytes
from matchcast.settings import load

AIRFLOW_SECONDS = 600.0
"""Four processes that import Airflow, on a machine that is busy with other tests."""

pytestmark = pytest.mark.timeout(1800)


class System:
    """A running system with Airflow, as its operator sees it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._token: str | None = None
        self.program = self.start()

    def start(self) -> Program:
        # Matches are played by the tests that want some.
        self.program = self.machine.start("up", "--no-producer")
        self.program.wait_for("Ready in")
        self.program.wait_for(f"✔ airflow       {self.machine.airflow}", AIRFLOW_SECONDS)
        return self.program

    def secret(self, name: str) -> str:
        return (self.machine.state / "secrets" / name).read_text().strip()

    def log_in(self, user: str, password: str) -> requests.Response:
        given = {"username": user, "password": password}
        return requests.post(f"{self.machine.airflow}/auth/token", json=given, timeout=120)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask Airflow as the dashboard's account does."""
        if self._token is None:
            account = self.log_in("dashboard", self.secret("airflow_password"))
            self._token = account.json()["access_token"]
        answer = requests.request(
            method,
            f"{self.machine.airflow}/api/v2/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=120,
        )
        answer.raise_for_status()
        return answer.json()

    def run_dag(self, dag: str, seconds: float) -> dict[str, Any]:
        """Trigger a DAG and wait until that run is over."""
        run_id = self.ask("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": {}})["dag_run_id"]
        run: dict[str, Any] = {}

        def over() -> bool:
            run.update(self.ask("GET", f"dags/{dag}/dagRuns/{run_id}"))
            return run["state"] in ("success", "failed")

        wait_until(over, f"{dag} {run_id} over", seconds, every=1.0)
        return run

    def process_of(self, part: str) -> psutil.Process:
        parts = json.loads(self.machine.run("status", "--json")[1])["parts"]
        return psutil.Process(next(found["process"]["pid"] for found in parts if found["name"] == part))

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(
            f"{self.machine.airflow}/api/v2/monitor/health", timeout=120
        ).json()
        return found


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that has come up with Airflow."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    try:
        yield System(machine)
    finally:
        machine.clear()


def test_airflow_comes_up_on_loopback_and_all_of_it_is_healthy(system: System) -> None:
    assert system.program.shown.index("Ready in") < system.program.shown.index("✔ airflow")
    assert {name: found["status"] for name, found in system.health().items()} == dict.fromkeys(
        ("metadatabase", "scheduler", "triggerer", "dag_processor"), "healthy"
    )
    code, shown = system.machine.run("status")
    assert code == 0, shown
    assert all(part in shown for part in PARTS)
    listening = [
        connection.laddr.ip
        for process in processes_of(system.machine.state)
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    code, shown = system.machine.run("doctor")
    assert code == 0, shown
    assert f"port {system.machine.airflow_port}" in shown


def test_its_four_processes_take_less_than_a_gigabyte_while_no_task_runs(system: System) -> None:
    def idle() -> bool:
        return system.ask("GET", "dags/~/dagRuns?state=running&state=queued")["total_entries"] == 0

    wait_until(idle, "no run at work", 300, every=1.0)
    sizes = {}
    for part in PARTS:
        identity = Identity.of(system.process_of(part).pid)
        assert identity is not None
        sizes[part] = resident_bytes(identity)
    assert sum(sizes.values()) < 1e9, sizes


def test_both_pipelines_are_loaded_and_on_their_timetables(system: System) -> None:
    wait_until(lambda: system.ask("GET", "dags")["total_entries"] >= 2, "both DAGs known")
    assert system.ask("GET", "importErrors")["import_errors"] == []
    found = {dag["dag_id"]: dag for dag in system.ask("GET", "dags")["dags"]}
    assert found.keys() == {"football_pipeline", "retraining_pipeline"}
    assert not any(dag["is_paused"] for dag in found.values())
    assert all(dag["next_dagrun_run_after"] for dag in found.values())

    def on_the_dashboard() -> set[str]:
        answer = requests.get(f"{system.machine.dashboard}/api/airflow/dags", timeout=120)
        return {dag["dag_id"] for dag in answer.json().get("dags", [])}

    wait_until(lambda: on_the_dashboard() == found.keys(), "both on the dashboard", every=1.0)


def test_the_operator_and_the_dashboard_have_their_own_passwords_which_nobody_else_sees(
    system: System,
) -> None:
    operator, account = system.secret("operator_password"), system.secret("airflow_password")
    assert system.log_in("admin", operator).status_code == 201
    assert system.log_in("dashboard", account).status_code == 201
    assert system.log_in("admin", account).status_code == 401
    assert system.log_in("dashboard", operator).status_code == 401
    assert system.log_in("admin", "admin").status_code == 401
    home = system.machine.state / "airflow"
    for file in (
        home / "airflow.cfg",
        home / "passwords.json",
        *(system.machine.state / "secrets").iterdir(),
    ):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    secrets = [file.read_text().strip() for file in (system.machine.state / "secrets").iterdir()]
    lines = [" ".join(process.cmdline()) for process in processes_of(system.machine.state)]
    assert not any(secret in line for secret in secrets for line in lines)


def test_what_is_played_becomes_history_by_the_hand_of_the_running_airflow(system: System) -> None:
    code, shown = system.machine.run("produce", "--speed", "max", "--matches", "3", "--once", "--seed", "7")
    assert code == 0, shown
    run = system.run_dag("football_pipeline", 300)
    assert run["state"] == "success", run
    with open_history(HistoryFolder(system.machine.state / "history")) as database:
        ((events, places),) = database.execute(
            "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM events"
        ).fetchall()
        ((ended,),) = database.execute("SELECT count(*) FROM matches WHERE origin = 'simulated'").fetchall()
    assert events == places > 3 * 1000
    assert ended == 3


def test_a_weak_champion_is_replaced_in_the_running_system_and_the_dashboard_names_the_new_one(
    system: System, open_data: Path
) -> None:
    settings = load(kafka_broker=f"127.0.0.1:{system.machine.kafka_port}")
    api = f"http://127.0.0.1:{system.machine.api_port}"

    def served() -> str:
        version: str = requests.get(f"{api}/model", timeout=120).json()["version"]
        return version

    take_internationals(system.machine.state / "history", open_data)
    weak = weaken(settings)
    wait_until(lambda: served() == weak, "the weak champion served", every=0.5)
    run = system.run_dag("retraining_pipeline", 900)
    assert run["state"] == "success", run
    path = f"dags/retraining_pipeline/dagRuns/{run['dag_run_id']}/taskInstances"
    promoted = system.ask("GET", f"{path}/promote/xcomEntries/return_value?deserialize=true")["value"]
    assert promoted["promoted"], promoted
    champion = served()
    assert champion != weak

    def model_lamp() -> str:
        parts = requests.get(f"{system.machine.dashboard}/api/system/status", timeout=120).json()[
            "components"
        ]
        reason: str = next(part["reason"] for part in parts if part["name"] == "model")
        return reason

    wait_until(lambda: champion in model_lamp(), "the new champion's name on the dashboard", every=0.5)


def test_each_of_the_four_processes_comes_back_when_it_is_killed(system: System) -> None:
    for part in PARTS:
        before = system.program.shown.count("back after")
        process = system.process_of(part)
        victim = process.children()[0] if part == "scheduler" else process  # that one has a guard
        victim.kill()
        system.program.wait_for(f"✘ {part:13} ended (SIGKILL)")
        wait_until(
            lambda before=before: system.program.shown.count("back after") > before,
            f"{part} back",
            AIRFLOW_SECONDS,
        )
    assert all(found["status"] == "healthy" for found in system.health().values())


def test_ctrl_c_ends_all_of_it_and_the_next_start_knows_what_was(system: System) -> None:
    system.ask("PATCH", "dags/retraining_pipeline?update_mask=is_paused", {"is_paused": True})
    runs = {run["dag_run_id"] for run in system.ask("GET", "dags/football_pipeline/dagRuns")["dag_runs"]}
    database = system.machine.state / "airflow/airflow.db"
    made = database.stat().st_ino
    system.program.signal(signal.SIGINT)
    assert system.program.end() == 130
    assert processes_of(system.machine.state) == []
    system.start()
    assert database.stat().st_ino == made  # neither made anew nor migrated
    assert system.ask("GET", "dags/retraining_pipeline")["is_paused"]
    after = {run["dag_run_id"] for run in system.ask("GET", "dags/football_pipeline/dagRuns")["dag_runs"]}
    assert runs <= after


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_nothing_of_airflow_outlives_a_supervisor_that_was_killed(system: System) -> None:
    def at_work() -> bool:
        lines = []
        for process in processes_of(system.machine.state):
            with suppress(psutil.Error):
                lines.append(process.cmdline())
        return any("pipeline" in line for line in lines)

    system.ask("POST", "dags/football_pipeline/dagRuns", {"logical_date": None, "conf": {}})
    wait_until(at_work, "a step of a task at work", AIRFLOW_SECONDS)
    os.kill(system.program.process.pid, signal.SIGKILL)
    wait_until(lambda: processes_of(system.machine.state) == [], "all ended by the kernel", 60)
