"""What a producer plays: the fixture list, one match of two teams, or recordings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import msgspec

from matchcast.events.record import MatchInfo
from matchcast.produce.errors import AlreadyPlayed
from matchcast.produce.heartbeat import Running
from matchcast.produce.ledger import Ledger
from matchcast.produce.playing import Cast
from matchcast.produce.wishes import Wish
from matchcast.simulate.clubs import club_of
from matchcast.simulate.fixtures import SEASON, arrange, base_id
from matchcast.simulate.match import simulate

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Busy:
    """The matches that are played at this moment, by this producer and by others."""

    ours: tuple[MatchInfo, ...] = ()
    theirs: tuple[MatchInfo, ...] = ()

    def has_pair(self, home: str, away: str) -> bool:
        """Say whether two teams play each other on this ground."""
        return _has_pair((*self.ours, *self.theirs), home, away)

    def has_team(self, team: str) -> bool:
        """Say whether a team plays for this producer."""
        return any(team in (match.home_team, match.away_team) for match in self.ours)

    def has_pair_elsewhere(self, home: str, away: str) -> bool:
        """Say whether two teams play each other for another producer."""
        return _has_pair(self.theirs, home, away)


class Programme(Protocol):
    """Says which matches a producer plays, in which order.

    Attributes:
        leads: Whether it is the fixture list: one producer at a time plays it, and takes wishes.
        endless: Whether there is always a next match.
    """

    leads: bool
    endless: bool

    def claims(self, running: Running) -> bool:
        """Say whether a match that a producer plays or left is one of this programme."""

    def revive(self, running: Running) -> Cast:
        """Return a match of this programme that was left, to be played as it began."""

    def went_on(self, running: Running) -> None:
        """Note that a match that was left is played on."""

    def next_cast(self, ledger: Ledger, busy: Busy) -> Cast | None:
        """Return the next match, noted in the ledger; None when there is none at this moment."""


class FixtureList:
    """The Premier League's fixtures, without end."""

    leads = True
    endless = True

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def claims(self, running: Running) -> bool:
        """Every simulated match that was left is gone on with."""
        return running.match.origin == "simulated"

    def revive(self, running: Running) -> Cast:
        """Return the match, made again from its seed."""
        return _simulated(running.match, running.request_id)

    def went_on(self, running: Running) -> None:
        """Nothing to note: the ledger has it."""

    def next_cast(self, ledger: Ledger, busy: Busy) -> Cast | None:
        """Return the next fixture of the list, once both teams have ended the match that they play."""
        for _ in SEASON:
            home, away = ledger.next_listed()
            if busy.has_team(home.name) or busy.has_team(away.name):
                return None
            match_id = ledger.take_listed()
            if not busy.has_pair_elsewhere(home.name, away.name):
                kick_off = datetime.now(UTC)
                return _simulated(arrange(home, away, seed=self.seed, kick_off=kick_off, match_id=match_id))
        return None

    def grant(self, wish: Wish, ledger: Ledger, busy: Busy) -> Cast | None:
        """Return the match that somebody asks for; a side that is left open is chosen here.

        None, with a line in the log, when it cannot be played: a team against itself, or teams that play
        each other at this moment.
        """
        if wish.home_team is None and wish.away_team is None:
            listed = self.next_cast(ledger, busy)
            if listed is not None:
                return replace(listed, request_id=wish.request_id)
        free = (pair for pair in _pairs(wish, busy) if pair[0] != pair[1] and not busy.has_pair(*pair))
        pair = next(free, None)
        if pair is None:
            told = {"request_id": wish.request_id, "home_team": wish.home_team, "away_team": wish.away_team}
            _log.warning("wish refused: they play each other already, or are one team", extra=told)
            return None
        return _simulated(_arrange(*pair, seed=self.seed, ledger=ledger), wish.request_id)


class OneMatch:
    """The match of two teams of the user's choice; with `endless`, they meet again when it is over."""

    leads = False

    def __init__(
        self, home: str, away: str, seed: int, *, knockout: bool = False, endless: bool = False
    ) -> None:
        self.home, self.away = club_of(home).name, club_of(away).name
        self.seed = seed
        self.knockout = knockout
        self.endless = endless
        self._taken = False

    def claims(self, running: Running) -> bool:
        """A match of the same teams on the same ground."""
        match = running.match
        return match.origin == "simulated" and (match.home_team, match.away_team) == (self.home, self.away)

    def revive(self, running: Running) -> Cast:
        """Return the match, made again from its seed."""
        return _simulated(running.match, running.request_id)

    def went_on(self, running: Running) -> None:  # noqa: ARG002
        """It is the match that was to be played."""
        self._taken = True

    def next_cast(self, ledger: Ledger, busy: Busy) -> Cast | None:
        """Return the match, and once it is over the next one of these teams if that is wanted."""
        if (self._taken and not self.endless) or busy.has_pair(self.home, self.away):
            return None
        self._taken = True
        match = _arrange(self.home, self.away, seed=self.seed, ledger=ledger, knockout=self.knockout)
        return _simulated(match)


class Recordings:
    """Matches that were recorded, each played once.

    Args:
        casts: Each match, and what plays it under the id that it gets.
        fixed_id: Whether the id is the user's and has to stay; else a second time gets ``_2``.
    """

    leads = False
    endless = False

    def __init__(
        self, casts: Sequence[tuple[MatchInfo, Callable[[MatchInfo], Cast]]], *, fixed_id: bool
    ) -> None:
        self._waiting = {match.id: (match, make) for match, make in casts}
        self._fixed_id = fixed_id

    def claims(self, running: Running) -> bool:
        """A recording of one of these matches, under one of its ids."""
        return self._base_of(running) is not None

    def revive(self, running: Running) -> Cast:
        """Return the recording, under the id that it began with."""
        base = self._base_of(running)
        if base is None:
            raise LookupError(running.match.id)
        _, make = self._waiting[base]
        return make(running.match)

    def went_on(self, running: Running) -> None:
        """It is not to be played a second time."""
        base = self._base_of(running)
        if base is not None:
            del self._waiting[base]

    def next_cast(self, ledger: Ledger, busy: Busy) -> Cast | None:  # noqa: ARG002
        """Return the next recording; one that was played before gets an id of its own."""
        if not self._waiting:
            return None
        base = next(iter(self._waiting))
        match, make = self._waiting.pop(base)
        if self._fixed_id and ledger.meetings(base):
            raise AlreadyPlayed(
                f"Match {base} was played already.", hint="give it another --match-id, or none"
            )
        return make(msgspec.structs.replace(match, id=ledger.take(base)))

    def _base_of(self, running: Running) -> str | None:
        match = running.match
        if match.origin == "simulated":
            return None
        for base, (waiting, _) in self._waiting.items():
            same_teams = (waiting.home_team, waiting.away_team) == (match.home_team, match.away_team)
            again = match.id.removeprefix(f"{base}_").isdecimal() and not self._fixed_id
            if same_teams and (match.id == base or again):
                return base
        return None


def _arrange(home: str, away: str, *, seed: int, ledger: Ledger, knockout: bool = False) -> MatchInfo:
    match_id = ledger.take(base_id(club_of(home), club_of(away)))
    return arrange(home, away, seed=seed, kick_off=datetime.now(UTC), match_id=match_id, knockout=knockout)


def _simulated(match: MatchInfo, request_id: str | None = None) -> Cast:
    return Cast(match, partial(simulate, match), request_id)


def _has_pair(matches: tuple[MatchInfo, ...], home: str, away: str) -> bool:
    return any((match.home_team, match.away_team) == (home, away) for match in matches)


def _pairs(wish: Wish, busy: Busy) -> Iterator[tuple[str, str]]:
    """Yield the pairs that would grant a wish; an open side is a club that is not playing."""
    home = club_of(wish.home_team).name if wish.home_team else None
    away = club_of(wish.away_team).name if wish.away_team else None
    if home and away:
        yield home, away
        return
    for listed_home, listed_away in SEASON:
        chosen = [club.name for club, given in ((listed_home, home), (listed_away, away)) if given is None]
        if not any(busy.has_team(name) for name in chosen):
            yield home or listed_home.name, away or listed_away.name
