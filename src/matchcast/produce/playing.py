"""A match while it is played: its moments, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from matchcast.events.record import MatchInfo
from matchcast.produce.heartbeat import Running
from matchcast.simulate.scribe import Moment

Script = Callable[[], Iterator[Moment]]
"""Gives all moments of a match, the same ones each time."""


@dataclass(frozen=True)
class Cast:
    """A match that is to be played, and where its moments come from."""

    match: MatchInfo
    script: Script
    request_id: str | None = None


class Playing:
    """A match on its way; `due` is when its next event is to be sent, on the monotonic clock."""

    def __init__(self, cast: Cast, since_ms: int) -> None:
        self.cast = cast
        self.since_ms = since_ms
        self.key = cast.match.id.encode()
        self.sent = 0
        """How many of its events are in Kafka or on their way."""
        self.due = 0.0
        self.announced = False
        """Whether a heartbeat that names it has reached Kafka: before that none of its events may."""
        self._moments = cast.script()
        self.moment: Moment | None = next(self._moments, None)

    @property
    def match(self) -> MatchInfo:
        """The match."""
        return self.cast.match

    @property
    def over(self) -> bool:
        """Whether all its events were sent."""
        return self.moment is None

    @property
    def running(self) -> Running:
        """The match as heartbeats name it."""
        return Running(self.match, self.since_ms, self.cast.request_id)

    def advance(self) -> None:
        """Go to the next moment."""
        self.sent += 1
        self.moment = next(self._moments, None)

    def skip_to(self, sent: int) -> None:
        """Go on where `sent` events have been sent."""
        while self.sent < sent and self.moment is not None:
            self.advance()


def encode_record(record: dict[str, Any]) -> bytes:
    """Write a record as it goes to Kafka."""
    return msgspec.json.encode(record)
