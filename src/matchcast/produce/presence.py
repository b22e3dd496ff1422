"""A producer among others: it says that it is alive, hears the others, and notices when it was replaced."""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterable

from matchcast.produce.errors import TakenOver
from matchcast.produce.heartbeat import (
    BEAT_SECONDS,
    Heartbeat,
    Running,
    State,
    encode,
    host_name,
    iso_now,
)
from matchcast.produce.ledger import Ledger, merge
from matchcast.produce.neighbours import Neighbours
from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.topics import PRODUCER_STALE_SECONDS
from matchcast.stream.writer import Delivery, EventWriter

_log = logging.getLogger(__name__)


class Presence:
    """One producer's place in the topic of the heartbeats.

    Args:
        broker, topic: Where the heartbeats are.
        writer: What they are written with.
        leads: Whether this one plays the fixture list.

    Attributes:
        neighbours: The others.
        ledger: Which matches were played, as far as anybody knows.
        requests_offset: Up to which wish was read, by this producer or another.
    """

    def __init__(self, broker: str, topic: str, writer: EventWriter, *, leads: bool) -> None:
        self.producer_id = f"{host_name()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self.neighbours = Neighbours(broker, topic, self.producer_id)
        self.ledger: Ledger = self.neighbours.ledger()
        self.requests_offset = self.neighbours.requests_offset()
        self._topic = topic
        self._writer = writer
        self._leads = leads
        self._started_at = iso_now()
        self._said_at = 0.0
        self._waiting_since: float | None = None
        self._looked_at: float | None = None
        self._in_doubt = False

    @property
    def is_waiting(self) -> bool:
        """Whether a heartbeat is on its way; there is never more than one."""
        return self._waiting_since is not None

    def is_due(self, now: float) -> bool:
        """Say whether it is time for the next heartbeat."""
        return now - self._said_at >= BEAT_SECONDS

    def learn(self) -> None:
        """Know what others have played since, so that no id is given twice."""
        self.ledger = merge((self.ledger, self.neighbours.ledger()))

    def say(self, running: list[Running], on_heard: Callable[[], None]) -> None:
        """Write a heartbeat; `on_heard` is called once Kafka has it."""
        if self.is_waiting:
            return
        self._said_at = self._waiting_since = said_at = time.monotonic()

        def report(delivery: Delivery) -> None:
            self._waiting_since = None
            self._in_doubt |= time.monotonic() - said_at > PRODUCER_STALE_SECONDS
            if delivery.failure is None:
                on_heard()
            else:
                _log.warning("heartbeat not delivered: %s", delivery.failure)

        self._write("running", running, report)

    def say_goodbye(self, unfinished: list[Running]) -> None:
        """Say that this producer stops, and what it leaves."""
        self._write("stopped", unfinished, lambda _delivery: None)

    def forget(self, producer_id: str | None = None) -> None:
        """Take a producer out of the topic: this one, or one that is gone and whose matches others have."""
        self._writer.write(self._topic, None, key=(producer_id or self.producer_id).encode())

    def look_round(self, now: float, matches: Iterable[str]) -> None:
        """Hear the others; to be called several times a second.

        Raises:
            TakenOver: this producer was not heard for a while, and another one plays `matches` now.
        """
        self.neighbours.refresh()
        # A process that stood still, or whose heartbeats were late, may have been taken for dead.
        self._in_doubt |= self._looked_at is not None and now - self._looked_at > PRODUCER_STALE_SECONDS
        self._looked_at = now
        if not self._in_doubt:
            return
        try:
            self.neighbours.refresh_fully()
        except KafkaUnavailable:
            return  # asked again at the next look: while Kafka is away nobody takes over
        self._in_doubt = False
        mine = set(matches)
        for beat in self.neighbours.living():
            taken = sorted(mine.intersection(beat.matches))
            if taken:
                raise TakenOver(
                    f"This producer was not heard for a while, and process {beat.pid} on {beat.host} has gone "
                    f"on with {', '.join(taken)}.",
                    hint="let that one play, or stop it and start this one again",
                )

    def close(self) -> None:
        """Let go of the connection."""
        self.neighbours.close()

    def _write(self, state: State, running: list[Running], report: Callable[[Delivery], None]) -> None:
        beat = Heartbeat(
            producer_id=self.producer_id,
            host=host_name(),
            pid=os.getpid(),
            started_at=self._started_at,
            at=iso_now(),
            state=state,
            matches=[each.match.id for each in running],
            running=running,
            leads=self._leads,
            ledger=self.ledger,
            requests_offset=self.requests_offset,
        )
        self._writer.write(self._topic, encode(beat), key=self.producer_id.encode(), on_delivery=report)
