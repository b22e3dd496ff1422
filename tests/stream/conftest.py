"""A real Kafka with topics of each test's own, a real model API, and processes to be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from matchcast.events.record import MatchInfo
from matchcast.live.service import LiveOptions
from matchcast.local.broker import Broker
from matchcast.settings import Settings, load
from matchcast.simulate.fixtures import arrange
from matchcast.simulate.match import simulate
from matchcast.stream.topics import Topics, catalogue, ensure_topics

FOLLOWER = Path(__file__).with_name("follower.py")


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.01)


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Waits until a condition is true, up to a minute."""
    return wait_until


@pytest.fixture
def own_settings() -> Callable[[Broker], Settings]:
    """Makes the topics of a test on a broker and returns the settings that name them."""

    def own_settings(broker: Broker) -> Settings:
        settings = load(kafka_broker=broker.bootstrap, events_topic=f"events_{uuid.uuid4().hex[:12]}")
        ensure_topics(broker.bootstrap, catalogue(settings))
        return settings

    return own_settings


@pytest.fixture
def settings(kafka: Broker, own_settings: Callable[[Broker], Settings]) -> Settings:
    """Settings with topics of this test's own on the shared broker."""
    return own_settings(kafka)


@pytest.fixture(scope="session")
def api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a `matchcast api` that serves the package's champion."""
    log = tmp_path_factory.mktemp("api") / "api.log"
    command = [sys.executable, "-m", "matchcast", "api", "--port", "0"]
    own = {"MATCHCAST_KAFKA_BROKER": "127.0.0.1:9", "MATCHCAST_STATE_DIR": str(log.parent / "state")}
    variables = {**os.environ, "MATCHCAST_LOG_FORMAT": "json", **own}
    with log.open("w") as stream:
        process = subprocess.Popen(command, stderr=stream, env=variables)
    try:
        wait_until(lambda: '"address"' in log.read_text())
        lines = [json.loads(line) for line in log.read_text().splitlines() if '"address"' in line]
        url = str(lines[0]["address"])
        wait_until(lambda: requests.get(f"{url}/ready", timeout=30).ok)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def options(settings: Settings, api_url: str, tmp_path: Path) -> LiveOptions:
    """What a live service of this test works with."""
    return LiveOptions(
        settings.kafka_broker,
        api_url,
        tmp_path / "kept",
        Topics(events=settings.events_topic),
        checkpoint_seconds=0.2,
    )


@pytest.fixture
def matches() -> Callable[..., dict[MatchInfo, list[bytes]]]:
    """Plays matches and returns the records of each."""

    def matches(count: int = 3, *, seed: int = 0, knockout: bool = False) -> dict[MatchInfo, list[bytes]]:
        teams = ["Arsenal", "Chelsea", "Everton", "West Ham United", "Manchester United", "Liverpool"]
        played = {}
        for number in range(count):
            home, away = teams[2 * number % 6], teams[(2 * number + 1) % 6]
            kick_off = datetime(2026, 3, 1, 15, tzinfo=UTC)
            info = arrange(
                home, away, seed=seed + number, kick_off=kick_off, match_id=f"m{number}", knockout=knockout
            )
            played[info] = [json.dumps(moment.record).encode() for moment in simulate(info)]
        return played

    return matches


class Follower:
    """A process that follows the matches as a dashboard does; it may be killed and started again."""

    def __init__(self, options: LiveOptions) -> None:
        self.options = options
        self._process: subprocess.Popen[str] | None = None

    def start(self, *, gevent: bool = False) -> None:
        options = self.options
        arguments = [options.broker, options.api_url, str(options.checkpoint), options.topics.events]
        self._process = subprocess.Popen(
            [sys.executable, str(FOLLOWER), *arguments, *(["gevent"] if gevent else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self) -> dict[str, Any]:
        """What it knows now."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("tell\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.communicate(timeout=30)
            self._process = None


@pytest.fixture
def follower(options: LiveOptions) -> Iterator[Follower]:
    """A process that follows the matches of this test; not started."""
    follower = Follower(options)
    yield follower
    follower.kill()


@pytest.fixture
def follow() -> Iterator[Callable[[LiveOptions], Follower]]:
    """Makes processes that follow matches, with options of the test's choice."""
    made: list[Follower] = []

    def follow(options: LiveOptions) -> Follower:
        made.append(Follower(options))
        return made[-1]

    yield follow
    for follower in made:
        follower.kill()
