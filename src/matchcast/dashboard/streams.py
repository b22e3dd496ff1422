"""Server-sent events: channels, their clients, and what a client that comes back has missed.

All of it runs in the one gevent hub of a worker: nothing here yields but `Stream.chunks`, so a
snapshot and the updates after it never have a gap between them. A message is encoded once,
however many clients read it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from gevent.queue import Empty, SimpleQueue

Position = Mapping[int, int]
"""The last offset taken in, for each partition of the events topic."""

RETRY_MS = 2000
QUEUE_LENGTH = 64
RING_LENGTH = 512

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


class Stream:
    """One client's stream: a bounded queue between the publisher and the client's connection."""

    def __init__(self, snapshot: Callable[[], bytes], on_close: Callable[[Stream], None]) -> None:
        self._snapshot = snapshot
        self._on_close = on_close
        self._queue: SimpleQueue = SimpleQueue()
        self.fell_behind = 0

    def offer(self, message: bytes) -> None:
        """Queue a message; a client that is too slow for them gets one snapshot instead."""
        if self._queue.qsize() >= QUEUE_LENGTH:
            self._drain()
            self.fell_behind += 1
            self._queue.put(None)
        self._queue.put(message)

    def end(self) -> None:
        """Let the client's connection end once it has what is queued."""
        self._queue.put(StopIteration)

    def _drain(self) -> list[bytes | None | type[StopIteration]]:
        waiting = []
        try:
            while True:
                waiting.append(self._queue.get_nowait())
        except Empty:
            return waiting

    def chunks(self, first: bytes) -> Iterator[bytes]:
        """Yield `first`, then what is queued, joined to as few writes as the client's pace allows."""
        try:
            yield first
            while True:
                waiting = [self._queue.get(), *self._drain()]
                parts = [
                    self._snapshot() if part is None else part
                    for part in waiting
                    if part is not StopIteration
                ]
                if parts:
                    yield b"".join(parts)
                if len(parts) < len(waiting):
                    return
        finally:
            self._on_close(self)


class Message(NamedTuple):
    """An update as it was sent, with the position that it brought the channel to."""

    position: dict[int, int]
    encoded: bytes


class Channel:
    """The streams of one match (or of the list of matches), and the updates that they were sent last."""

    def __init__(self, snapshot: Callable[[], bytes], position: Position) -> None:
        self._make_snapshot = snapshot
        self._snapshot: bytes | None = None
        self._start = dict(position)
        self._ring: deque[Message] = deque()
        self.streams: set[Stream] = set()

    def snapshot(self) -> bytes:
        """Return the encoded snapshot, made once between two updates."""
        if self._snapshot is None:
            self._snapshot = self._make_snapshot()
        return self._snapshot

    def expire_snapshot(self) -> None:
        """Have the next snapshot made anew."""
        self._snapshot = None

    def publish(self, position: Position, data: bytes) -> None:
        """Send an update to every stream and keep it for those that come back."""
        self._snapshot = None
        message = Message(dict(position), format_message("update", data, position))
        if len(self._ring) == RING_LENGTH:
            self._start = self._ring.popleft().position
        self._ring.append(message)
        for stream in self.streams:
            stream.offer(message.encoded)

    def missed(self, seen: Position, now: Position) -> bytes | None:
        """Return the updates after a position, or None when only a snapshot can tell.

        An update at just the position that was seen is sent again: a forecast comes after the
        events that it is for, at the same position, and the client may have missed it. Updates
        are upserts by id, so one that comes twice changes nothing.
        """
        if not includes(seen, self._start) or not includes(now, seen):
            return None
        return b"".join(
            message.encoded
            for message in self._ring
            if message.position == seen or not includes(seen, message.position)
        )
