"""Simulated matches, sent to Kafka at an even rate."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import msgspec

from benchmarks.system import TOPIC
from matchcast.simulate.fixtures import arrange
from matchcast.simulate.match import simulate
from matchcast.stream.writer import Delivery, EventWriter

CLUBS = (
    "Manchester United", "Liverpool", "Arsenal", "Chelsea", "Manchester City", "Tottenham Hotspur",
    "Newcastle United", "Aston Villa", "Everton", "West Ham United",
)  # fmt: skip


def make_matches(count: int, seed: int, name: str) -> dict[str, list[bytes]]:
    """Return the records of some simulated matches, by match id."""
    matches = {}
    for number in range(count):
        home, away = CLUBS[2 * number % 10], CLUBS[(2 * number + 1) % 10]
        match_id = f"{name}_{number}"
        fixture = arrange(home, away, seed=seed, kick_off=datetime.now(UTC), match_id=match_id)
        matches[match_id] = [msgspec.json.encode(moment.record) for moment in simulate(fixture)]
    return matches


def interleave(matches: dict[str, list[bytes]], at_once: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the records of matches in turn, one of each; only so many run at once, and the next follows."""
    waiting = iter(matches.items())
    running = [(match_id, iter(records)) for match_id, records in islice(waiting, at_once)]
    while running:
        for place, (match_id, records) in enumerate(running):
            record = next(records, None)
            if record is not None:
                yield match_id, record
            elif (following := next(waiting, None)) is not None:
                running[place] = (following[0], iter(following[1]))
            else:
                running = [one for one in running if one[0] != match_id]
                break


class Sender:
    """Sends records; `sent_at` holds when each was handed to Kafka's client, by partition and offset, in s."""

    def __init__(self, broker: str) -> None:
        self._writer = EventWriter(broker)
        self.sent_at: dict[str, float] = {}
        self.count = 0

    def send(self, records: Iterator[tuple[str, bytes]], rate: float, seconds: float) -> float:
        """Send `rate` records a second for so long; return how long it took in seconds."""
        started = time.perf_counter()
        for number, (match_id, record) in enumerate(islice(records, int(rate * seconds))):
            due = started + number / rate
            while (early := due - time.perf_counter()) > 0:
                self._writer.poll(min(early, 0.01) if early > 0.002 else 0)
            self._send(match_id, record)
        self._writer.flush()
        return time.perf_counter() - started

    def _send(self, match_id: str, record: bytes) -> None:
        at = time.time()

        def keep(delivery: Delivery) -> None:
            if delivery.failure is not None:
                raise SystemExit(f"Kafka refused a record: {delivery.failure}")
            self.sent_at[f"{delivery.partition}:{delivery.offset}"] = at

        self._writer.write(TOPIC, record, key=match_id.encode(), on_delivery=keep)
        self.count += 1
