"""Asking the producer for new matches, over Kafka."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import Executor
from datetime import UTC, datetime

import msgspec

from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.writer import Delivery, EventWriter

DELIVERY_SECONDS = 5.0


class MatchRequests:
    """Writes wishes for matches to their topic.

    Args:
        broker: Addresses of Kafka.
        topic: The topic of the wishes.
        executor: Native threads, for what blocks.
    """

    def __init__(self, broker: str, topic: str, executor: Executor) -> None:
        self._broker = broker
        self._topic = topic
        self._executor = executor
        self._writing = threading.Lock()
        self._writer: EventWriter | None = None

    def ask(self, home_team: str | None, away_team: str | None) -> str:
        """Ask for a match between two teams, None for one of the producer's choice; return the request's id.

        Raises:
            KafkaUnavailable: Kafka did not take the wish within five seconds.
        """
        request_id = uuid.uuid4().hex
        wish = {
            "request_id": request_id,
            "home_team": home_team,
            "away_team": away_team,
            "requested_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        with self._writing:
            self._executor.submit(self._write, request_id.encode(), msgspec.json.encode(wish)).result()
        return request_id

    def _write(self, key: bytes, wish: bytes) -> None:
        if self._writer is None:
            self._writer = EventWriter(
                self._broker, delivery_timeout_s=DELIVERY_SECONDS, client_id="matchcast-match-requests"
            )
        deliveries: list[Delivery] = []
        self._writer.write(self._topic, wish, key=key, on_delivery=deliveries.append)
        deadline = time.monotonic() + DELIVERY_SECONDS + 1
        while not deliveries and time.monotonic() < deadline:
            self._writer.poll(0.1)
        failure = deliveries[0].failure if deliveries else f"no answer within {DELIVERY_SECONDS:g} s"
        if failure is not None:
            # A client that Kafka was away from may stay cut off; the next wish gets another.
            self._writer = None
            raise KafkaUnavailable(self._broker, failure)
