"""Wakes a DAG when a match has ended: a trigger that follows the events topic in a group of its own.

The group's offsets say only how far the stream was looked through for ends, so that a triggerer that
starts again misses none; what is in history, the drain knows by itself. In Airflow's folder of plugins,
because a triggerer does not read the folder of the DAGs.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from confluent_kafka import Consumer, KafkaError, KafkaException

GROUP = "matchcast_match_ends"

GAP = "MATCHCAST_WAKE_UP_GAP"
"""Seconds between two wake-ups, at least."""

SETTLED_SECONDS = 2.0
"""An end is followed by records of its own match and often by ends of others: one wake-up serves them."""

MOST_AT_ONCE = 10_000
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0

log = structlog.get_logger(__name__)


def ends_match(value: bytes | None) -> bool:
    """Whether a record says that its match is over, or that a half from the second on is.

    Files of real matches have no record of the end itself. Only the few records that may be one are decoded.
    """
    if value is None:
        return False
    if b'"Match End"' in value:
        return True
    if b'"Half End"' not in value:
        return False
    try:
        record = json.loads(value)
        return record["type"]["name"] == "Half End" and int(record["period"]) >= 2
    except (ValueError, TypeError, KeyError):
        return False


class Pace:
    """When to wake: soon after an end, at most once in a gap, and after the last end in any case.

    Args:
        gap: seconds from one wake-up to the next, at least.
        settled: seconds that are waited after the first end that has not been told.
    """

    def __init__(self, gap: float, settled: float = SETTLED_SECONDS) -> None:
        self._gap = gap
        self._settled = settled
        self._last = float("-inf")
        self._first_end: float | None = None
        self.ends = 0

    def notice(self, ends: int, now: float) -> None:
        """Take note of ends that were seen at a moment (in seconds, monotonic)."""
        if ends and self._first_end is None:
            self._first_end = now
        self.ends += ends

    def due(self, now: float) -> bool:
        """Whether it is time to wake."""
        if self._first_end is None:
            return False
        return now >= max(self._first_end + self._settled, self._last + self._gap)

    def wake(self, now: float) -> int:
        """Note that it woke; return how many ends that was for."""
        told, self.ends = self.ends, 0
        self._last, self._first_end = now, None
        return told


class EndReader:
    """Counts the ends in a topic. A broker that is away is waited for by the client, in growing pauses."""

    def __init__(self, broker: str, topic: str) -> None:
        self._trouble: str | None = None
        self._consumer = Consumer(
            {
                "bootstrap.servers": broker,
                "group.id": GROUP,
                "client.id": GROUP,
                "auto.offset.reset": "latest",
                "enable.auto.offset.store": False,
                "allow.auto.create.topics": False,
                "topic.metadata.refresh.interval.ms": 10_000,
                "session.timeout.ms": 10_000,
                "reconnect.backoff.max.ms": 10_000,
                "log_level": 0,
                "error_cb": self._say,
            }
        )
        self._consumer.subscribe([topic])

    def read(self, seconds: float) -> int:
        """Return how many ends came within some time."""
        ends = 0
        for message in self._consumer.consume(MOST_AT_ONCE, seconds):
            if (error := message.error()) is not None:
                self._say(error)
            else:
                self._trouble = None
                ends += ends_match(message.value())
        return ends

    def remember(self) -> None:
        """Keep that all ends so far were told."""
        places = self._consumer.position(self._consumer.assignment())
        self._consumer.store_offsets(offsets=[place for place in places if place.offset >= 0])

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _say(self, error: KafkaError) -> None:
        """Log what is wrong, once until it changes."""
        if error.name() != self._trouble:
            self._trouble = error.name()
            log.warning("no ends of matches are seen; the timetable goes on", reason=error.str())


class MatchEnded(BaseEventTrigger):
    """Fires some seconds after a match ended, at most once in a minimum gap.

    It takes Kafka's address, the topic and the gap from the triggerer's environment.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what makes it again."""
        return f"{__name__}.{type(self).__name__}", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire for ever."""
        pace = Pace(float(os.environ.get(GAP, "60")))
        pause = FIRST_PAUSE
        while True:
            try:
                async for ends in self._ends_at_pace(pace):
                    pause = FIRST_PAUSE
                    yield TriggerEvent({"ends": ends})
            except KafkaException as error:
                log.warning("the reader of matches' ends begins anew", reason=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _ends_at_pace(self, pace: Pace) -> AsyncIterator[int]:
        loop = asyncio.get_running_loop()
        # The client blocks, and one thread at a time may use it; that thread closes it too.
        thread = ThreadPoolExecutor(1, thread_name_prefix="match-ends")
        reader = EndReader(
            os.environ.get("MATCHCAST_KAFKA_BROKER", "127.0.0.1:9092"),
            os.environ.get("MATCHCAST_EVENTS_TOPIC", "live_football_events"),
        )
        try:
            while True:
                ends = await loop.run_in_executor(thread, reader.read, 1.0)
                pace.notice(ends, time.monotonic())
                if pace.due(time.monotonic()):
                    yield pace.wake(time.monotonic())
                if not pace.ends:
                    await loop.run_in_executor(thread, reader.remember)
        finally:
            thread.submit(reader.close)
            thread.shutdown(wait=False)
