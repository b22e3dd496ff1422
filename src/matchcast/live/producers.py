"""The producers that say, every two seconds, that they are alive."""

from __future__ import annotations

import time

import msgspec
from msgspec import Struct, field

from matchcast.stream.reader import EventReader, read_to_end
from matchcast.stream.topics import PRODUCER_STALE_SECONDS

KEPT_SECONDS = 86_400.0


class Heartbeat(Struct):
    """What a producer says of itself; fields that are not known here pass."""

    producer_id: str
    host: str = ""
    pid: int = 0
    started_at: str = ""
    at: str = ""
    matches: list[str] = field(default_factory=list)
    state: str = ""


class Producer(Struct, frozen=True):
    """A producer as it is now; `heard_at` is in seconds since the epoch."""

    producer_id: str
    host: str
    pid: int
    started_at: str
    matches: list[str]
    state: str
    heard_at: float
    alive: bool


class ProducerBoard:
    """Who produces, from the topic of the heartbeats. `refresh` may be called from another thread."""

    def __init__(self, broker: str, topic: str) -> None:
        self._reader = EventReader(broker, topic, client_id="matchcast-producers")
        self._started = False
        self._heard: dict[str, tuple[Heartbeat, float]] = {}

    def refresh(self, timeout: float = 5) -> None:
        """Read the heartbeats that came since.

        Raises:
            KafkaUnavailable: the topic cannot be read.
            UnknownTopic: there is none yet.
        """
        first = not self._started
        if first:
            self._reader.start_at_beginning(timeout)
            self._started = True
        heard = dict(self._heard)
        for records in read_to_end(self._reader, timeout):
            for record in records:
                key = (record.key or b"").decode("utf-8", "replace")
                if record.value is None:
                    heard.pop(key, None)
                    continue
                try:
                    beat = msgspec.json.decode(record.value, type=Heartbeat)
                except (msgspec.DecodeError, UnicodeDecodeError):
                    continue
                # Clocks of two hosts differ: what came while we listened, came now.
                at = record.timestamp_ms / 1000 if first else time.time()
                heard[beat.producer_id] = (beat, min(at, time.time()))
        forgotten = time.time() - KEPT_SECONDS
        self._heard = {key: (beat, at) for key, (beat, at) in heard.items() if at > forgotten}

    def producers(self) -> list[Producer]:
        """Return the producers of the last day, those that live first."""
        now = time.time()
        listed = [
            Producer(
                beat.producer_id,
                beat.host,
                beat.pid,
                beat.started_at,
                beat.matches,
                beat.state,
                at,
                beat.state != "stopped" and now - at < PRODUCER_STALE_SECONDS,
            )
            for beat, at in list(self._heard.values())
        ]
        return sorted(listed, key=lambda producer: (not producer.alive, -producer.heard_at))

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()
