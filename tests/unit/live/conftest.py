"""Records of matches, as they come from Kafka, without a broker."""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn

from matchcast.api.app import create_app
from matchcast.api.current import CurrentModel
from matchcast.api.metrics import Metrics
from matchcast.events.record import MatchInfo
from matchcast.simulate.fixtures import arrange
from matchcast.simulate.match import simulate
from matchcast.stream.client import StreamRecord

Records = Iterable[StreamRecord]


class Log:
    """Partitions that records are put into; each knows its offset."""

    def __init__(self) -> None:
        self._offsets = [itertools.count() for _ in range(6)]

    def put(
        self,
        value: bytes | dict[str, Any] | None,
        key: str | bytes | None = None,
        *,
        partition: int = 0,
        at_ms: int = 0,
    ) -> StreamRecord:
        raw = json.dumps(value).encode() if isinstance(value, dict) else value
        coded = key.encode() if isinstance(key, str) else key
        return StreamRecord("events", partition, next(self._offsets[partition]), coded, raw, at_ms)

    def match(self, info: MatchInfo, *, partition: int = 0) -> list[StreamRecord]:
        """The records of a simulated match, keyed by its id."""
        return [self.put(moment.record, info.id, partition=partition) for moment in simulate(info)]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def fixture_of() -> Callable[..., MatchInfo]:
    """Arranges a match of two teams; the seed makes it another one."""

    def fixture_of(home: str = "Arsenal", away: str = "Chelsea", *, seed: int = 1, **more: Any) -> MatchInfo:
        return arrange(home, away, seed=seed, kick_off=datetime(2026, 3, 1, 15, tzinfo=UTC), **more)

    return fixture_of


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    """Makes events in the original format: no match, no period."""
    numbers = itertools.count(1)

    def event(kind: str = "Pass", team: str = "Arsenal", minute: int = 0, **more: Any) -> dict[str, Any]:
        made = {
            "id": next(numbers),
            "minute": minute,
            "second": 0,
            "type": {"name": kind},
            "team": {"name": team},
        }
        return {**made, **more}

    return event


@pytest.fixture
def broken_values() -> Callable[[int], Iterator[bytes | None]]:
    """Yields as many values as wanted that are no events, of every kind there is."""

    def broken_values(count: int) -> Iterator[bytes | None]:
        good = json.dumps(
            {
                "id": 1,
                "minute": 3,
                "second": 4,
                "type": {"name": "Shot"},
                "team": {"name": "Arsenal"},
                "shot": {"xG": 0.3},
            }
        )
        kinds: list[Callable[[int], bytes | None]] = [
            lambda n: good[: n % (len(good) - 1)].encode(),  # cut short
            lambda n: good.replace('"minute": 3', f'"minute": "{n}"').encode(),  # wrong type
            lambda n: good.replace("0.3", "NaN").encode(),
            lambda n: good.replace("0.3", str(1.5 + n)).encode(),  # out of bounds
            lambda n: good.replace('"team": {"name": "Arsenal"}', f'"crowd": {n}').encode(),  # no team
            lambda n: b"[" * (1000 + n % 5000),  # nested too deeply
            lambda n: good.replace(
                '"Arsenal"', '"' + "A" * (201 + n % 300) + '"'
            ).encode(),  # a name too long
            lambda n: bytes((n * 7 + i * 31) % 256 for i in range(n % 64)),  # binary
            lambda n: b"null" if n % 2 else b"[1, 2, 3]",
            lambda n: None,
            lambda n: b"\xff\xfe" + good.encode(),
            lambda n: good.replace('"id": 1', f'"id": {2**63 + n}').encode(),
        ]
        for n in range(count):
            yield kinds[n % len(kinds)](n)
        yield from ()

    return broken_values


class Api:
    """A real model API in this process, which a test stops and starts; its address stays."""

    def __init__(self) -> None:
        self.model = CurrentModel(Metrics())
        self.model.load()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._socket.close()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        server = uvicorn.Server(
            uvicorn.Config(create_app(self.model), port=self.port, log_config=None, ws="none")
        )
        self._server, self._thread = server, threading.Thread(target=server.run)
        self._thread.start()
        wait_until(lambda: server.started)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(20)
            self._server = None


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.005)


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Waits until a condition is true, up to 20 s."""
    return wait_until


@pytest.fixture
def model_api() -> Iterator[Api]:
    api = Api()
    api.start()
    yield api
    api.stop()
