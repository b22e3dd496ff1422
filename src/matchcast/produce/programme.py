"""What a producer plays: the fixture list, one match of two teams, or recordings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import msgspec

from matchcast.events.record import MatchInfo
from matchcast.produce.errors import AlreadyPlayed
from matchcast.produce.heartbeat import Running
from matchcast.produce.ledger import Ledger
from matchcast.produce.playing import Cast
from matchcast.simulate.clubs import club_of
from matchcast.simulate.fixtures import SEASON, arrange, base_id
from matchcast.simulate.match import simulate

_log = logging.getLogger(__name__)


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

    def resume(self, running: Running) -> Cast:
        """Return a match of this programme that was left unfinished."""

    def next_cast(self, ledger: Ledger, busy: Callable[[str, str], bool]) -> Cast | None:
        """Return the next match that nobody plays, noted in the ledger; None when there is none."""


class FixtureList:
    """The Premier League's fixtures, without end."""

    leads = True
    endless = True

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def claims(self, running: Running) -> bool:
        """Every simulated match that was left is gone on with."""
        return running.match.origin == "simulated"

    def resume(self, running: Running) -> Cast:
        """Return the match, to be played as it began."""
        return _simulated(running.match, running.request_id)

    def next_cast(self, ledger: Ledger, busy: Callable[[str, str], bool]) -> Cast | None:
        """Return the next fixture of the list whose teams do not play each other already."""
        for _ in SEASON:
            (home, away), match_id = ledger.take_listed()
            if not busy(home.name, away.name):
                match = arrange(home, away, seed=self.seed, kick_off=datetime.now(UTC), match_id=match_id)
                return _simulated(match)
        return None

    def wished(
        self,
        home: str | None,
        away: str | None,
        request_id: str,
        ledger: Ledger,
        busy: Callable[[str, str], bool],
    ) -> Cast | None:
        """Return the match that somebody asks for; a side that is left open is chosen here.

        None, with a line in the log, when it cannot be played: a team against itself, or teams that play
        each other at this moment.
        """
        if home is None and away is None:
            cast = self.next_cast(ledger, busy)
            return None if cast is None else Cast(cast.match, cast.script, request_id)
        fixture = _complete(home, away, busy)
        if fixture is None:
            _log.warning(
                "wish refused: the teams play each other already, or are one team",
                extra={"request_id": request_id, "home_team": home, "away_team": away},
            )
            return None
        return _simulated(_arrange(*fixture, seed=self.seed, ledger=ledger), request_id)


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

    def resume(self, running: Running) -> Cast:
        """Return the match, to be played as it began."""
        self._taken = True
        return _simulated(running.match, running.request_id)

    def next_cast(self, ledger: Ledger, busy: Callable[[str, str], bool]) -> Cast | None:
        """Return the match, and once it is over the next one of these teams if that is wanted."""
        if (self._taken and not self.endless) or busy(self.home, self.away):
            return None
        self._taken = True
        match = _arrange(self.home, self.away, seed=self.seed, ledger=ledger, knockout=self.knockout)
        return _simulated(match)


class Recordings:
    """Matches that were recorded, each played once.

    Args:
        casts: The matches; each under the id that it is to have, or the first one of several.
        fixed_id: Whether the id is the user's and has to stay, even for a second time.
    """

    leads = False

    def __init__(
        self, casts: Sequence[tuple[MatchInfo, Callable[[MatchInfo], Cast]]], *, fixed_id: bool
    ) -> None:
        self._waiting = {match.id: (match, make) for match, make in casts}
        self._fixed_id = fixed_id

    def claims(self, running: Running) -> bool:
        """A recording of one of these matches, under one of its ids."""
        return self._base_of(running) is not None

    def resume(self, running: Running) -> Cast:
        """Return the recording, under the id that it began with."""
        base = self._base_of(running)
        assert base is not None  # noqa: S101 - `claims` has said so
        _, make = self._waiting.pop(base)
        return make(running.match)

    def next_cast(self, ledger: Ledger, busy: Callable[[str, str], bool]) -> Cast | None:  # noqa: ARG002
        """Return the next recording; one that was played before gets an id of its own."""
        for base in list(self._waiting):
            match, make = self._waiting.pop(base)
            match_id = ledger.take(base)
            if match_id != base and self._fixed_id:
                raise AlreadyPlayed(
                    f"Match {base} was played already.", hint="give it another --match-id, or none"
                )
            return make(msgspec.structs.replace(match, id=match_id))
        return None

    def _base_of(self, running: Running) -> str | None:
        match = running.match
        if match.origin == "simulated":
            return None
        for base, (waiting, _) in self._waiting.items():
            same_teams = (waiting.home_team, waiting.away_team) == (match.home_team, match.away_team)
            suffix = match.id.removeprefix(base)
            if same_teams and match.id.startswith(base) and (not suffix or suffix[1:].isdecimal()):
                return base
        return None


def _arrange(home: str, away: str, *, seed: int, ledger: Ledger, knockout: bool = False) -> MatchInfo:
    match_id = ledger.take(base_id(club_of(home), club_of(away)))
    return arrange(home, away, seed=seed, kick_off=datetime.now(UTC), match_id=match_id, knockout=knockout)


def _simulated(match: MatchInfo, request_id: str | None = None) -> Cast:
    return Cast(match, partial(simulate, match), request_id)


def _complete(home: str | None, away: str | None, busy: Callable[[str, str], bool]) -> tuple[str, str] | None:
    """Return both teams' names, the open side filled by a club that is free to play."""
    return next((pair for pair in _pairs(home, away) if pair[0] != pair[1] and not busy(*pair)), None)


def _pairs(home: str | None, away: str | None) -> Iterator[tuple[str, str]]:
    named_home = club_of(home).name if home else None
    named_away = club_of(away).name if away else None
    if named_home and named_away:
        yield named_home, named_away
        return
    for listed_home, listed_away in SEASON:
        yield named_home or listed_home.name, named_away or listed_away.name
