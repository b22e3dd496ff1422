"""The steps of football_pipeline as Airflow runs them: what fails says why, and succeeds when it is run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matchcast.forecast.drift_report import DriftReport, decode
from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import connect
from matchcast.pipeline.files import BatchFiles
from matchcast.pipeline.observations import read_record
from matchcast.settings import Settings
from matchcast.stream.reader import EventReader, read_to_end
from matchcast.stream.writer import EventWriter

BATCH = "b1"
FOOTBALL = ("drain", "features", "score", "check")
NOWHERE = "127.0.0.1:1"


class Steps:
    """Runs steps as processes, on a history and a topic of a test's own."""

    def __init__(self, settings: Settings, api_url: str, history: Path) -> None:
        self.settings = settings
        self.api_url = api_url
        self.history = HistoryFolder(history)
        self.files = BatchFiles(self.history, BATCH)
        self._began_ms = time.time_ns() // 1_000_000

    def write(self, matches: dict[Any, list[bytes]]) -> None:
        with EventWriter(self.settings.kafka_broker, linger_ms=5) as writer:
            for info, records in matches.items():
                for record in records:
                    writer.write(self.settings.events_topic, record, key=info.id.encode())

    def run(self, step: str, *, broker: str = "", api: str = "") -> subprocess.CompletedProcess[str]:
        where = ["--history", str(self.history.path), "--kafka-broker", broker or self.settings.kafka_broker]
        command = [sys.executable, "-m", "matchcast", "pipeline", *where, "--api-url", api or self.api_url]
        variables = {**os.environ, "MATCHCAST_EVENTS_TOPIC": self.settings.events_topic}
        return subprocess.run(
            [*command, step, "--batch", BATCH],
            capture_output=True, text=True, timeout=300, check=False, env=variables,
        )  # fmt: skip

    def succeed(self, *steps: str) -> dict[str, Any]:
        """Run steps; return the result of the last."""
        for step in steps:
            done = self.run(step)
            assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        assert (result["step"], result["batch"]) == (steps[-1], BATCH)
        return result

    def reports(self) -> list[DriftReport]:
        """What was told of drift since the test began, in its order; other tests use the same topic."""
        with EventReader(self.settings.kafka_broker, "drift_reports") as reader:
            reader.start_at_time(self._began_ms)
            return [decode(record.value) for some in read_to_end(reader, 10) for record in some]


@pytest.fixture
def steps(settings: Settings, api_url: str, tmp_path: Path) -> Steps:
    return Steps(settings, api_url, tmp_path / "history")


def test_drift_is_looked_for_kept_told_on_its_topic_and_in_the_result(
    steps: Steps, matches: Callable[..., dict[Any, list[bytes]]]
) -> None:
    steps.write(matches(2))
    result = steps.succeed(*FOOTBALL)
    assert result["passed"]
    assert result["drift"] == {"simulated": {"drifted": False, "matches": 2, "reference": 0, "signs": []}}
    kept = json.loads(steps.files.drift.read_bytes())
    told = steps.reports()[-1]
    assert (told.origin, told.matches, told.key) == ("simulated", 2, b"simulated")
    assert kept["simulated"]["model_version"] == told.model_version


def test_drift_that_meets_a_dead_broker_fails_with_the_reason_and_is_told_when_run_again(
    steps: Steps, matches: Callable[..., dict[Any, list[bytes]]]
) -> None:
    steps.write(matches(1))
    steps.succeed("drain", "features", "score")
    failed = steps.run("check", broker=NOWHERE)
    assert failed.returncode == 1
    assert f"✘ Kafka at {NOWHERE} does not answer" in failed.stderr
    assert steps.succeed("check")["drift"]["simulated"]["matches"] == 1
    assert [one.matches for one in steps.reports() if one.origin == "simulated"][-1] == 1


def test_a_dead_api_fails_the_scoring_with_the_reason_and_it_succeeds_when_run_again(
    steps: Steps, matches: Callable[..., dict[Any, list[bytes]]]
) -> None:
    steps.write(matches(1))
    steps.succeed("drain", "features")
    failed = steps.run("score", api=f"http://{NOWHERE}")
    assert failed.returncode == 1
    assert "gives no forecast: nothing listens there" in failed.stderr
    assert not steps.files.forecasts.exists()
    assert steps.succeed("score")["forecasts"] == 18


def test_a_batch_that_is_not_as_it_should_be_fails_for_good_and_says_what_is_wrong(
    steps: Steps, matches: Callable[..., dict[Any, list[bytes]]]
) -> None:
    (records,) = matches(1).values()
    end = json.loads(records[-1])
    ghost = {**end, "id": "ghost", "type": {"name": "Own Goal For"}, "minute": 160}
    ((info, told),) = matches(1).items()
    steps.write({info: [*told, json.dumps(ghost).encode()]})
    steps.succeed("drain", "features", "score")
    failed = steps.run("check")
    assert failed.returncode == 3
    assert "times are those of a match: 1 of" in failed.stderr
    assert not steps.files.drift.exists(), "what failed is not looked at"


# Ends itself, as by a power cut, at the Nth time that a step is about to write to the history.
DIES = """
import os, shutil, signal, sys
import matchcast.history.finished, matchcast.pipeline.drift, matchcast.pipeline.quality
import matchcast.pipeline.challenge, matchcast.pipeline.registry
from matchcast.pipeline.command import pipeline

begun, folder, steps, touches, *where = sys.argv[1:]
WRITES = set(touches.split(","))

def writes(event, arguments):
    if event == "open":
        _, mode, flags = arguments
        return bool(set(mode) & set("wax+")) if mode else bool(flags & (os.O_WRONLY | os.O_RDWR))
    return True

def run(target, last):
    written = 0
    def count(event, arguments):
        nonlocal written
        if event in WRITES and target in str(arguments[0]) and writes(event, arguments):
            written += 1
            if written == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    for step in steps.split(","):
        pipeline(["--history", target, *where, step, "--batch", "b1"], standalone_mode=False)

def in_child(target, last):
    child = os.fork()  # before any thread of Kafka's client or DuckDB
    if child == 0:
        try:
            run(target, last)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]

deaths = 0
while True:
    target = f"{folder}/{deaths + 1}"
    shutil.copytree(begun, target)
    status = in_child(target, deaths + 1)
    if not os.WIFSIGNALED(status):
        break
    deaths += 1
    assert in_child(target, 0) == 0, deaths
print(f"deaths {deaths}")
sys.exit(status)
"""


WRITES = "open,os.rename,os.remove,os.mkdir"
RENAMES = "os.rename"
"""What is written counts when it is renamed into place; to be killed before each is enough where a step takes long."""


def die_in(steps: Steps, names: str, folder: Path, touches: str = WRITES) -> list[HistoryFolder]:
    """Kill steps at each of their writes and run them again; return the histories, the last one unhurt."""
    begun = [str(steps.history.path), str(folder), names, touches]
    where = ["--kafka-broker", steps.settings.kafka_broker, "--api-url", steps.api_url]
    done = subprocess.run(
        [sys.executable, "-c", DIES, *begun, *where],
        capture_output=True, text=True, timeout=900, check=False,
        env={**os.environ, "MATCHCAST_EVENTS_TOPIC": steps.settings.events_topic},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    deaths = int(done.stdout.splitlines()[-1].removeprefix("deaths "))
    return [HistoryFolder(folder / str(number)) for number in range(1, deaths + 2)]


@pytest.mark.timeout(900)
def test_features_scores_and_checks_that_are_killed_at_any_write_lose_and_double_nothing(
    steps: Steps, matches: Callable[..., dict[Any, list[bytes]]], tmp_path: Path
) -> None:
    steps.write(matches(1))
    steps.succeed("drain")
    histories = die_in(steps, "features,score,check", tmp_path / "killed")
    assert len(histories) > 12
    for history in histories:
        files = BatchFiles(history, BATCH)
        with connect() as database:
            for path, count in ((files.matches, 1), (files.features, 18), (files.forecasts, 18)):
                assert database.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall() == [
                    (count,)
                ]
        assert json.loads(files.checks.read_bytes())["passed"]
        assert json.loads(files.drift.read_bytes())["simulated"]["matches"] == 1
        assert len(read_record(history.path / "drift/observed/simulated.json").matches) == 1
