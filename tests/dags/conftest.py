"""Airflow in its own environment, on SQLite, beside a real Kafka and a real model API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.api.conftest import run_api
from tests.stream.conftest import api_url, eventually, matches, own_settings, settings

from matchcast.history.files import HistoryFolder
from matchcast.settings import Settings
from matchcast.stream.writer import EventWriter

__all__ = ["api_url", "eventually", "matches", "own_settings", "run_api", "settings"]

ROOT = Path(__file__).parents[2]
AIRFLOW = ROOT / ".venv-airflow/bin/python"
RUNNER = Path(__file__).with_name("run_dags.py")


class Airflow:
    """A process that runs DAGs one at a time; it may be killed and started again on the same database.

    Args:
        home: the folder of its database and log.
        within: the command that it is run by, if any.

    Attributes:
        loaded: the DAGs that it has, and the errors of loading them.
    """

    def __init__(self, home: Path, *within: str) -> None:
        self.home = home
        self.within = within
        self.log = home / "log"
        self.loaded: dict[str, Any] = {}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        variables = {
            **os.environ,
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags/plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db",
            "MATCHCAST_RELEASE": str(Path(sys.prefix)),
        }
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*self.within, AIRFLOW, RUNNER],
                env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.loaded = self._answer()

    def begin(self, dag: str, moment: str, **variables: str) -> None:
        """Let a run begin, with variables of its own; the same moment is the same run."""
        assert self._process is not None
        assert self._process.stdin is not None
        print(dag, moment, json.dumps(variables), file=self._process.stdin, flush=True)

    def run(self, dag: str, moment: str, **variables: str) -> Run:
        before = len(self.log.read_text())
        self.begin(dag, moment, **variables)
        return Run(**self._answer(), log=self.log.read_text()[before:])

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def step(self, name: str) -> psutil.Process | None:
        """Return the process of a step that runs now."""
        for process in psutil.Process(self.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.cmdline()[2:4] == ["pipeline", name]:
                    return process
        return None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log.read_text()[-4000:]
        answer: dict[str, Any] = json.loads(line)
        return answer


def kill_with_step(airflow: Airflow, name: str) -> None:
    """Kill a step with -9, and Airflow with it, as a power cut does."""
    step = airflow.step(name)
    assert step is not None, f"{name} does not run"
    airflow_process = psutil.Process(airflow.pid)
    airflow_process.suspend()  # it must not take note of the step's end
    step.kill()
    airflow.kill()


@dataclass
class Run:
    """A run of a DAG that is over."""

    state: str
    run_id: str
    tasks: dict[str, str]
    returned: dict[str, Any]
    log: str


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    """Airflow with the DAGs of this checkout."""
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    airflow = Airflow(tmp_path_factory.mktemp("airflow"))
    airflow.start()
    yield airflow
    airflow.kill()


@dataclass
class Site:
    """A topic, a history and a model API of a test's own."""

    settings: Settings
    history: HistoryFolder
    variables: dict[str, str]

    def write(self, records: dict[str, list[bytes]]) -> int:
        """Put the records of matches onto the stream; return how many they are."""
        with EventWriter(self.settings.kafka_broker, linger_ms=5) as writer:
            for match_id, values in records.items():
                for value in values:
                    writer.write(self.settings.events_topic, value, key=match_id.encode())
        return sum(map(len, records.values()))


@pytest.fixture
def site(settings: Settings, api_url: str, tmp_path: Path) -> Site:
    """What the steps of this test work with."""
    variables = {
        "MATCHCAST_KAFKA_BROKER": settings.kafka_broker,
        "MATCHCAST_EVENTS_TOPIC": settings.events_topic,
        "MATCHCAST_HISTORY_DIR": str(tmp_path / "history"),
        "MATCHCAST_API_URL": api_url,
    }
    return Site(settings, HistoryFolder(tmp_path / "history"), variables)


@pytest.fixture
def played(matches: Callable[..., dict[Any, list[bytes]]]) -> dict[str, list[bytes]]:
    """The records of three matches, by match."""
    return {info.id: records for info, records in matches(3).items()}
