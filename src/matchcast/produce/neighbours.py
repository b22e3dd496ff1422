"""The producers that the topic of the heartbeats knows: who lives, what they play, what they left."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from matchcast.produce.heartbeat import Heartbeat, Running, decode, host_name
from matchcast.produce.ledger import Ledger, merge
from matchcast.stream.client import StreamRecord
from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.reader import EventReader

LISTEN_SECONDS: Final = 3.0
"""How long to wait for a sign of life from another host whose last one seems old: its clock may be slow."""
_DOUBTFUL_MS: Final = 3_600_000
_PATIENCE: Final = 30.0


@dataclass(frozen=True)
class Heard:
    """A producer's newest heartbeat.

    Attributes:
        beat: What it said.
        at_ms: When, in milliseconds since the epoch.
        since: Offset of the first heartbeat of it that was heard.
    """

    beat: Heartbeat
    at_ms: float
    since: int


class Neighbours:
    """Keeps the newest heartbeat of every other producer; `refresh` reads those that came since."""

    def __init__(self, broker: str, topic: str, own_id: str) -> None:
        self._broker = broker
        self._own_id = own_id
        self._reader = EventReader(broker, topic, client_id="matchcast-neighbours")
        self._heard: dict[str, Heard] = {}
        self._own_since: int | None = None
        self._reader.start_at_beginning()
        self._catch_up()
        if self._doubtful():
            self._listen(LISTEN_SECONDS)

    def refresh(self) -> None:
        """Take the heartbeats that are there; never waits."""
        while records := self._reader.read(500, timeout=0):
            self._take(records, live=True)

    def refresh_fully(self) -> None:
        """Take all heartbeats up to the end that the topic has now.

        Raises:
            KafkaUnavailable: the topic could not be read.
        """
        self._reader.aim_at_end()
        self._catch_up()

    def living(self) -> list[Heartbeat]:
        """Return the newest heartbeats of those that play."""
        return [heard.beat for heard in self._alive()]

    def left(self) -> list[Running]:
        """Return the matches that were left unfinished by those that are gone, oldest first."""
        alive = {running.match.id for beat in self.living() for running in beat.running}
        gone = [running for heard in self._gone() for running in heard.beat.running]
        newest = {running.match.id: running for running in gone if running.match.id not in alive}
        return sorted(newest.values(), key=lambda running: running.since_ms)

    def ledger(self) -> Ledger:
        """Return what all of them know of the matches that were played."""
        return merge(heard.beat.ledger for heard in self._heard.values())

    def requests_offset(self) -> int | None:
        """Return up to which wish all of them have read together."""
        return max(
            (h.beat.requests_offset for h in self._heard.values() if h.beat.requests_offset is not None),
            default=None,
        )

    def ahead_of_me(self) -> list[Heartbeat]:
        """Return the living ones that were heard before this producer's own first heartbeat."""
        own = self._own_since
        return [heard.beat for heard in self._alive() if own is None or heard.since < own]

    def superseded(self, adopted: Iterable[str]) -> list[str]:
        """Return the ids of producers that are gone and have nothing left beside matches in `adopted`."""
        known = set(adopted)
        return [
            heard.beat.producer_id
            for heard in self._gone()
            if known.issuperset(running.match.id for running in heard.beat.running)
        ]

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()

    def _alive(self) -> Iterator[Heard]:
        now_ms = time.time() * 1000
        return (h for h in list(self._heard.values()) if h.beat.is_alive(int(h.at_ms), now_ms))

    def _gone(self) -> list[Heard]:
        now_ms = time.time() * 1000
        gone = [h for h in self._heard.values() if not h.beat.is_alive(int(h.at_ms), now_ms)]
        return sorted(gone, key=lambda heard: heard.at_ms)

    def _doubtful(self) -> bool:
        now_ms, here = time.time() * 1000, host_name()
        return any(
            h.beat.state != "stopped" and h.beat.host != here and 0 <= now_ms - h.at_ms < _DOUBTFUL_MS
            for h in self._gone()
        )

    def _listen(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self._doubtful():
            self._take(self._reader.read(500, timeout=min(left, 0.2)), live=True)

    def _catch_up(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not self._reader.caught_up:
            self._take(self._reader.read(500), live=False)
            if time.monotonic() > deadline:
                raise KafkaUnavailable(
                    self._broker, self._reader.problem or "the heartbeats could not be read"
                )

    def _take(self, records: Iterable[StreamRecord], *, live: bool) -> None:
        for record in records:
            key = (record.key or b"").decode("utf-8", "replace")
            beat = decode(record.value) if record.value is not None else None
            if key == self._own_id:
                self._own_since = record.offset if self._own_since is None else self._own_since
            elif beat is None:
                self._heard.pop(key, None)
            else:
                before = self._heard.get(key)
                # Clocks of two hosts differ: what comes while we listen, comes now.
                at_ms = time.time() * 1000 if live else float(record.timestamp_ms)
                self._heard[key] = Heard(beat, at_ms, before.since if before else record.offset)
