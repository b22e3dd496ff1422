"""Airflow as it runs on servers: its four processes, asked over its REST API."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from matchcast.local.ports import free_port
from matchcast.local.processes import guarded, spawn, stop_child

ROOT = Path(__file__).parents[2]
AIRFLOW = ROOT / ".venv-airflow/bin/airflow"
USER = "operator"
PARTS = ("api-server", "scheduler", "dag-processor", "triggerer")
PATIENCE = 300.0
"""Seconds after which what is waited for will not come, on a machine that others use too."""

END_SECONDS = 30
"""How long a process may take to end before it is killed."""

FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until `condition` holds; fail with `what` after `seconds`. Asking more often would slow Airflow's API."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.25)


@dataclass
class RunningAirflow:
    """The four processes on a database, with the DAGs of this checkout.

    Attributes:
        home: the folder of its logs and settings.
        database: the address of its database, as SQLAlchemy takes it.
        variables: environment variables of its processes, on top of those that it needs.
        fab: whether logins are those of servers (FAB) rather than the simple ones.
    """

    home: Path
    database: str
    variables: dict[str, str]
    fab: bool = False
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _token: str = ""

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        passwords = self.home / "passwords.json"
        login = (
            {"CORE__AUTH_MANAGER": FAB}
            if self.fab
            else {
                "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
                "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            }
        )
        settings = {
            **login,
            "API__PORT": str(self.port),
            "API__BASE_URL": self.url,
            "API__HOST": "127.0.0.1",
            "API__WORKERS": "1",
            "API__SECRET_KEY": self.password,
            "API_AUTH__JWT_SECRET": self.password * 4,
            "CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "CORE__PLUGINS_FOLDER": str(ROOT / "dags/plugins"),
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__PARALLELISM": "2",
            "DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "DATABASE__SQL_ALCHEMY_CONN": self.database,
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
        }
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AIRFLOW", "MATCHCAST_", "PYTEST_"))
        }
        return {
            **inherited,
            "AIRFLOW_HOME": str(self.home),
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
            "MATCHCAST_RELEASE": sys.prefix,
            **self.variables,
        }

    def prepare(self) -> None:
        """Make the database, and the operator's login."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.run("db", "migrate")
        if self.fab:
            self.run(
                "users", "create", "--username", USER, "--password", self.password, "--role", "Admin",
                "--firstname", "The", "--lastname", "Operator", "--email", "operator@example.org",
            )  # fmt: skip
        else:
            (self.home / "passwords.json").write_text(json.dumps({USER: self.password}))

    def run(self, *arguments: str) -> str:
        """Run a command of Airflow to its end; return what it printed."""
        done = subprocess.run(
            [AIRFLOW, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *parts: str) -> None:
        """Start its processes, or some of them, and wait until they are well."""
        for part in parts or PARTS:
            flags = ["--skip-serve-logs"] if part in ("scheduler", "triggerer") else []
            command = guarded([str(AIRFLOW), part, *flags], patience=END_SECONDS)
            self.processes[part] = spawn(command, log=self.home / f"{part}.log", env=self.environment)
        wait_until(self.is_well, f"Airflow is not well; its logs are in {self.home}")

    def is_well(self) -> bool:
        """Whether all parts answer, and the DAGs are there."""
        for part, process in self.processes.items():
            assert process.poll() is None, (self.home / f"{part}.log").read_text()[-4000:]
        try:
            health = requests.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
            watched = [part.replace("-", "_") for part in self.processes if part != "api-server"]
            if {health[part]["status"] for part in watched} != {"healthy"}:
                return False
            return len(self.ask("GET", "dags")["dags"]) == 2
        except (requests.RequestException, KeyError, ValueError):
            return False

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask its API as the operator."""
        if not self._token:
            login = {"username": USER, "password": self.password}
            answer = requests.post(f"{self.url}/auth/token", json=login, timeout=120)
            answer.raise_for_status()
            self._token = answer.json()["access_token"]
        answer = requests.request(
            method,
            f"{self.url}/api/v2/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._token}", "Accept": "application/json"},
            timeout=120,
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def trigger(self, dag: str) -> str:
        """Let a run of a DAG begin; return its id."""
        return str(self.ask("POST", f"dags/{dag}/dagRuns", {"logical_date": None, "conf": {}})["dag_run_id"])

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """Return the runs of a DAG, the oldest first."""
        found: list[dict[str, Any]] = self.ask("GET", f"dags/{dag}/dagRuns?order_by=run_after")["dag_runs"]
        return found

    def tasks(self, dag: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Return the tasks of a run, by name."""
        found = self.ask("GET", f"dags/{dag}/dagRuns/{run_id}/taskInstances")["task_instances"]
        return {one["task_id"]: one for one in found}

    def result(self, dag: str, run_id: str, task: str) -> dict[str, Any]:
        """Return what a task returned."""
        path = f"dags/{dag}/dagRuns/{run_id}/taskInstances/{task}/xcomEntries/return_value"
        value = self.ask("GET", path)["value"]
        found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
        return found

    def log(self, dag: str, run_id: str, task: str, attempt: int = 1) -> str:
        """Return what a task logged in one of its attempts."""
        return json.dumps(
            self.ask("GET", f"dags/{dag}/dagRuns/{run_id}/taskInstances/{task}/logs/{attempt}"),
            ensure_ascii=False,
        )

    def finish(self, dag: str, run_id: str, seconds: float = PATIENCE) -> str:
        """Wait until a run is over; return its state."""
        states = ("success", "failed")
        run: dict[str, Any] = {}

        def is_over() -> bool:
            run.update(self.ask("GET", f"dags/{dag}/dagRuns/{run_id}"))
            return run["state"] in states

        wait_until(is_over, f"{run_id} of {dag} is over", seconds)
        return str(run["state"])

    def stop(self, *parts: str) -> None:
        """End its processes, or some of them, and what they started; the API last, since tasks talk to it."""
        for part in [part for part in reversed(PARTS) if part in (parts or self.processes)]:
            stop_child(self.processes.pop(part), patience=2 * END_SECONDS)


@contextmanager
def running_airflow(
    home: Path, database: str, variables: dict[str, str], *, fab: bool = False
) -> Iterator[RunningAirflow]:
    """Give an Airflow that is well, and end it afterwards."""
    airflow = RunningAirflow(home, database, variables, fab=fab)
    airflow.prepare()
    try:
        airflow.start()
        yield airflow
    finally:
        airflow.stop()
