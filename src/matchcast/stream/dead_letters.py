"""Dead letters: records that could not be read, kept with their bytes until they are sent again or dropped.

A letter's key is the place of its record (``topic/partition/offset``), so that several readers of
one record make one letter. Its value is the record's value; headers tell the rest. Sending it again
means: its bytes go to the topic that they came from, under the original key, and once Kafka has
them a tombstone closes the letter. Killed in between, the letter is still open and is sent twice,
which the fold of a match does not mind; none is lost. Dropping it writes the tombstone alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from matchcast.stream.client import StreamRecord
from matchcast.stream.reader import EventReader, read_to_end
from matchcast.stream.writer import Delivery, EventWriter

_log = logging.getLogger(__name__)

LONGEST_REASON = 500
"""Characters of a reason that are kept."""

_BATCH = 500
_PLACE = re.compile(r"[A-Za-z0-9._-]+/\d+/\d+", re.ASCII)


class DeadLetter(NamedTuple):
    """A letter without the bytes of its record.

    `key` is the letter's own, ``topic/partition/offset`` of the record; `record_key` is the
    record's. `at` is when it was set aside, ISO 8601; `size` is in bytes; `offset` is where the
    letter lies in the topic of the dead letters.
    """

    key: str
    reason: str
    record_key: bytes | None
    at: str
    size: int
    topic_id: str
    offset: int

    @property
    def topic(self) -> str:
        """The topic that the record came from."""
        return self.key.rsplit("/", 2)[0]


def write_letter(
    writer: EventWriter,
    topic: str,
    record: StreamRecord,
    reason: str,
    *,
    topic_id: str = "",
    on_delivery: Callable[[Delivery], None] | None = None,
) -> None:
    """Write the letter of a record; `topic_id` tells the record's topic from a later one of its name."""
    headers = {
        "reason": reason[:LONGEST_REASON].encode("utf-8", "backslashreplace"),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").encode(),
        "topic_id": topic_id.encode(),
    }
    if record.key is not None:
        headers["key"] = record.key
    if record.value is None:
        headers["no_value"] = b"1"  # the letter's own value may not be null: that would be a tombstone
    writer.write(
        topic, record.value or b"", key=record.place.encode(), headers=headers, on_delivery=on_delivery
    )


class LetterBox:
    """The open letters of a topic; `refresh` reads what came since.

    A letter is open until its tombstone. A late reader may write it once more after that, so a
    tombstone closes its key for good (until another topic of the same name has such a record). What
    Kafka's retention has taken is not open any more either.
    """

    def __init__(self, broker: str, topic: str) -> None:
        self.topic = topic
        self._reader = EventReader(broker, topic, client_id="matchcast-dead-letters")
        self._started = False
        self._kept_from = 0
        self._open: dict[str, DeadLetter] = {}
        self._closed: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[DeadLetter]:
        return iter(self._open.values())

    def get(self, key: str) -> DeadLetter | None:
        """Return the open letter of a key."""
        return self._open.get(key)

    def newest(self, count: int) -> list[DeadLetter]:
        """Return the newest open letters, the newest first."""
        return [self._open[key] for key, _ in zip(reversed(self._open), range(count), strict=False)]

    def refresh(self, timeout: float = 30) -> None:
        """Read up to the topic's present end.

        Raises:
            KafkaUnavailable: the end was not reached within `timeout` seconds.
            UnknownTopic: there is no such topic.
        """
        if not self._started:
            self._reader.start_at_beginning(min(timeout, 10))
            self._started = True
        for records in read_to_end(self._reader, timeout):
            for record in records:
                self._take(record)
        kept_from = self._reader.beginnings.get(0, 0)
        if kept_from > self._kept_from:
            self._kept_from = kept_from
            self._open = {key: letter for key, letter in self._open.items() if letter.offset >= kept_from}

    def _take(self, record: StreamRecord) -> None:
        key = (record.key or b"").decode("utf-8", "backslashreplace")
        if not _PLACE.fullmatch(key):
            _log.warning("not a dead letter: its key names no record", extra={"record": record.place})
            return
        headers = dict(record.headers)
        topic_id = (headers.get("topic_id") or b"").decode("utf-8", "replace")
        if record.value is None:
            self._open.pop(key, None)
            self._closed[key] = topic_id
        elif key not in self._closed or self._closed[key] != topic_id:
            self._open[key] = DeadLetter(
                key,
                (headers.get("reason") or b"").decode("utf-8", "replace"),
                headers.get("key"),
                (headers.get("at") or b"").decode("utf-8", "replace"),
                len(record.value),
                topic_id,
                record.offset,
            )

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()


def read_box(broker: str, topic: str, timeout: float = 30) -> LetterBox:
    """Return the box of a topic as it is now; it can be looked at, not refreshed again.

    Raises:
        KafkaUnavailable: the end was not reached within `timeout` seconds.
        UnknownTopic: there is no such topic.
    """
    box = LetterBox(broker, topic)
    try:
        box.refresh(timeout)
    finally:
        box.close()
    return box


def read_letter(broker: str, topic: str, letter: DeadLetter, timeout: float = 10) -> bytes | None:
    """Return the bytes of a letter's record; None when Kafka has them no more.

    Raises:
        KafkaUnavailable: the topic cannot be read within `timeout` seconds.
    """
    with EventReader(broker, topic) as reader:
        reader.start_at({0: letter.offset}, timeout)
        for records in read_to_end(reader, timeout):
            if records[0].offset == letter.offset:
                return records[0].value
            break
    return None


class Resent(NamedTuple):
    """What `resend` did.

    `sent` are the keys whose records were sent again, `unknown` those that are not (or no more) open,
    `refused` those whose record Kafka does not take, with its reason: they stay open.
    """

    sent: list[str]
    unknown: list[str]
    refused: dict[str, str]


def resend(broker: str, topic: str, keys: Collection[str] | None = None, timeout: float = 60) -> Resent:
    """Send the records of open letters again and close the letters; all of them when `keys` is None.

    Raises:
        KafkaUnavailable: the topic cannot be read within `timeout` seconds.
        UndeliveredRecords: Kafka does not answer; the letters that are not closed yet stay open.
    """
    box = read_box(broker, topic, timeout)
    wanted = {letter.offset: letter for letter in box if keys is None or letter.key in keys}
    sent: list[str] = []
    refused: dict[str, str] = {}
    with EventReader(broker, topic) as reader, EventWriter(broker, linger_ms=5) as writer:
        if wanted:
            reader.start_at({0: min(wanted)})
        batch: list[tuple[DeadLetter, StreamRecord]] = []
        for records in read_to_end(reader, timeout) if wanted else ():
            batch += [(wanted.pop(record.offset), record) for record in records if record.offset in wanted]
            if len(batch) >= _BATCH or not wanted:
                sent += _send(writer, topic, batch, refused)
                batch = []
        sent += _send(writer, topic, batch, refused)
    known = {*sent, *refused}
    return Resent(sent, [key for key in keys or () if key not in known], refused)


class Dropped(NamedTuple):
    """What `drop` did: the keys of the letters that it closed, and those that are not (or no more) open."""

    dropped: list[str]
    unknown: list[str]


def drop(broker: str, topic: str, keys: Collection[str] | None = None, timeout: float = 60) -> Dropped:
    """Close open letters without sending their records; all of them when `keys` is None.

    Raises:
        KafkaUnavailable: the topic cannot be read within `timeout` seconds.
        UndeliveredRecords: Kafka does not answer; letters may stay open.
    """
    box = read_box(broker, topic, timeout)
    with EventWriter(broker, linger_ms=5) as writer:
        dropped = _close(writer, topic, [letter for letter in box if keys is None or letter.key in keys])
    known = set(dropped)
    return Dropped(dropped, [key for key in keys or () if key not in known])


def _send(
    writer: EventWriter, topic: str, batch: list[tuple[DeadLetter, StreamRecord]], refused: dict[str, str]
) -> list[str]:
    """Send a batch again and close its letters, but for those that Kafka refused, which it adds to `refused`.

    One that it refuses must not keep the others open: each further try would send them once more.
    """
    failures = _write_records(writer, batch, origin=True)
    if failures:  # a record of just the topic's limit fits only without the header that was added
        again = [(letter, record) for letter, record in batch if letter.key in failures]
        failures = _write_records(writer, again, origin=False)
    refused |= failures
    return _close(writer, topic, [letter for letter, _ in batch if letter.key not in failures])


def _close(writer: EventWriter, topic: str, letters: Collection[DeadLetter]) -> list[str]:
    """Write the tombstones of letters; return their keys."""
    for letter in letters:
        writer.write(topic, None, key=letter.key.encode(), headers={"topic_id": letter.topic_id.encode()})
    writer.flush()
    return [letter.key for letter in letters]


def _write_records(
    writer: EventWriter, batch: list[tuple[DeadLetter, StreamRecord]], *, origin: bool
) -> dict[str, str]:
    """Write the records of letters, with a header for their origin or without; return what failed, and why."""
    failures: dict[str, str] = {}

    def note(key: str, delivery: Delivery) -> None:
        if delivery.failure is not None:
            failures[key] = delivery.failure

    for letter, record in batch:
        no_value = dict(record.headers).get("no_value") == b"1"
        writer.write(
            letter.topic,
            None if no_value else record.value,
            key=letter.record_key,
            headers={"retried_from": letter.key.encode()} if origin else None,
            on_delivery=partial(note, letter.key),
        )
    writer.flush()
    return failures
