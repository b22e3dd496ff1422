"""Wakes a DAG when a match has ended: a trigger that follows the events topic in a group of its own.

The group's offsets say only how far the stream was looked through for ends, so that a triggerer that
starts again misses none; what is in history, the drain knows by itself. In Airflow's folder of plugins,
because a triggerer does not read the folder of the DAGs.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any

import structlog
from airflow.triggers.base import BaseEventTrigger, TriggerEvent
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from wake_up import Pace, ends_match, seconds_of

GROUP = "matchcast_match_ends"

GAP = "MATCHCAST_WAKE_UP_GAP"
"""Names the seconds between two wake-ups, at least."""

USUAL_GAP = 60.0

MOST_AT_ONCE = 1_000
LONGEST_READ, LONGEST_ANSWER = 1.0, 10.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
PATIENCE = 60.0

log = structlog.get_logger(__name__)


class EndReader:
    """Counts the ends in a topic. A broker that is away is waited for by the client, in growing pauses.

    For a minute: a client may stay cut off for good after its only broker was fenced, while a new one is
    answered at once (seen with librdkafka 2.16).
    """

    def __init__(self, broker: str, topic: str) -> None:
        self._trouble: KafkaError | None = None
        self._in_trouble_since = 0.0
        self._is_missing = False
        self._consumer = Consumer(
            {
                "bootstrap.servers": broker,
                "group.id": GROUP,
                "client.id": GROUP,
                "enable.auto.offset.store": False,
                "allow.auto.create.topics": False,
                "topic.metadata.refresh.interval.ms": 10_000,
                "session.timeout.ms": 10_000,
                "reconnect.backoff.max.ms": 10_000,
                "log_level": 0,
                "error_cb": self._say,
            }
        )
        self._consumer.subscribe([topic], on_assign=self._begin)

    def read(self, *, all_told: bool) -> int:
        """Return how many ends came within a second.

        Args:
            all_told: whether the ends that were read before have woken somebody, and need not be read again.

        Raises:
            KafkaException: the broker has been away for a minute.
        """
        waited = time.monotonic() - self._in_trouble_since
        if self._trouble is not None and not self._is_missing and waited > PATIENCE:
            raise KafkaException(self._trouble)
        if all_told:
            places = self._consumer.position(self._consumer.assignment())
            self._consumer.store_offsets(offsets=[place for place in places if place.offset >= 0])
        ends = 0
        for message in self._consumer.consume(MOST_AT_ONCE, LONGEST_READ):
            if (error := message.error()) is not None:
                self._say(error)
            else:
                self._trouble = None
                ends += ends_match(message.value())
        return ends

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()

    def _begin(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Go on where the group was; a new group begins at the end, or with a topic that was just made."""
        places = consumer.committed(partitions, LONGEST_ANSWER)
        for place in places:
            if place.offset < 0:
                low, high = consumer.get_watermark_offsets(place, LONGEST_ANSWER)
                place.offset = low if self._is_missing else high
        self._is_missing = False
        consumer.assign(places)
        consumer.store_offsets(offsets=places)

    def _say(self, error: KafkaError) -> None:
        """Log what is wrong, once until it changes."""
        self._is_missing |= error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
        if self._trouble is None:
            self._in_trouble_since = time.monotonic()
        if self._trouble is None or error.name() != self._trouble.name():
            self._trouble = error
            log.warning("no ends of matches are seen; the timetable goes on", reason=error.str())


class MatchEnded(BaseEventTrigger):
    """Fires some seconds after a match ended, at most once in a minimum gap.

    It takes Kafka's address, the topic and the gap from the triggerer's environment.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what makes it again."""
        return f"{__name__}.{type(self).__name__}", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire for ever, whatever becomes of the broker: Airflow makes a trigger that ends anew at once."""
        pace = Pace(_gap())
        pause = FIRST_PAUSE
        while True:
            try:
                async with aclosing(self._told_at_pace(pace)) as told:
                    async for ends in told:
                        pause = FIRST_PAUSE
                        yield TriggerEvent({"ends": ends})
            except KafkaException as error:
                log.warning("the reader of matches' ends begins anew", reason=str(error), seconds=pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _told_at_pace(self, pace: Pace) -> AsyncGenerator[int, None]:
        loop = asyncio.get_running_loop()
        # The client blocks, and one thread at a time may use it; that thread closes it too.
        thread = ThreadPoolExecutor(1, thread_name_prefix="match-ends")
        reader = EndReader(
            os.environ.get("MATCHCAST_KAFKA_BROKER", "127.0.0.1:9092"),
            os.environ.get("MATCHCAST_EVENTS_TOPIC", "live_football_events"),
        )
        try:
            while True:
                all_told = not pace.untold
                ends = await loop.run_in_executor(thread, lambda told=all_told: reader.read(all_told=told))
                pace.notice(ends, time.monotonic())
                if told := pace.wake(time.monotonic()):
                    yield told
        finally:
            thread.submit(reader.close)
            thread.shutdown(wait=False)


def _gap() -> float:
    """The gap that the environment names, in seconds; one that is no number is told and not taken."""
    named = os.environ.get(GAP)
    if named is None:
        return USUAL_GAP
    seconds = seconds_of(named)
    if seconds is None:
        log.warning(f"{GAP} is {named!r}, no number of seconds; {USUAL_GAP:.0f} are taken")
        return USUAL_GAP
    return seconds
