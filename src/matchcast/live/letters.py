"""Sets broken records aside, and knows which of them Kafka has not confirmed yet."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping

from matchcast.live.tracker import Broken
from matchcast.stream.dead_letters import write_letter
from matchcast.stream.errors import UndeliveredRecords
from matchcast.stream.writer import Delivery, EventWriter

log = logging.getLogger(__name__)

MOST_WAITING = 5_000
MOST_WAITING_BYTES = 64 * 1024**2


class Letters:
    """Writes dead letters and keeps each until Kafka has it.

    A letter is written again when Kafka refuses it. `safe` holds back the offsets of a checkpoint,
    so that a record whose letter is not confirmed is read again after a restart. Letters are put in
    one thread and confirmed in another: what both touch changes in single steps.
    """

    def __init__(self, writer: EventWriter, topic: str) -> None:
        self.topic_id = ""
        self._writer = writer
        self._topic = topic
        self._waiting: dict[tuple[int, int], Broken] = {}
        self._again: deque[Broken] = deque()

    @property
    def waiting(self) -> int:
        """How many letters are not confirmed."""
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether so much waits that reading should pause."""
        waiting = list(self._waiting.values())
        size = sum(len(one.record.value or b"") for one in waiting)
        return len(waiting) >= MOST_WAITING or size >= MOST_WAITING_BYTES

    def put(self, broken: Iterable[Broken]) -> None:
        """Write the letters of some records; waits for nothing."""
        for one in broken:
            place = (one.record.partition, one.record.offset)
            if place not in self._waiting:
                self._waiting[place] = one
                self._write(one)

    def poll(self, seconds: float) -> None:
        """Take confirmations for up to so long, and write again what was refused; call it off the loop."""
        self._writer.poll(seconds)
        for _ in range(len(self._again)):
            self._write(self._again.popleft())

    def safe(self, offsets: Mapping[int, int]) -> dict[int, int]:
        """Return offsets to start from at which no unconfirmed letter is lost."""
        held = dict(offsets)
        for partition, offset in list(self._waiting):
            held[partition] = min(held.get(partition, offset), offset)
        return held

    def forget(self) -> None:
        """Let go of what waits: its topic is no more."""
        self._waiting.clear()
        self._again.clear()

    def close(self, timeout: float) -> None:
        """Deliver what waits and let go of the connection."""
        self._writer.close(timeout)

    def _write(self, broken: Broken) -> None:
        record = broken.record
        place = (record.partition, record.offset)

        def confirm(delivery: Delivery) -> None:
            if delivery.failure is not None:
                refuse(delivery.failure)
            else:
                self._waiting.pop(place, None)

        def refuse(reason: str) -> None:
            log.error(
                "a dead letter was refused: %s", reason, extra={"record": record.place, "topic": self._topic}
            )
            if place in self._waiting:
                self._again.append(broken)

        try:
            write_letter(
                self._writer, self._topic, record, broken.reason, topic_id=self.topic_id, on_delivery=confirm
            )
        except UndeliveredRecords as error:
            refuse(error.reason)
