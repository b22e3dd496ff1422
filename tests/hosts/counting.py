"""Write numbered records from a thread, and count what was acknowledged and what can be read back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from matchcast.stream.reader import EventReader, read_to_end

PARTITIONS = 6


class Counted:
    """What became of the records of one topic; `acknowledged` and `failed` grow while it is written."""

    def __init__(self, servers: str, topic: str) -> None:
        self.servers = servers
        self.topic = topic
        self.acknowledged: set[int] = set()
        self.failed: dict[int, str] = {}
        self.longest_stall = 0.0

    def make_topic(self) -> None:
        """Make the topic with the cluster's own replication."""
        admin = AdminClient({"bootstrap.servers": self.servers})
        for made in admin.create_topics([NewTopic(self.topic, PARTITIONS)]).values():
            made.result(60)

    @contextmanager
    def writing(self, rate: int) -> Iterator[None]:
        """Write `rate` records a second while the block runs, and flush at its end."""
        producer = Producer(
            {"bootstrap.servers": self.servers, "acks": "all", "enable.idempotence": True, "linger.ms": 5,
             "delivery.timeout.ms": 120_000}
        )  # fmt: skip
        ended = threading.Event()
        writer = threading.Thread(target=self._write, args=(producer, rate, ended))
        writer.start()
        try:
            yield
        finally:
            ended.set()
            writer.join()
            producer.flush(150)

    def _write(self, producer: Producer, rate: int, ended: threading.Event) -> None:
        began = last = time.monotonic()
        number = 0

        def delivered(error: KafkaError | None, record: Message) -> None:
            nonlocal last
            now = time.monotonic()
            self.longest_stall, last = max(self.longest_stall, now - last), now
            value = int(record.value())
            if error is None:
                self.acknowledged.add(value)
            else:
                self.failed[value] = error.str()

        while not ended.is_set():
            while number < (time.monotonic() - began) * rate:
                producer.produce(self.topic, str(number).encode(), key=str(number), on_delivery=delivered)
                number += 1
            producer.poll(0.01)

    def lost(self) -> set[int]:
        """Return the acknowledged records that the cluster does not give back."""
        with EventReader(self.servers, self.topic) as reader:
            reader.start_at_beginning(60)
            found = {int(record.value or b"") for some in read_to_end(reader, 120) for record in some}
        return self.acknowledged - found
