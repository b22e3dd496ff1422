"""Reading records from Kafka: all partitions of a topic, from a given place, without a group."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import NamedTuple, cast

from matchcast.stream.client import (
    KafkaError,
    KafkaException,
    ReceivedMessage,
    StreamRecord,
    TopicPartition,
    connect_consumer,
    explain,
)
from matchcast.stream.errors import KafkaUnavailable, UnknownTopic

_log = logging.getLogger(__name__)

PATIENCE_SECONDS = 15.0
"""How long a client may be in trouble before another takes its place."""


class Gap(NamedTuple):
    """Offsets that were to be read and are not in Kafka any more: from `start` up to before `end`.

    `end` below `start` says that the partition has become shorter than what was read of it.
    """

    partition: int
    start: int
    end: int

    def __str__(self) -> str:
        if self.end < self.start:
            return (
                f"partition {self.partition} now ends before offset {self.start}, which was to be read next; "
                f"reading it again from {self.end}"
            )
        return (
            f"offsets {self.start} to {self.end - 1} of partition {self.partition} are gone "
            f"(retention has passed); reading on from {self.end}"
        )


class EventReader:
    """Reads all partitions of one topic; made, started, then read from one thread at a time.

    Start it by one of `start_at`, `start_at_time`, `start_at_beginning`, `start_at_end`. Offsets
    that Kafka no longer has are skipped to the earliest that it has; each such `Gap` is logged and
    kept in `gaps` until it is taken.

    A broker that is away is waited for. The client that waits is replaced from time to time, and after an
    answer that did not come: one may stay cut off for good after its only broker was fenced, while a new one
    is answered at once (seen with librdkafka 2.16).
    """

    def __init__(self, broker: str, topic: str, *, client_id: str = "matchcast-reader") -> None:
        self.broker = broker
        self.topic = topic
        self.gaps: list[Gap] = []
        self.problem: str | None = None
        """Why reading fails at present; None while it works."""
        self.beginnings: dict[int, int] = {}
        """The first offset that Kafka had of each partition at the last `aim_at_end`."""
        self._client_id = client_id
        self._consumer = connect_consumer(broker, client_id, self._hear)
        self._in_trouble_since: float | None = None
        self._next: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._waiting: set[int] = set()

    def partitions(self, timeout: float = 10) -> list[int]:
        """Return the partitions that the topic has now.

        Raises:
            KafkaUnavailable: no broker answers within `timeout` seconds.
            UnknownTopic: there is no such topic.
        """
        try:
            found = self._consumer.list_topics(self.topic, timeout=timeout).topics[self.topic]
        except KafkaException as error:
            raise self._unanswered(explain(error)) from error
        if not found.partitions:
            raise UnknownTopic(self.broker, self.topic)
        return sorted(found.partitions)

    def start_at(self, offsets: Mapping[int, int], timeout: float = 10) -> None:
        """Read on from the next offset of each partition; one that is not named starts at its beginning."""
        places = {}
        for partition in self.partitions(timeout):
            low, high = self._watermarks(partition, timeout)
            wanted = offsets.get(partition, low)
            if not low <= wanted <= high:
                self._note_gap(Gap(partition, wanted, low))
                wanted = low
            places[partition] = (wanted, high)
        self._assign(places)

    def start_at_time(self, timestamp_ms: int, timeout: float = 10) -> None:
        """Read from the first record of each partition at or after a time, in ms since the epoch."""
        wanted = [
            TopicPartition(self.topic, partition, timestamp_ms) for partition in self.partitions(timeout)
        ]
        try:
            found = self._consumer.offsets_for_times(wanted, timeout=timeout)
        except KafkaException as error:
            raise self._unanswered(explain(error)) from error
        places = {}
        for at in found:
            high = self._watermarks(at.partition, timeout)[1]
            places[at.partition] = (at.offset if at.offset >= 0 else high, high)
        self._assign(places)

    def start_at_beginning(self, timeout: float = 10) -> None:
        """Read all that Kafka has."""
        self._assign({p: self._watermarks(p, timeout) for p in self.partitions(timeout)})

    def start_at_end(self, timeout: float = 10) -> None:
        """Read only what is written from now on."""
        ends = {p: self._watermarks(p, timeout)[1] for p in self.partitions(timeout)}
        self._assign({partition: (end, end) for partition, end in ends.items()})

    def add_partitions(self, timeout: float = 10) -> list[int]:
        """Read from its beginning each partition that the topic has gained; return which."""
        gained = [p for p in self.partitions(timeout) if p not in self._next]
        places = {p: self._watermarks(p, timeout) for p in gained}
        self._consumer.incremental_assign(
            [TopicPartition(self.topic, p, low) for p, (low, _) in places.items()]
        )
        self._expect(places)
        return gained

    def read(self, max_records: int = 1000, timeout: float = 0.25) -> list[StreamRecord]:
        """Return the records that are there, at most `max_records`; wait for the first up to `timeout` s."""
        since = self._in_trouble_since
        if since is not None and time.monotonic() - since > PATIENCE_SECONDS:
            self._take_new_client()
        first = self._consumer.poll(timeout)
        if first is None:
            return []
        rest = self._consumer.consume(max_records - 1, 0) if max_records > 1 else []
        records = []
        topic, positions = self.topic, self._next
        for message in cast("list[ReceivedMessage]", [first, *rest]):
            if message.error() is not None:
                self._take_error(message)
                continue
            partition, offset = message.partition(), message.offset()
            positions[partition] = offset + 1
            headers = message.headers()
            records.append(
                StreamRecord(
                    topic,
                    partition,
                    offset,
                    message.key(),
                    message.value(),
                    message.timestamp()[1],
                    tuple(headers) if headers else (),
                )
            )
        if records:
            self._be_well()
            if self._waiting:
                self._waiting = {p for p in self._waiting if positions[p] < self._ends[p]}
        return records

    @property
    def offsets(self) -> dict[int, int]:
        """The next offset of each partition."""
        return dict(self._next)

    @property
    def caught_up(self) -> bool:
        """Whether all that was in the topic at the start has been read."""
        return not self._waiting

    def aim_at_end(self, timeout: float = 10) -> None:
        """Let `caught_up` be about the end that the topic has now."""
        for partition, position in self._next.items():
            self.beginnings[partition], end = self._watermarks(partition, timeout)
            self._expect({partition: (position, end)})

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close()

    def __enter__(self) -> EventReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _watermarks(self, partition: int, timeout: float) -> tuple[int, int]:
        try:
            found = self._consumer.get_watermark_offsets(TopicPartition(self.topic, partition), timeout)
        except KafkaException as error:
            raise self._unanswered(explain(error)) from error
        if found is None:
            raise self._unanswered(f"no answer within {timeout:g} s")
        return found

    def _unanswered(self, reason: str) -> KafkaUnavailable:
        self._take_new_client()
        return KafkaUnavailable(self.broker, reason)

    def _take_new_client(self) -> None:
        """Read on where this reader is by a client that knows nothing of what the one before has seen."""
        self._consumer.close()
        self._consumer = connect_consumer(self.broker, self._client_id, self._hear)
        self._in_trouble_since = None if self.problem is None else time.monotonic()
        if self._next:
            self._consumer.assign([TopicPartition(self.topic, p, start) for p, start in self._next.items()])

    def _assign(self, places: Mapping[int, tuple[int, int]]) -> None:
        self._next.clear()
        self._ends.clear()
        self._waiting.clear()
        self._consumer.assign([TopicPartition(self.topic, p, start) for p, (start, _) in places.items()])
        self._expect(places)

    def _expect(self, places: Mapping[int, tuple[int, int]]) -> None:
        for partition, (start, end) in places.items():
            self._next[partition] = start
            self._ends[partition] = end
            if start < end:
                self._waiting.add(partition)

    def _take_error(self, message: ReceivedMessage) -> None:
        error = message.error()
        code = error.code() if error is not None else None
        if code == KafkaError._PARTITION_EOF:
            # The end is reached, although compaction or aborted transactions left the last offsets empty.
            partition, offset = message.partition(), message.offset()
            self._next[partition] = max(self._next[partition], offset)
            if offset >= self._ends[partition]:
                self._waiting.discard(partition)
            self._be_well()
        elif code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            self._skip_gap(message.partition())
        elif error is not None:
            self._be_in_trouble(error)

    def _hear(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._be_in_trouble(error)

    def _be_in_trouble(self, error: KafkaError) -> None:
        self.problem = explain(error)
        if self._in_trouble_since is None:
            self._in_trouble_since = time.monotonic()

    def _be_well(self) -> None:
        self.problem = self._in_trouble_since = None

    def _skip_gap(self, partition: int) -> None:
        low, high = self._watermarks(partition, 10)
        self._note_gap(Gap(partition, self._next[partition], low))
        # The error has stopped the partition: it cannot be sought in, only be taken up again.
        self._consumer.incremental_unassign([TopicPartition(self.topic, partition)])
        self._consumer.incremental_assign([TopicPartition(self.topic, partition, low)])
        self._expect({partition: (low, high)})

    def _note_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)
        _log.error("%s", gap, extra={"topic": self.topic, "partition": gap.partition, "offset": gap.end})


def read_to_end(reader: EventReader, timeout: float) -> Iterator[list[StreamRecord]]:
    """Yield what a started reader finds up to the end that its topic has now.

    Raises:
        KafkaUnavailable: the end was not reached within `timeout` seconds.
    """
    reader.aim_at_end()
    deadline = time.monotonic() + timeout
    wait = 0.0  # read at least once: only that tells that the topic was made anew
    while True:
        records = reader.read(1000, wait)
        wait = 0.1
        if records:
            yield records
        if reader.caught_up:
            return
        if not records and time.monotonic() > deadline:
            raise KafkaUnavailable(
                reader.broker, reader.problem or f"not read to its end within {timeout:g} s"
            )
