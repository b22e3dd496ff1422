"""The producer: plays matches into Kafka, each event at its time, until it is told to stop.

One thread does it all: it sends what is due, says every two seconds that it is alive, and takes wishes. A
match is sent only after a heartbeat that names it has reached Kafka; so whoever comes next knows of every
match that has an event, and finds in Kafka itself how far each has come.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from matchcast.produce.errors import AlreadyPlayed, TakenOver
from matchcast.produce.heartbeat import (
    BEAT_SECONDS,
    STALE_SECONDS,
    Heartbeat,
    Running,
    encode,
    host_name,
    iso_now,
)
from matchcast.produce.ledger import Ledger, merge
from matchcast.produce.neighbours import Neighbours
from matchcast.produce.pace import Pace
from matchcast.produce.playing import Cast, Playing, encode_record
from matchcast.produce.programme import FixtureList, Programme
from matchcast.produce.resume import Trace, abandon, count_sent, trace
from matchcast.produce.wishes import Wishes
from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.topics import Topics
from matchcast.stream.writer import Delivery, EventWriter

_log = logging.getLogger(__name__)

MAX_RUNNING: Final = 20
"""Most matches at once; wishes beyond it wait."""
_MOST_PENDING: Final = 500
"""Events that may be on their way; with more, Kafka is away or slow, and the match clocks stand still."""
_NAP: Final = 0.2
_LATE: Final = 1.0
"""Seconds behind its time from which a match goes on at its pace, instead of catching up in a burst."""
_CHORES: Final = 0.25
_BATCH: Final = 500


@dataclass(frozen=True)
class Limits:
    """When to stop, and how much to do at once.

    Attributes:
        at_once: Matches that are kept running.
        max_events: Events of the whole run or, with a schedule, of each firing; None is no limit.
        fired: Set at each firing of a schedule; None where there is none and all is played through.
        once: Whether a match that ends is not followed by another.
    """

    at_once: int = 5
    max_events: int | None = None
    fired: threading.Event | None = None
    once: bool = False


class Producer:
    """Plays a programme.

    Args:
        broker: Addresses of Kafka.
        topics: Names of the topics, which must be there.
        programme: What is played.
        pace: How fast.
        limits: How much.

    Raises:
        AlreadyPlayed: another living producer plays what this one is to play.
    """

    def __init__(self, broker: str, topics: Topics, programme: Programme, pace: Pace, limits: Limits) -> None:
        self.producer_id = f"{host_name()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self._broker, self._topics = broker, topics
        self._programme, self._pace, self._limits = programme, pace, limits
        self._started_at = iso_now()
        self._playing: list[Playing] = []
        self._budget: float = 0 if limits.fired else _no_limit(limits.max_events)
        self._stop = threading.Event()
        self._beat_at = 0.0
        self._beat_pending = 0.0
        self._unheard = False
        self._changed = False
        self._filled = False
        self._chores_at = 0.0
        self._neighbours = Neighbours(broker, topics.producers, self.producer_id)
        self._ledger: Ledger = self._neighbours.ledger()
        self._requests_offset = self._neighbours.requests_offset()
        self._wishes = self._open_wishes()
        # Whatever happens to the broker, what was written is delivered, once and in order; a week is for ever.
        self._writer = EventWriter(broker, delivery_timeout_s=7 * 86_400, client_id="matchcast-producer")

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
            self._say_goodbye()
        finally:
            for closing in (self._neighbours, self._wishes):
                if closing is not None:
                    closing.close()

    def _claim(self) -> None:
        self._refuse(self._neighbours.living())
        self._resume()
        self._fill()
        self._beat(wait=True)
        self._neighbours.refresh_fully()
        try:
            # Of two that began at the same moment, the one whose heartbeat came first goes on.
            self._refuse(self._neighbours.ahead_of_me())
        except AlreadyPlayed:
            self._forget(self.producer_id)
            self._writer.close(timeout=10)
            raise
        for gone in self._neighbours.superseded(playing.match.id for playing in self._playing):
            self._forget(gone)

    def _forget(self, producer_id: str) -> None:
        self._writer.write(self._topics.producers, None, key=producer_id.encode())

    def _turn(self) -> None:
        now = time.monotonic()
        if now >= self._chores_at:
            self._do_chores(now)
        sent = self._send_due(now)
        if sent < _BATCH:
            self._writer.poll(self._nap(time.monotonic()))

    def _nap(self, now: float) -> float:
        waiting = [playing.due for playing in self._playing if self._may_send(playing)]
        until = min([self._chores_at, *waiting])
        return min(max(until - now, 0.0), _NAP)

    def _done(self) -> bool:
        if self._budget <= 0 and self._limits.fired is None:
            return True
        return self._filled and not self._playing and (self._limits.once or not self._programme.endless)

    # --- events -------------------------------------------------------------------------------------

    def _may_send(self, playing: Playing) -> bool:
        return playing.announced and self._budget > 0 and self._writer.pending < _MOST_PENDING

    def _send_due(self, now: float) -> int:
        sent = 0
        for playing in list(self._playing):
            while sent < _BATCH and playing.due <= now and self._may_send(playing):
                self._send(playing, now)
                sent += 1
                if playing.over:
                    self._finish(playing)
                    break
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

    def _finish(self, playing: Playing) -> None:
        self._playing.remove(playing)
        self._changed = True
        if self._limits.fired is not None:
            self._budget = 0
        _log.info("final whistle", extra={"match_id": playing.match.id, "events": playing.sent})

    # --- what is played -----------------------------------------------------------------------------

    def _refuse(self, others: list[Heartbeat]) -> None:
        for beat in others:
            theirs = [running.match.id for running in beat.running if self._programme.claims(running)]
            same_list = beat.leads and self._programme.leads
            if same_list or (theirs and not self._programme.leads):
                what = ", ".join(theirs or beat.matches) or "the fixture list"
                raise AlreadyPlayed(
                    f"Another producer (process {beat.pid} on {beat.host}) plays {what} at this moment.",
                    hint="stop that one, or let this one play other teams with --home-team and --away-team",
                )

    def _resume(self) -> None:
        left = [running for running in self._neighbours.left() if self._programme.claims(running)]
        left = left[: self._limits.at_once]
        found = trace(
            self._broker, self._topics.events, {running.match.id: running.since_ms for running in left}
        )
        for running in left:
            playing = self._go_on(running, self._programme.resume(running), count=found[running.match.id])
            if not playing.over:
                self._playing.append(playing)

    def _go_on(self, running: Running, cast: Cast, count: Trace) -> Playing:
        sent = count_sent(cast.script, count)
        if sent is None:
            cast = Cast(cast.match, lambda: iter(abandon(cast.match, count)), cast.request_id)
        playing = Playing(cast, running.since_ms)
        playing.skip_to(sent or 0)
        playing.due = time.monotonic()
        _log.info("match goes on", extra={"match_id": running.match.id, "after": sent})
        return playing

    def _fill(self) -> None:
        """Kick off matches until enough run."""
        if self._filled and self._limits.once:
            return
        while len(self._playing) < self._limits.at_once:
            self._learn()
            cast = self._programme.next_cast(self._ledger, self._is_busy)
            if cast is None:
                break
            self._kick_off(cast)
        self._filled = True

    def _learn(self) -> None:
        """Know what others have played since, so that no id is given twice."""
        self._ledger = merge((self._ledger, self._neighbours.ledger()))

    def _kick_off(self, cast: Cast) -> None:
        playing = Playing(cast, since_ms=int(time.time() * 1000))
        playing.due = time.monotonic()
        self._playing.append(playing)
        self._changed = True
        match = cast.match
        _log.info(
            "kick-off",
            extra={"match_id": match.id, "home_team": match.home_team, "away_team": match.away_team},
        )

    def _is_busy(self, home: str, away: str) -> bool:
        ours = [playing.match for playing in self._playing]
        theirs = [running.match for beat in self._neighbours.living() for running in beat.running]
        return any((match.home_team, match.away_team) == (home, away) for match in (*ours, *theirs))

    # --- heartbeats and wishes ----------------------------------------------------------------------

    def _do_chores(self, now: float) -> None:
        self._unheard |= bool(self._chores_at) and now - self._chores_at > STALE_SECONDS
        self._chores_at = now + _CHORES
        self._neighbours.refresh()
        if self._unheard:
            self._stand_down_if_replaced()
        fired = self._limits.fired
        if fired is not None and fired.is_set():
            fired.clear()
            self._start_firing(now)
        if fired is None or self._budget > 0:
            self._fill()
        self._take_wishes()
        if self._changed or now - self._beat_at >= BEAT_SECONDS:
            self._beat()

    def _start_firing(self, now: float) -> None:
        if self._budget > 0:
            _log.warning("the firing before this one still plays: this one is left out")
            return
        self._budget = _no_limit(self._limits.max_events)
        for playing in self._playing:
            playing.due = now

    def _open_wishes(self) -> Wishes | None:
        if not self._programme.leads:
            return None
        return Wishes(self._broker, self._topics.requests, self._requests_offset)

    def _take_wishes(self) -> None:
        if self._wishes is None or not isinstance(self._programme, FixtureList):
            return
        while len(self._playing) < MAX_RUNNING and (wish := self._wishes.look()) is not None:
            self._learn()
            cast = self._programme.wished(
                wish.home_team, wish.away_team, wish.request_id, self._ledger, self._is_busy
            )
            self._wishes.take()
            self._changed = True
            if cast is not None:
                self._kick_off(cast)

    def _beat(self, *, wait: bool = False) -> None:
        """Say what is played; one heartbeat is on its way at a time."""
        if self._beat_pending:
            return
        self._beat_at = self._beat_pending = time.monotonic()
        self._changed = False
        named = list(self._playing)

        def report(delivery: Delivery) -> None:
            self._unheard |= time.monotonic() - self._beat_pending > STALE_SECONDS
            self._beat_pending = 0.0
            if delivery.failure is not None:
                _log.warning("heartbeat not delivered: %s", delivery.failure)
                return
            for playing in named:
                playing.announced = True

        self._write_beat("running", report)
        while wait and self._beat_pending and not self._stop.is_set():
            self._writer.poll(_NAP)

    def _write_beat(self, state: Literal["running", "stopped"], report: Callable[[Delivery], None]) -> None:
        running = [playing.running for playing in self._playing]
        beat = Heartbeat(
            producer_id=self.producer_id,
            host=host_name(),
            pid=os.getpid(),
            started_at=self._started_at,
            at=iso_now(),
            state=state,
            matches=[each.match.id for each in running],
            running=running,
            leads=self._programme.leads,
            ledger=self._ledger,
            requests_offset=self._wishes.offset if self._wishes else self._requests_offset,
        )
        self._writer.write(
            self._topics.producers, encode(beat), key=self.producer_id.encode(), on_delivery=report
        )

    def _say_goodbye(self) -> None:
        self._write_beat("stopped", lambda _delivery: None)
        self._writer.close(timeout=10)

    def _stand_down_if_replaced(self) -> None:
        try:
            self._neighbours.refresh_fully()
        except KafkaUnavailable:
            return  # asked again at the next chores: nobody can have taken over while Kafka is away
        self._unheard = False
        mine = {playing.match.id for playing in self._playing}
        for beat in self._neighbours.living():
            taken = sorted(mine.intersection(beat.matches))
            if taken:
                raise TakenOver(
                    f"This producer was not heard for a while, and process {beat.pid} on {beat.host} has gone "
                    f"on with {', '.join(taken)}.",
                    hint="let that one play, or stop it and start this one again",
                )


def _no_limit(max_events: int | None) -> float:
    return float("inf") if max_events is None else max_events
