"""Plain Elo ratings of teams, walked through results."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from matchcast.forecast.archive import FRIENDLY, Days, Flags, Floats, Results

_AT_HOME = 100.0
"""Points that a host is better by than on neutral ground."""

_MOVE, _MOVE_OF_FRIENDLY = 40.0, 20.0
_MOST_MARGIN = 5
_POINTS = math.log(10.0) / 400.0
"""What a point is worth on the scale of log odds."""


class Elo:
    """The ratings at one moment; a team that has not played has none, which is 0.

    Ratings are log odds: points as they are usually given, less 1500, times log(10) / 400.
    """

    def __init__(self) -> None:
        self._points: dict[str, float] = {}

    def rating(self, team: str) -> float:
        """Log odds of a team to beat an average one on neutral ground."""
        return _POINTS * self._points.get(team, 0.0)

    def play(self, home: str, away: str, margin: int, *, neutral: bool, friendly: bool) -> None:
        """Learn from a result; a win by more goals moves more (by the root of the margin, up to 5)."""
        edge = 0.0 if neutral else _AT_HOME
        host, guest = self._points.get(home, 0.0), self._points.get(away, 0.0)
        expected = 1.0 / (1.0 + math.exp(-_POINTS * (host - guest + edge)))
        scored = 0.5 if margin == 0 else float(margin > 0)
        move = _MOVE_OF_FRIENDLY if friendly else _MOVE
        move *= math.sqrt(min(max(abs(margin), 1), _MOST_MARGIN)) * (scored - expected)
        self._points[home], self._points[away] = host + move, guest - move


def elo_gaps(
    results: Results, days: Days, home: Sequence[str], away: Sequence[str], neutral: Flags
) -> Floats:
    """Log odds of home against away before each of some matches, by results of earlier days alone, (N,)."""
    elo = Elo()
    days_played = results.days.astype(np.int64)
    played = 0
    found = np.empty(len(days))
    for row in np.argsort(days, kind="stable").tolist():
        until = int(np.searchsorted(days_played, days[row].astype(np.int64)))
        for result in range(played, until):
            elo.play(
                results.home[result],
                results.away[result],
                int(results.goals[result, 0] - results.goals[result, 1]),
                neutral=bool(results.neutral[result]),
                friendly=results.competition[result] == FRIENDLY,
            )
        played = max(played, until)
        edge = 0.0 if neutral[row] else _POINTS * _AT_HOME
        found[row] = elo.rating(home[row]) - elo.rating(away[row]) + edge
    return found
