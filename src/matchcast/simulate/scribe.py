"""Writes events of one match as StatsBomb's files have them, in order, each with its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from matchcast.events.clock import PERIOD_START
from matchcast.events.record import MatchInfo
from matchcast.simulate.squads import FORMATION, POSITIONS, Player, Squad

Named = dict[str, Any]

# StatsBomb's numbers for the types of events; "Match End" is ours and has none.
TYPES: Final = {
    "Ball Recovery": 2, "Dispossessed": 3, "Duel": 4, "Block": 6, "Offside": 8, "Clearance": 9,
    "Interception": 10, "Dribble": 14, "Shot": 16, "Pressure": 17, "Half Start": 18, "Substitution": 19,
    "Own Goal Against": 20, "Foul Won": 21, "Foul Committed": 22, "Goal Keeper": 23, "Bad Behaviour": 24,
    "Own Goal For": 25, "Pass": 30, "Half End": 34, "Starting XI": 35, "Miscontrol": 38, "Carry": 43,
}  # fmt: skip
NAMES: Final = {
    # patterns of play
    "Regular Play": 1, "From Corner": 2, "From Free Kick": 3, "From Throw In": 4, "Other": 5,
    "From Counter": 6, "From Goal Kick": 7, "From Keeper": 8, "From Kick Off": 9,
    # passes
    "Incomplete": 9, "Out": 75, "Corner": 61, "Free Kick": 62, "Goal Kick": 63, "Kick Off": 65, "Throw-in": 67,
    # shots
    "Blocked": 96, "Goal": 97, "Off T": 98, "Post": 99, "Saved": 100, "Open Play": 87, "Penalty": 88,
    "Head": 37, "Left Foot": 38, "Right Foot": 40,
    # keepers, cards, duels, substitutions
    "Goal Conceded": 26, "Shot Faced": 32, "Shot Saved": 33, "Yellow Card": 7, "Second Yellow": 6,
    "Red Card": 5, "Tackle": 11, "Won": 4, "Lost In Play": 13, "Tactical": 103, "Injury": 102,
}  # fmt: skip

BREAKS: Final = {1: 0.0, 2: 120.0, 3: 60.0, 4: 30.0, 5: 60.0}
"""Seconds of the match clock that pass before each period: shorter than real breaks, long enough to see."""


class Moment(NamedTuple):
    """An event and when it happens: seconds since kick-off, breaks included, at the speed of the match."""

    at: float
    record: dict[str, Any]


def named(name: str) -> Named:
    """Return something that StatsBomb numbers, as events name it."""
    return {"id": NAMES[name], "name": name}


class Scribe:
    """Numbers and writes the events of one match; `take` gives those that were not taken yet."""

    def __init__(self, match: MatchInfo, squads: tuple[Squad, Squad]) -> None:
        self.second = 0.0
        """Time of the last event, in seconds since its period began."""
        self.index = 0
        self._match = msgspec.to_builtins(match)
        self._squads = squads
        self._teams: tuple[Named, Named] = (squads[0].named, squads[1].named)
        self._period = 0
        self._before = 0.0
        self._possession = 0
        self._possession_side = 0
        self._pattern: Named = named("Regular Play")
        self._written: list[Moment] = []

    def take(self) -> list[Moment]:
        """Return the events written since the last call."""
        written, self._written = self._written, []
        return written

    def start_period(self, period: int, kicks_off: int) -> None:
        """Begin a period; before the first, name both teams' players."""
        self._before += self.second + BREAKS[period]
        self._period, self.second = period, 0.0
        self.possess(kicks_off, "From Kick Off" if period < 5 else "Other")
        if period == 1:
            for side in (0, 1):
                self.write("Starting XI", side, 0, body={"tactics": _tactics(self._squads[side])})
        for side in (0, 1):
            self.write("Half Start", side, 0)

    def end_period(self, second: float) -> None:
        """Blow the whistle."""
        for side in (0, 1):
            self.write("Half End", side, second)

    def possess(self, side: int, pattern: str = "Regular Play") -> None:
        """Let a possession of a side begin."""
        self._possession += 1
        self._possession_side = side
        self._pattern = named(pattern)

    def write(
        self,
        kind: str,
        side: int,
        second: float,
        *,
        player: Player | None = None,
        at: Sequence[float] | None = None,
        body: dict[str, Any] | None = None,
    ) -> int:
        """Write an event at a time of its period, never before the one written last; return its id.

        Args:
            kind: Name of its type.
            side: 0 for home, 1 for away.
            second: Seconds since the period began.
            player: Who does it.
            at: Where, on StatsBomb's pitch, in the direction that the side attacks.
            body: Further fields.
        """
        self.second = second = max(second, self.second)
        self.index += 1
        whole = int(second)
        hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
        record: dict[str, Any] = {
            "id": self.index,
            "index": self.index,
            "period": self._period,
            "timestamp": f"{hours:02}:{minutes:02}:{seconds:02}.{int((second - whole) * 1000):03}",
            "minute": PERIOD_START[self._period] + whole // 60,
            "second": seconds,
            "type": {"id": TYPES[kind], "name": kind} if kind in TYPES else {"name": kind},
            "possession": self._possession,
            "possession_team": self._teams[self._possession_side],
            "play_pattern": self._pattern,
            "team": self._teams[side],
        }
        if player is not None:
            record["player"] = player.named
            record["position"] = _position(player)
        if at is not None:
            record["location"] = [round(at[0], 1), round(at[1], 1)]
        if body is not None:
            record.update(body)
        record["match"] = self._match
        self._written.append(Moment(round(self._before + second, 3), record))
        return self.index


def _position(player: Player) -> Named:
    number, name = POSITIONS[player.place]
    return {"id": number, "name": name}


def _tactics(squad: Squad) -> dict[str, Any]:
    return {
        "formation": FORMATION,
        "lineup": [
            {"player": player.named, "position": _position(player), "jersey_number": player.jersey}
            for player in squad.starters
        ],
    }
