"""From changes of matches to updates on the event streams: as soon as possible, never more than helps."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

import gevent
from gevent.event import Event

from matchcast.dashboard.board import Board, show_events
from matchcast.dashboard.broadcast import Broadcast, Topic
from matchcast.dashboard.monitor import Monitor
from matchcast.dashboard.pictures import Picture
from matchcast.dashboard.status import iso
from matchcast.forecast.forecast import Forecast
from matchcast.live.running import RunningMatch
from matchcast.live.tracker import RecentEvent

PAUSE_PER_STREAM = 0.0001
LONGEST_PAUSE = 0.25
"""Seconds between two rounds of updates: what comes meanwhile is one update. With 500 streams it
is 50 ms, so that the writes of a round take less than half of the time to the next."""

TICK_SECONDS = 10.0
SNAPSHOT_EVENTS = 30
UPDATE_EVENTS = 10
"""Newest events in an update of the list, twice a second; more are not read by anybody."""

CATCH_UP_POINTS = 20


class Publisher:
    """Sends what changes to the streams of a broadcast; it is a listener of the live service.

    Args:
        board: Gives the pictures of the matches.
        monitor: Gives the state of the system's parts.
        max_streams: How many streams may be open at once.
        observe_forecast: Told how many seconds after a match's newest record its forecast came, of
            records that were made since the start.
    """

    def __init__(
        self, board: Board, monitor: Monitor, max_streams: int, observe_forecast: Callable[[float], None]
    ) -> None:
        self._board = board
        self._monitor = monitor
        self._observe_forecast = observe_forecast
        self._started = time.time()
        self.broadcast = Broadcast(self._snapshot, self._catch_up, lambda: board.position, max_streams)
        self._changed: set[str] = set()
        self._wake = Event()
        self._shown: dict[str, Picture] = {}
        self._forecasts: dict[str, Forecast | None] = {}
        self._greenlets: list[gevent.Greenlet] = []

    def start(self) -> None:
        """Begin to publish."""
        self._greenlets = [gevent.spawn(self._publish), gevent.spawn(self._tick)]

    def stop(self) -> None:
        """Publish no more."""
        gevent.killall(self._greenlets)

    def match_changed(self, match: RunningMatch) -> None:
        """Publish a match in the next round."""
        if match.forecast is not self._forecasts.get(match.match_id):
            self._forecasts[match.match_id] = match.forecast
            made_at = match.updated_at_ms / 1000
            if match.forecast is not None and made_at > self._started:
                self._observe_forecast(max(0.0, time.time() - made_at))
        self._changed.add(match.match_id)
        self._wake.set()

    def list_changed(self, matches: Collection[RunningMatch], events: Sequence[RecentEvent]) -> None:
        """Tell all streams which rows of the list changed, and the newest events."""
        update: dict[str, Any] = {}
        pictures = [self._board.picture(match.match_id) for match in matches]
        if rows := [picture.row for picture in pictures if picture is not None]:
            update["matches"] = rows
        if events:
            update["recent_events"] = show_events(events[: -UPDATE_EVENTS - 1 : -1])
        if update:
            self.broadcast.publish_to_all(update)

    def matches_released(self, match_ids: Collection[str]) -> None:
        """End the streams of matches that are not kept any more."""
        for match_id in match_ids:
            self._board.forget(match_id)
            self._shown.pop(match_id, None)
            self._forecasts.pop(match_id, None)
            self.broadcast.forget(match_id)

    def status_changed(self) -> None:
        """Tell all streams at once that a part of the system is not as it was."""
        self.broadcast.expire_snapshots()
        self.broadcast.tick(self._tick_data())

    def _publish(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            started = time.monotonic()
            changed, self._changed = self._changed, set()
            for match_id in changed:
                self._publish_match(match_id)
            took = time.monotonic() - started
            gevent.sleep(min(LONGEST_PAUSE, max(took, PAUSE_PER_STREAM * self.broadcast.open_streams)))

    def _publish_match(self, match_id: str) -> None:
        before = self._shown.get(match_id)
        if before is None:
            return
        picture = self._board.picture(match_id)
        if picture is None or not self.broadcast.has_channel(match_id):
            del self._shown[match_id]
        elif picture is not before:
            self._shown[match_id] = picture
            self.broadcast.publish(match_id, picture.since(before))

    def _tick(self) -> None:
        while True:
            gevent.sleep(TICK_SECONDS)
            self.broadcast.tick(self._tick_data())

    def _tick_data(self) -> dict[str, Any]:
        return {"now": iso(time.time()), "status": self._monitor.states()}

    def _snapshot(self, topic: Topic) -> dict[str, Any]:
        snapshot: dict[str, Any] = {
            "matches": self._board.rows(),
            "recent_events": self._board.recent_events(SNAPSHOT_EVENTS),
            "status": self._monitor.lamps(),
        }
        if picture := self._followed(topic):
            snapshot.update(match=picture.row, stats=picture.stats(), prediction=picture.prediction)
        return snapshot

    def _catch_up(self, topic: Topic) -> dict[str, Any]:
        update: dict[str, Any] = {
            "matches": self._board.rows(),
            "recent_events": self._board.recent_events(SNAPSHOT_EVENTS),
        }
        if picture := self._followed(topic):
            update.update(picture.standing(CATCH_UP_POINTS))
        return update

    def _followed(self, topic: Topic) -> Picture | None:
        """Return the picture of a stream's match; what changes after it will be published."""
        picture = None if topic is None else self._board.picture(topic)
        if topic is not None and picture is not None:
            self._shown.setdefault(topic, picture)
        return picture
