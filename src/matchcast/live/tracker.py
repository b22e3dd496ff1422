"""The running matches: which match a record belongs to, and what became of each record."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from msgspec import Struct, field

from matchcast.events.errors import InvalidRecord
from matchcast.events.record import MAX_NAME, Event, decode
from matchcast.live.cut import Cut
from matchcast.live.running import RunningMatch
from matchcast.match.state import MatchState
from matchcast.stream.client import StreamRecord

log = logging.getLogger(__name__)

KEPT_FINISHED = 20
"""Finished matches that stay; older ones are let go, with the ids of their events."""

KEPT_MATCHES = 2_000
"""Matches that stay in all; past it the one that has been quiet the longest is let go."""

KEPT_RELEASED = 20_000
"""Ids of matches that were let go: their late records are counted and do not bring them back."""

KEPT_EVENTS = 200
"""Newest events, for the list that shows what comes in."""

PLAYED_ORIGINS = frozenset({"replay", "simulated"})
"""Origins of the matches that producers of ours play."""

REPEAT_WINDOW_MS = 600_000
"""How long after a match's last record one of its ids, in a record that names no match, is a repeat."""


class Broken(NamedTuple):
    """A record that cannot be read, and why."""

    record: StreamRecord
    reason: str


class RecentEvent(NamedTuple):
    """An event that came in lately; `at_ms` is the time of its record."""

    match_id: str
    event: Event
    partition: int
    offset: int
    at_ms: int


class Counters(Struct):
    """What became of the records since the beginning (checkpoints keep count).

    `records` came, of which `events` were folded, `repeats` were known, `broken` could not be read,
    and `late` were of matches that had been let go.
    """

    records: int = 0
    events: int = 0
    repeats: int = 0
    broken: int = 0
    late: int = 0
    released: int = 0


class Head(Struct):
    """What a checkpoint keeps beside the matches."""

    counters: Counters
    finished: list[str]
    released: list[str]
    recent: list[RecentEvent]


class Ingested(Struct):
    """What some records changed."""

    changed: dict[str, RunningMatch] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    released: list[str] = field(default_factory=list)


class Tracker:
    """Folds records into the matches that they belong to. It does no IO and knows no clock.

    A record belongs to the match that it names; one that names none, to the match of its key; one
    without a key, to the running match that has its team, or to a match made from its team, which
    stays `incomplete` until a record names it. Simulated and replayed matches take no record without
    a key: their producers key each one, so that it is of another match.

    Attributes:
        counters: what became of the records.
        recent: the newest events, oldest first.
        cut: the checkpoint that is being made, which is to see each match before it changes.
    """

    def __init__(self, *, kept_finished: int = KEPT_FINISHED, kept_matches: int = KEPT_MATCHES) -> None:
        self.counters = Counters()
        self.recent: deque[RecentEvent] = deque(maxlen=KEPT_EVENTS)
        self.cut: Cut | None = None
        self._kept_finished = kept_finished
        self._kept_matches = kept_matches
        self._matches: dict[str, RunningMatch] = {}
        self._finished: dict[str, None] = {}
        self._released: dict[str, None] = {}
        self._match_of_team: dict[str, RunningMatch] = {}

    def __len__(self) -> int:
        return len(self._matches)

    def __iter__(self) -> Iterator[RunningMatch]:
        return iter(self._matches.values())

    def get(self, match_id: str) -> RunningMatch | None:
        """Return a match that is kept, or None."""
        return self._matches.get(match_id)

    def listed(self) -> list[RunningMatch]:
        """Return the matches, those that run first, each kind by its newest record."""
        return sorted(self, key=lambda match: (match.finished, -match.touched))

    def ingest(self, records: Iterable[StreamRecord]) -> Ingested:
        """Take records in; none is lost, and whatever their bytes are none stops the others."""
        done = Ingested()
        counters, recent = self.counters, self.recent
        last: RunningMatch | None = None
        for record in records:
            counters.records += 1
            try:
                event = decode(record.value or b"")
            except InvalidRecord as error:
                reason = f"{error.path}: {error.reason}" if error.path else error.reason
                self._set_aside(done, record, reason if record.value is not None else "has no value")
                continue
            match = self._match_of(record, event)
            if match is None:
                self._note_late(record, event)
                continue
            was_finished = match.finished
            if self.cut is not None:
                self.cut.keep(match)
            try:
                if not match.apply(event, record):
                    counters.repeats += 1
                    continue
            except Exception as error:
                log.exception(
                    "an event cannot be folded", extra={"match_id": match.match_id, "record": record.place}
                )
                self._set_aside(done, record, f"cannot be folded: {type(error).__name__}: {error}")
                continue
            counters.events += 1
            match.touched = counters.records
            recent.append(
                RecentEvent(match.match_id, event, record.partition, record.offset, record.timestamp_ms)
            )
            if match is not last:
                done.changed[match.match_id] = last = match
                if len(self._matches) > self._kept_matches:
                    self._release_surplus(done)
            if match.finished != was_finished:
                self._note_finish(match)
                self._release_surplus(done)
        return done

    def _set_aside(self, done: Ingested, record: StreamRecord, reason: str) -> None:
        self.counters.broken += 1
        done.broken.append(Broken(record, reason))

    def _note_late(self, record: StreamRecord, event: Event) -> None:
        self.counters.late += 1
        if self.counters.late.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: said, without flooding the log
            log.warning(
                "a record came for a match that had been let go (%d so far)",
                self.counters.late,
                extra={"record": record.place, "event_id": event.id},
            )

    def _match_of(self, record: StreamRecord, event: Event) -> RunningMatch | None:
        info = event.match
        if info is not None:
            match_id = info.id
        elif record.key:
            match_id = record.key.decode("utf-8", "backslashreplace")[:MAX_NAME]
        else:
            return self._match_of_nobody(record, event)
        match = self._matches.get(match_id)
        if match is None:
            return None if match_id in self._released else self._open(match_id, record)
        if info is not None and match.state.info is None:
            self._match_of_team.clear()
        return match

    def _match_of_nobody(self, record: StreamRecord, event: Event) -> RunningMatch:
        """Return the match of a record that names none and has no key."""
        team = event.team.name
        match = self._match_of_team.get(team)
        if match is None or match.finished or match.match_id not in self._matches:
            known = [match for match in self if match.has_team(team) and not _is_played(match)]
            running = [match for match in known if not match.finished]
            repeated = [
                match
                for match in known
                if record.timestamp_ms - match.updated_at_ms <= REPEAT_WINDOW_MS
                and event.id in match.state.seen
            ]
            if running:
                match = max(running, key=lambda match: (match.state.info is not None, match.touched))
            elif repeated:
                return max(repeated, key=lambda match: match.touched)
            else:
                match = self._open(self._free_id(team), record)
            self._match_of_team[team] = match
        return match

    def _free_id(self, team: str) -> str:
        words = "".join(char if char.isalnum() else " " for char in team.casefold()).split()
        slug = "_".join(words) or "team"
        match_id, meeting = slug, 1
        while match_id in self._matches or match_id in self._released:
            meeting += 1
            match_id = f"{slug}_{meeting}"
        return match_id

    def _open(self, match_id: str, record: StreamRecord) -> RunningMatch:
        match = RunningMatch(MatchState(match_id), record)
        match.touched = self.counters.records
        self._matches[match_id] = match
        self._match_of_team.clear()
        return match

    def _note_finish(self, match: RunningMatch) -> None:
        if match.finished:
            self._finished[match.match_id] = None
        else:
            self._finished.pop(match.match_id, None)

    def _release_surplus(self, done: Ingested) -> None:
        while len(self._finished) > self._kept_finished:
            self._release(next(iter(self._finished)), done)
        while len(self._matches) > self._kept_matches:
            quiet = min(self, key=lambda match: (not match.finished, match.touched))
            self._release(quiet.match_id, done)

    def _release(self, match_id: str, done: Ingested) -> None:
        match = self._matches.pop(match_id)
        if self.cut is not None:
            self.cut.keep(match)
        self._finished.pop(match_id, None)
        self._released[match_id] = None
        if len(self._released) > KEPT_RELEASED:
            del self._released[next(iter(self._released))]
        self.counters.released += 1
        done.released.append(match_id)
        done.changed.pop(match_id, None)

    def head(self) -> Head:
        """Return what a checkpoint keeps beside the matches."""
        return Head(
            msgspec.structs.replace(self.counters),
            list(self._finished),
            list(self._released),
            list(self.recent),
        )

    @classmethod
    def restore(
        cls,
        head: Head,
        matches: Iterable[RunningMatch],
        *,
        kept_finished: int = KEPT_FINISHED,
        kept_matches: int = KEPT_MATCHES,
    ) -> Tracker:
        """Return the tracker that a checkpoint kept."""
        tracker = cls(kept_finished=kept_finished, kept_matches=kept_matches)
        tracker.counters = head.counters
        tracker.recent.extend(head.recent)
        tracker._matches = {match.match_id: match for match in matches}
        tracker._finished = dict.fromkeys(head.finished)
        tracker._released = dict.fromkeys(head.released)
        return tracker


def _is_played(match: RunningMatch) -> bool:
    info = match.state.info
    return info is not None and info.origin in PLAYED_ORIGINS
