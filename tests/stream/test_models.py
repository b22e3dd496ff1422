"""Models on Kafka: promoted, rolled back, taken over by every worker of an API under load."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from msgspec.structs import replace

from matchcast.forecast.artefact import Artefact, from_bytes, load_champion, save, to_bytes
from matchcast.forecast.errors import ChangeOvertaken, DamagedModel, NotInRegistry
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.model_log import ModelLog
from matchcast.forecast.registry import Change, change_record, model_key, now
from matchcast.forecast.situation import Situation
from matchcast.local.broker import Broker
from matchcast.settings import load
from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.topics import Topic, catalogue, ensure_topics
from matchcast.stream.writer import EventWriter

STATE = {
    "match": {"home_team": "Arsenal", "away_team": "Chelsea"},
    "period": 2,
    "minute": 67,
    "score": {"home": 1, "away": 0},
}
SITUATION = Situation("Arsenal", "Chelsea", period=2, minute=67, home_goals=1)
WORKERS = 3
SECONDS = 10
"""Within so many seconds every worker serves what was promoted."""

PACKAGED = load_champion()


def _variant(intercept: float) -> Artefact:
    """The champion with other goal rates: its answers tell which model they are of."""
    rates = PACKAGED.goal_rates
    moved = {**rates.coefficients, "intercept": rates.coefficients["intercept"] + intercept}
    return replace(PACKAGED, goal_rates=replace(rates, coefficients=moved))


FIRST, SECOND = _variant(0.2), _variant(-0.2)
CHANCE = {m.version: GoalRateForecaster(m).outcome(SITUATION).home for m in (PACKAGED, FIRST, SECOND)}


@pytest.fixture
def topic(kafka: Broker) -> str:
    """A topic of models of this test's own."""
    name = f"models_{uuid.uuid4().hex[:12]}"
    models = next(topic for topic in catalogue(load()) if topic.name == "models")
    ensure_topics(kafka.bootstrap, [Topic(name, 1, "a test's", models.config)])
    return name


@pytest.fixture
def models(kafka: Broker, topic: str) -> Iterator[ModelLog]:
    """The log of models of this test."""
    with ModelLog(kafka.bootstrap, topic) as log:
        yield log


def _add(log: ModelLog, model: Artefact) -> str:
    return log.add(to_bytes(model), who="tester", why="to see it")


def test_what_one_process_promotes_another_reads(kafka: Broker, topic: str, models: ModelLog) -> None:
    version = _add(models, FIRST)
    models.promote(version, who="tester", why="it wins")
    with ModelLog(kafka.bootstrap, topic) as other:
        registry = other.refresh()
        assert registry.champion == version
        assert registry.artefact(version) == FIRST
        assert PACKAGED.version in registry, "every host can go back to what served before"
        other.roll_back(who="tester", why="it does not")
    assert models.refresh().champion == PACKAGED.version
    assert [taken.change.why for taken in models.registry.changes] == [
        "to see it",
        "the package's own, to go back to",
        "it wins",
        "it does not",
    ]


def test_a_model_is_added_once_and_an_unknown_one_is_not_promoted(models: ModelLog) -> None:
    assert _add(models, FIRST) == _add(models, FIRST)
    assert len(models.registry.changes) == 1
    with pytest.raises(NotInRegistry):
        models.promote("goal-rates-of-nobody", who="tester", why="a slip")
    with pytest.raises(NotInRegistry):
        models.roll_back(who="tester", why="a slip")
    with pytest.raises(DamagedModel):
        models.add(to_bytes(FIRST)[:-50], who="tester", why="a slip")


def test_two_at_once_cannot_both_replace_the_champion(kafka: Broker, topic: str, models: ModelLog) -> None:
    for model in (FIRST, SECOND):
        _add(models, model)
    models.promote(FIRST.version, who="a", why="first")
    late = Change("promote", SECOND.version, "b", now(), "late", replaces=PACKAGED.version)
    with EventWriter(kafka.bootstrap) as writer:
        key, value = change_record(late)
        writer.write(topic, value, key=key)
    assert models.refresh().champion == FIRST.version
    with pytest.raises(ChangeOvertaken):
        models.promote(FIRST.version, who="a", why="again")


def test_without_a_broker_the_log_says_so() -> None:
    with ModelLog("127.0.0.1:9") as log, pytest.raises(KafkaUnavailable):
        log.refresh(1)


@contextmanager
def _api(folder: Path, broker: str, workers: int = 1) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    log = folder / "api.log"
    environment = {
        **os.environ,
        "MATCHCAST_LOG_FORMAT": "json",
        "MATCHCAST_KAFKA_BROKER": broker,
        "MATCHCAST_STATE_DIR": str(folder / "state"),
    }
    command = [sys.executable, "-m", "matchcast", "api", "--port", "0", "--workers", str(workers)]
    with log.open("w") as stream:
        process = subprocess.Popen(command, stderr=stream, text=True, env=environment)
    try:
        deadline = time.monotonic() + 60
        while (url := _address(log)) is None or not _is_ready(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield url, process
    finally:
        process.terminate()
        process.wait(30)


def _address(log: Path) -> str | None:
    found = re.search(r'"address": ?"([^"]+)"', log.read_text())
    return None if found is None else found[1]


def _is_ready(url: str) -> bool:
    try:
        return requests.get(f"{url}/ready", timeout=5).ok
    except requests.RequestException:
        return False


def _gauges(url: str, name: str) -> dict[str, float]:
    text = requests.get(f"{url}/metrics", timeout=10).text
    return {labels: float(value) for labels, value in re.findall(rf"^{name}(\{{.*\}})? (\S+)$", text, re.M)}


def _serving(url: str) -> set[str]:
    """The models that some worker serves."""
    found = _gauges(url, "matchcast_api_model_info")
    return {labels.split('"')[1] for labels, value in found.items() if value == 1}


class Load:
    """Clients that ask for the same forecast without end, each on a connection of its own."""

    def __init__(self, url: str, clients: int = 6) -> None:
        self.answers: list[tuple[str, float]] = []
        self.failures: list[str] = []
        self._url = url
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with requests.Session() as session:
            while not self._stop.is_set():
                try:
                    response = session.post(f"{self._url}/predict", json=STATE, timeout=10)
                except requests.RequestException as error:
                    self.failures.append(repr(error))
                    continue
                if response.status_code != 200:
                    self.failures.append(response.text)
                    continue
                answer = response.json()
                self.answers.append((answer["model_version"], answer["home"]))


def test_every_worker_takes_over_a_promoted_model_under_load(
    start_kafka: Callable[[], Broker], tmp_path: Path, eventually: Callable[..., None]
) -> None:
    broker = start_kafka()
    ensure_topics(broker.bootstrap, catalogue(load(kafka_broker=broker.bootstrap)))
    with ModelLog(broker.bootstrap) as log, _api(tmp_path, broker.bootstrap, WORKERS) as (url, process):
        for model in (FIRST, SECOND):
            _add(log, model)
        with Load(url) as load_:
            eventually(lambda: len(load_.answers) > 50)
            assert _serving(url) == {PACKAGED.version}
            for version in (FIRST.version, SECOND.version):
                log.promote(version, who="tester", why="under load")
                eventually(lambda version=version: _serving(url) == {version}, SECONDS)
            log.roll_back(who="tester", why="under load")
            eventually(lambda: _serving(url) == {FIRST.version}, SECONDS)

            broken = f"{SECOND.version[:-12]}{'0' * 12}"
            with EventWriter(broker.bootstrap) as writer:
                writer.write("models", to_bytes(SECOND)[:-30], key=model_key(broken))
                change = Change("promote", broken, "tester", now(), "a slip", replaces=FIRST.version)
                key, value = change_record(change)
                writer.write("models", value, key=key)
            refused = "matchcast_api_models_refused_total"
            eventually(lambda: sum(_gauges(url, refused).values()) >= WORKERS, SECONDS)
            described = requests.get(f"{url}/model", timeout=10).json()
            assert described["version"] == FIRST.version
            assert described["refused"]["version"] == broken
            assert "no model that can be read" in described["refused"]["reason"]
            assert _serving(url) == {FIRST.version}
            log.roll_back(who="tester", why="the slip")
            eventually(
                lambda: all(
                    requests.get(f"{url}/model", timeout=10).json()["refused"] is None for _ in range(12)
                ),
                SECONDS,
            )
        assert load_.failures == []
        assert {version for version, _ in load_.answers} >= {PACKAGED.version, FIRST.version}
        for version, home in load_.answers:
            assert home == pytest.approx(CHANCE[version], abs=1e-9), "an answer is of one model alone"

        broker.kill()
        eventually(lambda: _gauges(url, "matchcast_api_model_log_up")[""] == 0)
        assert (
            requests.post(f"{url}/predict", json=STATE, timeout=10).json()["model_version"] == FIRST.version
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    with _api(tmp_path, broker.bootstrap) as (url, _):
        assert _serving(url) == {FIRST.version}, "a start without Kafka serves what was promoted last"


def _matchcast(broker: Broker, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "matchcast", "models", *map(str, arguments)]
    environment = {**os.environ, "MATCHCAST_KAFKA_BROKER": broker.bootstrap}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_the_command_adds_promotes_lists_and_rolls_back(
    start_kafka: Callable[[], Broker], tmp_path: Path
) -> None:
    broker = start_kafka()
    file = tmp_path / "model.json"
    save(FIRST, file)
    added = _matchcast(broker, "add", file, "--why", "trained on Monday")
    assert added.stdout.strip() == FIRST.version, added.stderr
    promoted = _matchcast(broker, "promote", FIRST.version, "--why", "it wins", "--who", "ada")
    assert f"promoted {FIRST.version} in place of {PACKAGED.version}, by ada: it wins" in promoted.stdout
    listed = json.loads(_matchcast(broker, "list", "--json").stdout)
    assert listed["champion"] == FIRST.version
    assert {model["standing"] for model in listed["models"]} == {"champion", "former"}
    shown = json.loads(_matchcast(broker, "show", "champion").stdout)
    assert shown["version"] == FIRST.version
    assert shown["sha256"] == from_bytes(file.read_bytes()).sha256
    back = _matchcast(broker, "roll-back", "--why", "it does not")
    assert f"rolled back to {PACKAGED.version}" in back.stdout
    assert _matchcast(broker, "list").stdout.startswith(f"{PACKAGED.version}  champion\n")
    again = _matchcast(broker, "roll-back", "--why", "once more")
    assert again.returncode == 1
    assert "Try: " in again.stderr
    assert _matchcast(broker, "promote", FIRST.version).returncode == 2, "a reason is needed"
