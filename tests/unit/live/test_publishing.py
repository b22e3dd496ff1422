"""Telling listeners: at once where it is quiet, joined where it is busy, and nothing is left untold."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import pytest

from matchcast.events.record import decode
from matchcast.live.publishing import LIST_GAP_SECONDS, MATCH_PAIR_SECONDS, Publisher
from matchcast.live.running import RunningMatch
from matchcast.live.tracker import RecentEvent
from matchcast.match.state import MatchState


class Ear:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.matches: list[tuple[str, int, float]] = []
        self.lists: list[tuple[set[str], list[int]]] = []
        self.released: list[str] = []

    def match_changed(self, match: RunningMatch) -> None:
        self.matches.append((match.match_id, match.version, time.monotonic()))

    def list_changed(self, matches: Collection[RunningMatch], events: Sequence[RecentEvent]) -> None:
        self.lists.append(({match.match_id for match in matches}, [event.offset for event in events]))

    def matches_released(self, match_ids: Collection[str]) -> None:
        self.released += match_ids


class Deaf(Ear):
    def match_changed(self, match: RunningMatch) -> None:
        raise RuntimeError("it fails")


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def lock() -> threading.RLock:
    return threading.RLock()


@pytest.fixture
def publisher(lock: Any, ear: Ear) -> Iterator[Publisher]:
    publisher = Publisher(lock, [Deaf(), ear])
    publisher.start()
    yield publisher
    publisher.stop()


@pytest.fixture
def match(log: Any, event: Any) -> RunningMatch:
    record = log.put(event())
    return RunningMatch(MatchState("m"), record)


def test_an_event_and_its_forecast_are_told_without_delay(
    publisher: Publisher, lock: Any, ear: Ear, match: RunningMatch, eventually: Callable[..., None]
) -> None:
    for _ in range(2):
        before = time.monotonic()
        known = len(ear.matches)
        with lock:
            publisher.touch(match)
        eventually(lambda known=known: len(ear.matches) > known)
        assert ear.matches[-1][2] - before < MATCH_PAIR_SECONDS


def test_a_busy_match_is_told_forty_times_a_second_at_most_and_its_last_state_is(
    publisher: Publisher,
    lock: Any,
    ear: Ear,
    match: RunningMatch,
    log: Any,
    event: Any,
    eventually: Callable[..., None],
) -> None:
    began = time.monotonic()
    while time.monotonic() - began < 0.5:
        record = log.put(event())
        with lock:
            match.apply(decode(record.value), record)
            publisher.touch(match)
    eventually(lambda: ear.matches[-1][1] == match.version)
    assert len(ear.matches) <= 2 + 2 * (time.monotonic() - began) / MATCH_PAIR_SECONDS
    assert len(ear.matches) > 5


def test_the_list_is_told_with_all_that_changed_and_the_newest_events(
    publisher: Publisher, lock: Any, ear: Ear, match: RunningMatch, eventually: Callable[..., None]
) -> None:
    events = [RecentEvent("m", None, 0, offset, 0) for offset in range(120)]  # type: ignore[arg-type]
    with lock:
        publisher.touch(match)
        publisher.add_events(events[:60], 50)
        publisher.add_events(events[60:], 50)
    eventually(lambda: ear.lists)
    assert ear.lists == [({"m"}, list(range(70, 120)))]
    with lock:
        publisher.touch(match)
    before = time.monotonic()
    eventually(lambda: len(ear.lists) == 2)
    assert time.monotonic() - before > LIST_GAP_SECONDS / 3


def test_a_match_that_is_released_is_told_of_as_such_alone(
    publisher: Publisher, lock: Any, ear: Ear, match: RunningMatch, eventually: Callable[..., None]
) -> None:
    with lock:
        publisher.touch(match)
        publisher.release(["m"])
    eventually(lambda: ear.released == ["m"])
    assert ear.matches == []


def test_stopping_tells_what_is_gathered(
    publisher: Publisher, lock: Any, ear: Ear, match: RunningMatch
) -> None:
    with lock:
        for _ in range(3):
            publisher.touch(match)
    publisher.stop()
    assert ear.matches[-1][:2] == ("m", match.version)
    assert ear.lists[-1][0] == {"m"}
