"""Producers as processes, and what they have written."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from matchcast.events.record import MatchInfo, decode
from matchcast.local.broker import Broker
from matchcast.produce.heartbeat import Heartbeat
from matchcast.produce.heartbeat import decode as decode_heartbeat
from matchcast.produce.playing import encode_record
from matchcast.settings import load
from matchcast.simulate.match import simulate
from matchcast.stream.client import StreamRecord
from matchcast.stream.reader import EventReader
from matchcast.stream.topics import catalogue, ensure_topics, wait_for_broker

EVENTS, PRODUCERS, REQUESTS = "live_football_events", "producers", "match_requests"


def read_all(broker: str, topic: str = EVENTS) -> list[StreamRecord]:
    """Return all records of a topic, those of a key in the order in which they were written."""
    records = []
    with EventReader(broker, topic) as reader:
        reader.start_at_beginning()
        while not reader.caught_up:
            records += reader.read()
    return records


def matches_in(broker: str) -> dict[str, list[bytes]]:
    """Return the records of each match, in the order in which they were written."""
    found: dict[str, list[bytes]] = {}
    for record in read_all(broker):
        found.setdefault((record.key or b"").decode(), []).append(record.value or b"")
    return found


def match_of(records: list[bytes]) -> MatchInfo:
    """Return the match that records belong to."""
    match = decode(records[0]).match
    assert match is not None
    return match


def whole_match(match: MatchInfo) -> list[bytes]:
    """Return the records of a simulated match from the first to the last."""
    return [encode_record(moment.record) for moment in simulate(match)]


def heartbeats(broker: str) -> dict[str, Heartbeat]:
    """Return the newest heartbeat of each producer that has not been forgotten."""
    newest: dict[str, Heartbeat] = {}
    for record in read_all(broker, PRODUCERS):
        key = (record.key or b"").decode()
        newest.pop(key, None)
        beat = decode_heartbeat(record.value or b"")
        if beat is not None:
            newest[key] = beat
    return newest


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


class Command:
    """A `matchcast` process; its output is kept."""

    def __init__(self, *arguments: str, log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "matchcast", *arguments], stdout=output, stderr=output
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text()

    def kill(self) -> None:
        """End it at once, in whatever it does."""
        self.process.kill()
        self.process.wait(10)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self, seconds: float = 60) -> int:
        """Return its exit code once it has ended."""
        return self.process.wait(seconds)


Run = Callable[..., Command]
RunOn = Callable[..., Command]


@pytest.fixture(scope="module")
def module_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for the tests of a module, which may kill it if they start it again."""
    with Broker.running(tmp_path_factory.mktemp("kafka"), heap="384m") as broker:
        yield broker


@pytest.fixture
def own_kafka(module_kafka: Broker) -> Broker:
    """A broker on which no producer has ever been heard."""
    admin = wait_for_broker(module_kafka.bootstrap)
    wanted = catalogue(load(kafka_broker=module_kafka.bootstrap))
    names = {topic.name for topic in wanted}
    there = sorted(names.intersection(admin.list_topics(timeout=10).topics))
    if there:
        for deleted in admin.delete_topics(there).values():
            deleted.result(30)
        wait_until(lambda: not names.intersection(admin.list_topics(timeout=10).topics))
    ensure_topics(module_kafka.bootstrap, wanted)
    return module_kafka


@pytest.fixture
def kafka_to_kill(start_kafka: Callable[[], Broker]) -> Broker:
    """A broker of the test alone."""
    broker = start_kafka()
    ensure_topics(broker.bootstrap, catalogue(load(kafka_broker=broker.bootstrap)))
    return broker


@pytest.fixture
def run_on(tmp_path: Path) -> Iterator[RunOn]:
    """Starts `matchcast` commands on a broker, and ends those that are left."""
    commands: list[Command] = []

    def run_on(broker: Broker, name: str, *arguments: str) -> Command:
        log = tmp_path / f"{len(commands)}.log"
        commands.append(Command(name, "--kafka-broker", broker.bootstrap, *arguments, log=log))
        return commands[-1]

    yield run_on
    for command in commands:
        if command.process.poll() is None:
            command.process.send_signal(signal.SIGCONT)
            command.kill()


@pytest.fixture
def run(own_kafka: Broker, run_on: RunOn) -> Run:
    """Starts `matchcast` commands on the test's broker, and ends those that are left."""
    return partial(run_on, own_kafka)
