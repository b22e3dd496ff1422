"""Writing records to Kafka: idempotent, acknowledged by all replicas, failures never silent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, NamedTuple

from matchcast.stream.client import KafkaError, KafkaException, Message, connect_producer, explain
from matchcast.stream.errors import UndeliveredRecords


class Delivery(NamedTuple):
    """What became of a record: its place in Kafka, or why it has none."""

    topic: str
    partition: int
    offset: int
    failure: str | None


class EventWriter:
    """Writes records; each is delivered once and in order, or its failure is raised.

    Args:
        broker: addresses, `host:port[,host:port]`.
        linger_ms: how long to wait for more records that can share a request. 0 is fastest (a
            round trip of about 1 ms), 5 and more carries over 100,000 records a second.
        delivery_timeout_s: how long a record may wait for a broker that is away.
    """

    def __init__(
        self,
        broker: str,
        *,
        linger_ms: float = 0,
        delivery_timeout_s: float = 120,
        client_id: str = "matchcast-writer",
    ) -> None:
        self.broker = broker
        self._producer = connect_producer(
            broker, client_id, linger_ms=linger_ms, delivery_timeout_s=delivery_timeout_s
        )
        self._timed_out = f"no broker at {broker} took it within {delivery_timeout_s:g} s"
        self._failed = 0
        self._first_failure = ""

    def write(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Mapping[str, bytes] | None = None,
        timestamp_ms: int | None = None,
        on_delivery: Callable[[Delivery], None] | None = None,
    ) -> None:
        """Queue a record; waits only while the local queue of 100,000 is full.

        `on_delivery` is called during a later `write`, `poll` or `flush`. A record with it is its
        caller's to look after; the failure of one without it is raised by the next `write` or `flush`.

        Raises:
            UndeliveredRecords: this record, or one before it, cannot be delivered.
        """
        self._raise_failures()

        report = self._note if on_delivery is None else self._report_to(on_delivery)
        fields: dict[str, Any] = {"headers": dict(headers)} if headers else {}
        if timestamp_ms is not None:
            fields["timestamp"] = timestamp_ms
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=report, **fields)
            except BufferError:
                self._producer.poll(0.1)
            except KafkaException as error:
                raise UndeliveredRecords(1, explain(error)) from error
            else:
                self._producer.poll(0)
                return

    def _note(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._failed += 1
            self._first_failure = self._first_failure or self._say(error)

    def poll(self, timeout: float = 0) -> None:
        """Take up to `timeout` seconds for delivery reports."""
        self._producer.poll(timeout)

    @property
    def pending(self) -> int:
        """How many records are still on their way."""
        return len(self._producer)

    def flush(self, timeout: float = 30) -> None:
        """Wait until all records are delivered.

        Raises:
            UndeliveredRecords: some were refused, or are still on their way after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while len(self._producer) and (left := deadline - time.monotonic()) > 0:
            self._producer.flush(min(left, 0.5))
        self._raise_failures()
        waiting = len(self._producer)
        if waiting:
            raise UndeliveredRecords(waiting, f"no answer from {self.broker} within {timeout:g} s")

    def close(self, timeout: float = 30) -> None:
        """Deliver what is queued, as `flush` does, and let go of the connection."""
        try:
            self.flush(timeout)
        finally:
            self._producer.purge()
            self._producer.flush(1)

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._producer.flush(1)

    def _raise_failures(self) -> None:
        if self._failed:
            count, reason = self._failed, self._first_failure
            self._failed, self._first_failure = 0, ""
            raise UndeliveredRecords(count, reason)

    def _say(self, error: KafkaError) -> str:
        return self._timed_out if error.code() == KafkaError._MSG_TIMED_OUT else explain(error)

    def _report_to(
        self, on_delivery: Callable[[Delivery], None]
    ) -> Callable[[KafkaError | None, Message], None]:
        def report(error: KafkaError | None, message: Message) -> None:
            failure = None if error is None else self._say(error)
            offset = message.offset()
            on_delivery(
                Delivery(
                    message.topic() or "", message.partition() or 0, -1 if offset is None else offset, failure
                )
            )

        return report
