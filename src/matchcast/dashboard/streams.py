"""Server-sent events: channels, their clients, and what a client that comes back has missed.

All of it runs in the one gevent hub of a worker: nothing here yields but iterating a `Stream`, so a
snapshot and the updates after it never have a gap between them. A message is encoded once,
however many clients read it.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gevent.queue import Empty, SimpleQueue

Position = Mapping[int, int]
"""The last offset taken in, for each partition of the events topic."""

RETRY_MS = 2000
QUEUE_LENGTH = 64
"""Messages that wait for one client; at ten a second a client may pause for six seconds."""

RING_BYTES = 2 * 1024**2
"""Updates of one channel that are kept for clients that come back: half a minute of the busiest match."""

STUCK_SECONDS = 60.0

_SNAPSHOT = b"snapshot"

_ID = re.compile(r"\d{1,6}:\d{1,19}(,\d{1,6}:\d{1,19}){0,255}")


def format_position(position: Position) -> str:
    """Return a position as the id of an event: ``0:1021,3:77`` (partition:offset)."""
    return ",".join(f"{partition}:{offset}" for partition, offset in sorted(position.items()))


def parse_position(text: str | None) -> dict[int, int] | None:
    """Return the position that an id stands for; None when it is not one of ours."""
    if not text or not _ID.fullmatch(text):
        return None
    pairs = (pair.split(":") for pair in text.split(","))
    return {int(partition): int(offset) for partition, offset in pairs}


def includes(position: Position, other: Position) -> bool:
    """Whether all that `other` has taken in, `position` has too."""
    return all(position.get(partition, -1) >= offset for partition, offset in other.items())


def format_message(event: str, data: bytes, position: Position | None = None) -> bytes:
    """Return a server-sent event; `data` is JSON and so holds no line break."""
    head = f"id: {format_position(position)}\n" if position else ""
    return b"%sevent: %s\ndata: %s\n\n" % (head.encode(), event.encode(), data)


class Update(NamedTuple):
    """An update as it is sent, with the position that it brings the channel to."""

    position: dict[int, int]
    encoded: bytes


def make_update(position: Position, data: bytes) -> Update:
    """Return an update that brings clients to a position."""
    return Update(dict(position), format_message("update", data, position))


class Stream:
    """One client's stream: a bounded queue between the publisher and the client's connection.

    Iterating gives what to write next: everything that waits, joined into one write.

    Args:
        first: What to send at once.
        snapshot: Gives the snapshot that replaces what a slow client did not take.
        on_close: Called once, when the connection has ended.
        hang_up: Ends the connection from this side, for a client that takes nothing.
    """

    def __init__(
        self,
        first: bytes,
        snapshot: Callable[[], bytes],
        on_close: Callable[[Stream], None],
        hang_up: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue: SimpleQueue = SimpleQueue()
        self._queue.put(first)
        self._snapshot = snapshot
        self._on_close = on_close
        self._hang_up = hang_up
        self._clock = clock
        self._writing_since: float | None = None
        self._ending = False
        self._closed = False
        self.fell_behind = 0

    def offer(self, message: bytes) -> None:
        """Queue a message; a client that is too slow for them gets one snapshot instead."""
        if self._queue.qsize() >= QUEUE_LENGTH:
            self._drain()
            self.fell_behind += 1
            self._queue.put(_SNAPSHOT)
        self._queue.put(message)

    def end(self) -> None:
        """Let the connection end once the client has what is queued."""
        self._ending = True
        self._queue.put(b"")

    def release(self) -> None:
        """Hang up on a client that has taken nothing for STUCK_SECONDS; it would hold its place for ever."""
        if self._writing_since is not None and self._clock() - self._writing_since > STUCK_SECONDS:
            self._hang_up()

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> bytes:
        self._writing_since = None
        if self._ending and self._queue.empty():
            raise StopIteration
        waiting = [self._queue.get(), *self._drain()]
        self._writing_since = self._clock()
        return b"".join(self._snapshot() if part is _SNAPSHOT else part for part in waiting)

    def close(self) -> None:
        """Forget the client, whose connection has ended."""
        if not self._closed:
            self._closed = True
            self._on_close(self)

    def _drain(self) -> list[bytes]:
        waiting: list[bytes] = []
        try:
            while True:
                waiting.append(self._queue.get_nowait())
        except Empty:
            return waiting


class Channel:
    """The streams of one match (or of the list of matches), and the updates that they were sent last.

    Args:
        snapshot: Makes the encoded snapshot.
        position: Where updates begin: what came before is known from snapshots alone.
    """

    def __init__(self, snapshot: Callable[[], bytes], position: Position) -> None:
        self._make_snapshot = snapshot
        self._snapshot: bytes | None = None
        self._start = dict(position)
        self._ring: deque[Update] = deque()
        self._ring_bytes = 0
        self.streams: set[Stream] = set()
        self.idle_ticks = 0
        """Ticks since the last stream was open."""

    def snapshot(self) -> bytes:
        """Return the encoded snapshot, made once until it is told to expire."""
        if self._snapshot is None:
            self._snapshot = self._make_snapshot()
        return self._snapshot

    def expire_snapshot(self) -> None:
        """Have the next snapshot made anew."""
        self._snapshot = None

    def publish(self, update: Update) -> None:
        """Send an update to every stream and keep it for those that come back."""
        self._ring.append(update)
        self._ring_bytes += len(update.encoded)
        while self._ring_bytes > RING_BYTES:
            oldest = self._ring.popleft()
            self._ring_bytes -= len(oldest.encoded)
            self._start = oldest.position
        for stream in self.streams:
            stream.offer(update.encoded)

    def missed(self, seen: Position) -> bytes | None:
        """Return the updates after a position, or None when only a snapshot can tell.

        An update at just the position that was seen is sent again: a forecast comes after the
        events that it is for, at the same position, and the client may have missed it. Updates
        are upserts by id, so one that comes twice changes nothing.
        """
        if not includes(seen, self._start):
            return None
        return b"".join(
            update.encoded
            for update in self._ring
            if update.position == seen or not includes(seen, update.position)
        )
