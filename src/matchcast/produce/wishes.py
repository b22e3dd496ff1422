"""Wishes for new matches, from their topic."""

from __future__ import annotations

import logging
from collections import deque
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from matchcast.events.record import MAX_NAME
from matchcast.stream.reader import EventReader

_log = logging.getLogger(__name__)

_Team = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]


class Wish(Struct, frozen=True):
    """A match that somebody wants; a team that is None is the producer's to choose."""

    request_id: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    home_team: _Team | None = None
    away_team: _Team | None = None


_wishes = msgspec.json.Decoder(Wish)


class Wishes:
    """Reads wishes one after the other.

    Args:
        broker, topic: Where they are.
        offset: The first one to read; None starts with the oldest that Kafka has.
    """

    def __init__(self, broker: str, topic: str, offset: int | None) -> None:
        self._reader = EventReader(broker, topic, client_id="matchcast-wishes")
        if offset is None:
            self._reader.start_at_beginning()
        else:
            self._reader.start_at({0: offset})
        self._waiting: deque[tuple[int, Wish]] = deque()
        self.offset = self._reader.offsets[0]
        """The first wish that was not taken."""

    def look(self) -> Wish | None:
        """Return the next wish, if there is one, and leave it there; never waits."""
        if not self._waiting:
            for record in self._reader.read(100, timeout=0):
                try:
                    wish = _wishes.decode(record.value or b"")
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    _log.warning("a wish cannot be read: %s", error, extra={"offset": record.offset})
                    continue
                self._waiting.append((record.offset, wish))
            if not self._waiting:
                self.offset = max(self.offset, self._reader.offsets[0])
        return self._waiting[0][1] if self._waiting else None

    def take(self) -> None:
        """Be done with the wish that `look` has returned."""
        offset, _ = self._waiting.popleft()
        self.offset = offset + 1

    def close(self) -> None:
        """Let go of the connection."""
        self._reader.close()
