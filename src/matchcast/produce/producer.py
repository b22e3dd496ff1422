"""The producer: plays matches into Kafka, each event at its time, until it is told to stop.

One thread does it all: it sends what is due, says every two seconds that it is alive, and takes wishes. A
match is sent only after a heartbeat that names it has reached Kafka; so whoever comes next knows of every
match that has an event, and finds in Kafka itself how far each has come.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from matchcast.produce.errors import AlreadyPlayed
from matchcast.produce.heartbeat import Heartbeat, Running
from matchcast.produce.limits import Limits
from matchcast.produce.pace import Pace
from matchcast.produce.playing import Cast, Playing, encode_record
from matchcast.produce.presence import Presence
from matchcast.produce.programme import Busy, FixtureList, Programme
from matchcast.produce.resume import go_on, trace
from matchcast.produce.wishes import Wishes
from matchcast.stream.topics import Topics
from matchcast.stream.writer import EventWriter

_log = logging.getLogger(__name__)

MAX_RUNNING: Final = 20
"""Most matches at once; wishes beyond it wait."""
_MOST_PENDING: Final = 500
"""Events that may be on their way; with more, Kafka is away or slow, and the match clocks stand still."""
_DELIVERY_SECONDS: Final = 7 * 86_400
"""However long the broker is away, what was written is delivered, once and in order."""
_LATE: Final = 1.0
"""Seconds behind its time from which a match goes on at its pace, instead of catching up in a burst."""
_NAP: Final = 0.2
_CHORES: Final = 0.25
_BATCH: Final = 500


class Producer:
    """Plays a programme.

    Args:
        broker: Addresses of Kafka.
        topics: Names of the topics, which must be there.
        programme: What is played.
        pace: How fast.
        limits: How much.
        alive: Called several times a second, as long as it goes on.
    """

    def __init__(
        self,
        broker: str,
        topics: Topics,
        programme: Programme,
        pace: Pace,
        limits: Limits,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._broker, self._topics = broker, topics
        self._programme, self._pace, self._limits = programme, pace, limits
        self._alive = alive
        self._playing: list[Playing] = []
        self._budget: float = 0 if limits.fired else limits.budget
        self._stop = threading.Event()
        self._changed = False
        self._filled = False
        self._chores_at = 0.0
        self._writer = EventWriter(
            broker, delivery_timeout_s=_DELIVERY_SECONDS, client_id="matchcast-producer"
        )
        self._presence = Presence(broker, topics.producers, self._writer, leads=programme.leads)
        self._wishes = (
            Wishes(broker, topics.requests, self._presence.requests_offset) if programme.leads else None
        )

    def stop(self) -> None:
        """End soon, with a goodbye; may be called from a signal handler or another thread."""
        self._stop.set()

    def run(self) -> None:
        """Play until the programme ends, `max_events` are sent, or `stop` is called.

        Raises:
            AlreadyPlayed: another living producer plays what this one is to play.
            TakenOver: another producer went on with these matches while this one could not be heard.
            UndeliveredRecords: Kafka refused a record, or was not there for the goodbye.
        """
        try:
            self._claim()
            while not self._stop.is_set() and not self._done():
                self._turn()
            self._presence.say_goodbye(self._running())
            self._writer.close(timeout=10)
        finally:
            self._presence.close()
            if self._wishes is not None:
                self._wishes.close()

    def _claim(self) -> None:
        """Take up what was left, kick off the rest, and make sure that nobody else plays the same."""
        neighbours = self._presence.neighbours
        self._refuse(neighbours.living())
        self._resume()
        self._fill()
        self._say()
        while self._presence.is_waiting and not self._stop.is_set():
            self._writer.poll(_NAP)
        neighbours.refresh_fully()
        try:
            # Of two that began at the same moment, the one whose heartbeat came first goes on.
            self._refuse(neighbours.ahead_of_me())
        except AlreadyPlayed:
            self._presence.forget()
            self._writer.close(timeout=10)
            raise
        for gone in neighbours.superseded(playing.match.id for playing in self._playing):
            self._presence.forget(gone)

    def _refuse(self, others: list[Heartbeat]) -> None:
        for beat in others:
            same_list = beat.leads and self._programme.leads
            theirs = [running.match.id for running in beat.running if self._programme.claims(running)]
            if same_list or (theirs and not self._programme.leads):
                what = ", ".join(theirs or beat.matches) or "the fixture list"
                raise AlreadyPlayed(
                    f"Another producer (process {beat.pid} on {beat.host}) plays {what} at this moment.",
                    hint="stop that one, or let this one play other teams with --home-team and --away-team",
                )

    def _turn(self) -> None:
        now = time.monotonic()
        if now >= self._chores_at:
            self._chores_at = now + _CHORES
            self._alive()
            self._do_chores(now)
        if self._send_due(now) < _BATCH:
            due = [playing.due for playing in self._playing if self._may_send(playing)]
            self._writer.poll(min(max(min([self._chores_at, *due]) - time.monotonic(), 0.0), _NAP))

    def _done(self) -> bool:
        if self._budget <= 0 and self._limits.fired is None:
            return True
        return self._filled and not self._playing and (self._limits.once or not self._programme.endless)

    # --- events -------------------------------------------------------------------------------------

    def _may_send(self, playing: Playing) -> bool:
        return playing.announced and self._budget > 0 and self._writer.pending < _MOST_PENDING

    def _send_due(self, now: float) -> int:
        """Send what is due, one event of each match in turn; return how many were sent."""
        sent = 0
        while sent < _BATCH:
            due = [each for each in self._playing if each.due <= now and self._may_send(each)]
            if not due:
                break
            for playing in due:
                if self._budget > 0:
                    self._send(playing, now)
                    sent += 1
        return sent

    def _send(self, playing: Playing, now: float) -> None:
        moment = playing.moment
        if moment is None:
            return
        self._writer.write(self._topics.events, encode_record(moment.record), key=playing.key)
        self._budget -= 1
        playing.advance()
        if playing.moment is not None:
            start = now if now - playing.due > _LATE else playing.due
            playing.due = start + self._pace.wait(moment.at, playing.moment.at)
        else:
            self._finish(playing)

    def _finish(self, playing: Playing) -> None:
        self._playing.remove(playing)
        self._changed = True
        if self._limits.fired is not None:
            self._budget = 0
        _log.info("final whistle", extra={"match_id": playing.match.id, "events": playing.sent})

    # --- matches ------------------------------------------------------------------------------------

    def _running(self) -> list[Running]:
        return [playing.running for playing in self._playing]

    def _resume(self) -> None:
        left = [running for running in self._presence.neighbours.left() if self._programme.claims(running)]
        all_at_once = self._programme.leads and self._limits.fired is None
        left = left[: MAX_RUNNING if all_at_once else self._limits.at_once]
        found = trace(
            self._broker, self._topics.events, {running.match.id: running.since_ms for running in left}
        )
        for running in left:
            playing = go_on(running, self._programme.revive(running), found[running.match.id])
            if not playing.over:
                self._programme.went_on(running)
                self._playing.append(playing)
                _log.info("match goes on", extra={"match_id": playing.match.id, "after": playing.sent})

    def _fill(self) -> None:
        """Kick off matches until enough run."""
        if self._filled and self._limits.once:
            return
        while len(self._playing) < self._limits.at_once:
            self._presence.learn()
            cast = self._programme.next_cast(self._presence.ledger, self._busy())
            if cast is None:
                break
            self._kick_off(cast)
        self._filled = True

    def _kick_off(self, cast: Cast) -> None:
        playing = Playing(cast, since_ms=int(time.time() * 1000))
        playing.due = time.monotonic()
        self._playing.append(playing)
        self._changed = True
        match = cast.match
        teams = {"match_id": match.id, "home_team": match.home_team, "away_team": match.away_team}
        _log.info("kick-off", extra=teams)

    def _busy(self) -> Busy:
        others = [running.match for beat in self._presence.neighbours.living() for running in beat.running]
        return Busy(tuple(playing.match for playing in self._playing), tuple(others))

    # --- chores -------------------------------------------------------------------------------------

    def _do_chores(self, now: float) -> None:
        self._presence.look_round(now, [playing.match.id for playing in self._playing])
        if self._limits.fired is not None and self._limits.fired.is_set():
            self._limits.fired.clear()
            self._start_firing(now)
        if self._limits.fired is None or self._budget > 0:
            self._fill()
        self._take_wishes()
        if self._changed or self._presence.is_due(now):
            self._say()

    def _say(self) -> None:
        if self._presence.is_waiting:
            return
        self._changed = False
        named = list(self._playing)

        def announce() -> None:
            for playing in named:
                playing.announced = True

        self._presence.say(self._running(), announce)

    def _start_firing(self, now: float) -> None:
        if self._budget > 0:
            _log.warning("the firing before this one still plays: this one is left out")
            return
        self._budget = self._limits.budget
        for playing in self._playing:
            playing.due = now

    def _take_wishes(self) -> None:
        if self._wishes is None or not isinstance(self._programme, FixtureList):
            return
        while len(self._playing) < MAX_RUNNING and (wish := self._wishes.look()) is not None:
            self._presence.learn()
            cast = self._programme.grant(wish, self._presence.ledger, self._busy())
            self._wishes.take()
            self._changed = True
            if cast is not None:
                self._kick_off(cast)
        self._presence.requests_offset = self._wishes.offset
