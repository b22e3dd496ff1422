"""Tells a listener what changed: at once where it is quiet, joined where it is busy."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from typing import Protocol

from matchcast.live.running import RunningMatch
from matchcast.live.tracker import RecentEvent

log = logging.getLogger(__name__)

MATCH_PAIR_SECONDS = 0.05
"""Least time in which two calls about a match may come, so that there are 40 a second at most. Two may come
close together: an event, and the forecast that it asked for a few milliseconds later."""

LIST_GAP_SECONDS = 0.5
"""Least time between two calls about the list of matches."""


class Listener(Protocol):
    """Who is told. It is called with the service's lock held and must not wait for anything."""

    def match_changed(self, match: RunningMatch) -> None:
        """Tell that events or forecasts of a match came."""

    def list_changed(self, matches: Collection[RunningMatch], events: Sequence[RecentEvent]) -> None:
        """Tell which matches changed since the last call, and the newest events since then, oldest first."""

    def matches_released(self, match_ids: Collection[str]) -> None:
        """Tell that matches are not kept any more."""


class Publisher:
    """Gathers changes and passes them on; its methods are to be called with the lock held."""

    def __init__(self, lock: threading.RLock, listeners: Sequence[Listener]) -> None:
        self._changed = threading.Condition(lock)
        self._listeners = list(listeners)
        self._matches: dict[str, RunningMatch] = {}
        self._told_at: dict[str, tuple[float, float]] = {}
        self._listed: dict[str, RunningMatch] = {}
        self._events: list[RecentEvent] = []
        self._list_not_before = 0.0
        self._released: list[str] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)

    def listen(self, listener: Listener) -> None:
        """Tell one more listener."""
        self._listeners.append(listener)

    def start(self) -> None:
        """Begin to pass changes on."""
        self._thread.start()

    def stop(self, timeout: float = 10) -> None:
        """Pass on what is gathered, and end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def touch(self, match: RunningMatch) -> None:
        """Note that a match changed."""
        self._matches[match.match_id] = match
        self._listed[match.match_id] = match
        self._changed.notify()

    def add_events(self, events: Sequence[RecentEvent], most: int) -> None:
        """Note that events came; of many, the newest `most` are passed on."""
        self._events += events
        del self._events[:-most]

    def release(self, match_ids: Collection[str]) -> None:
        """Note that matches are not kept any more."""
        for match_id in match_ids:
            self._matches.pop(match_id, None)
            self._listed.pop(match_id, None)
            self._told_at.pop(match_id, None)
        self._released += match_ids
        self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                wait = self._pass_on(time.monotonic())
                if self._stopping:
                    return
                self._changed.wait(wait)

    def _pass_on(self, now: float) -> float | None:
        """Call the listeners with what is due; return after how many seconds more will be, None for never."""
        due_at = []
        for match_id, match in list(self._matches.items()):
            last_but_one, last = self._told_at.get(match_id, (0.0, 0.0))
            if last_but_one + MATCH_PAIR_SECONDS > now and not self._stopping:
                due_at.append(last_but_one + MATCH_PAIR_SECONDS)
                continue
            del self._matches[match_id]
            self._told_at[match_id] = (last, now)
            self._tell("match_changed", match)
        if self._released:
            released, self._released = self._released, []
            self._tell("matches_released", released)
        if self._listed or self._events:
            if self._list_not_before <= now or self._stopping:
                listed, events = list(self._listed.values()), self._events
                self._listed, self._events = {}, []
                self._list_not_before = now + LIST_GAP_SECONDS
                self._tell("list_changed", listed, events)
            else:
                due_at.append(self._list_not_before)
        return max(0.001, min(due_at) - time.monotonic()) if due_at else None

    def _tell(self, what: str, *about: object) -> None:
        for listener in self._listeners:
            try:
                getattr(listener, what)(*about)
            except Exception:
                log.exception("a listener failed at %s", what)
