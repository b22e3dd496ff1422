"""All open event streams of a process: who may open one, and who gets which message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matchcast.dashboard.answers import encode
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.streams import (
    RETRY_MS,
    Channel,
    Position,
    Stream,
    format_message,
    includes,
    make_update,
    parse_position,
)

RETRY_AFTER_SECONDS = 30

IDLE_TICKS = 12
"""A channel that nobody followed for so many ticks, two minutes, is let go with the updates it keeps."""

Topic = str | None
"""What a stream is about: a match id, or None for the list of all matches."""


class Broadcast:
    """The channels and their streams.

    Args:
        snapshot: Gives the data of a channel's snapshot.
        catch_up: Gives the data of an update that brings a client up to date which got all
            updates that are kept.
        position: Gives the position that snapshots and updates stand at now.
        max_streams: How many streams may be open at once.
    """

    def __init__(
        self,
        snapshot: Callable[[Topic], Any],
        catch_up: Callable[[Topic], Any],
        position: Callable[[], Position],
        max_streams: int,
    ) -> None:
        self._snapshot = snapshot
        self._catch_up = catch_up
        self._position = position
        self.max_streams = max_streams
        self._channels: dict[Topic, Channel] = {}
        self._streams: set[Stream] = set()
        self.closing = False
        self.refused = 0
        self._fell_behind = 0

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    @property
    def fell_behind(self) -> int:
        """How often a client was so slow that it was sent a snapshot instead of what it did not take."""
        return self._fell_behind + sum(stream.fell_behind for stream in self._streams)

    def open(self, topic: Topic, last_event_id: str | None, hang_up: Callable[[], None]) -> Stream:
        """Open a stream: first what was missed since an id, or a snapshot, then updates.

        Raises:
            Problem: 503, there are as many streams as may be, or the process stops.
        """
        if self.closing or len(self._streams) >= self.max_streams:
            self.refused += 1
            raise Problem(
                503,
                "The dashboard is stopping."
                if self.closing
                else f"All {self.max_streams} event streams are in use: ask /api/matches, "
                "/api/match-stats and /api/prediction every few seconds instead.",
                kind="too-many-streams",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        channel = self._channel(topic)
        missed = self._missed(topic, channel, last_event_id)
        first = channel.snapshot() if missed is None else missed
        stream = Stream(
            b"retry: %d\n\n%s" % (RETRY_MS, first),
            channel.snapshot,
            lambda ended: self._forget(channel, ended),
            hang_up,
        )
        channel.streams.add(stream)
        self._streams.add(stream)
        return stream

    def has_channel(self, topic: Topic) -> bool:
        """Whether somebody follows a topic, or did so lately and may come back."""
        return topic in self._channels

    def publish(self, topic: Topic, data: Any) -> None:
        """Send an update to a channel, if there is one."""
        self.expire_snapshots()
        channel = self._channels.get(topic)
        if channel is not None:
            channel.publish(make_update(self._position(), encode(data)))

    def publish_to_all(self, data: Any) -> None:
        """Send an update to every channel."""
        self.expire_snapshots()
        update = make_update(self._position(), encode(data))
        for channel in self._channels.values():
            channel.publish(update)

    def expire_snapshots(self) -> None:
        """Have all snapshots made anew: each shows all matches and the status of all parts."""
        for channel in self._channels.values():
            channel.expire_snapshot()

    def tick(self, data: Any) -> None:
        """Send a tick to every stream, and let go of those whose client takes nothing."""
        message = format_message("tick", encode(data))
        for stream in list(self._streams):
            stream.offer(message)
            stream.release()
        for topic, channel in list(self._channels.items()):
            channel.idle_ticks = 0 if channel.streams else channel.idle_ticks + 1
            if channel.idle_ticks > IDLE_TICKS:
                del self._channels[topic]

    def forget(self, topic: str) -> None:
        """End the streams of a match that is no more."""
        channel = self._channels.pop(topic, None)
        for stream in list(channel.streams) if channel is not None else ():
            stream.end()

    def close(self) -> None:
        """End all streams and open no more."""
        self.closing = True
        for stream in list(self._streams):
            stream.end()

    def _channel(self, topic: Topic) -> Channel:
        channel = self._channels.get(topic)
        if channel is None:
            channel = Channel(lambda: self._encode_snapshot(topic), self._position())
            self._channels[topic] = channel
        return channel

    def _encode_snapshot(self, topic: Topic) -> bytes:
        return format_message("snapshot", encode(self._snapshot(topic)), self._position())

    def _missed(self, topic: Topic, channel: Channel, last_event_id: str | None) -> bytes | None:
        seen = parse_position(last_event_id)
        now = self._position()
        if seen is None or not includes(now, seen):
            return None
        missed = channel.missed(seen)
        if missed is None:
            return None
        return missed + format_message("update", encode(self._catch_up(topic)), now)

    def _forget(self, channel: Channel, stream: Stream) -> None:
        channel.streams.discard(stream)
        self._streams.discard(stream)
        self._fell_behind += stream.fell_behind
