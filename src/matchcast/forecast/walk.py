"""Ratings walked forward through results: what was known of each team before each match, never after.

Each team has an attack and a defence, about which we are unsure: a normal distribution in two
dimensions. Between matches it widens (teams change); a match narrows it and moves it towards the goals
that were scored, by as much as we were unsure. That is a Kalman filter on Poisson goals, linearised at
the goals that were expected. A part of the team's plain Elo rating, which knows wins rather than goals, is
added to both when they are looked at. The constants were chosen on internationals from 2013 to March 2019.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from matchcast.forecast.archive import FRIENDLY, Days, Floats, Results
from matchcast.forecast.elo import Elo
from matchcast.forecast.ratings import AVERAGE, Rating


@dataclass(frozen=True)
class Pace:
    """How ratings move.

    `base` and `at_home` are the log goals that the walk itself expects between average teams;
    `spread` is the variance of a team of which nothing is known, `known_spread` that of one whose
    rating was kept, `drift` what a day adds to it, `correlation` that between attack and defence. Goals
    beyond `most_goals` count as so many; a friendly counts for `friendly` of a match. `elo` is how much of
    a team's Elo rating is added to its attack and to its defence.
    """

    base: float = 0.2
    at_home: float = 0.35
    spread: float = 0.2
    known_spread: float = 0.03
    drift: float = 3e-5
    correlation: float = 0.5
    most_goals: int = 5
    friendly: float = 0.85
    elo: float = 0.1


NATIONAL = Pace()
CLUB = Pace(base=0.25, at_home=0.27, spread=0.08, drift=5e-5, correlation=0.6, elo=0.0)

_MOST_LOG_GOALS = 2.5


class _Team:
    """What is known of one team."""

    __slots__ = ("attack", "both", "day", "defence", "of_attack", "of_defence")

    def __init__(self, start: Rating | None, pace: Pace, day: int) -> None:
        known = AVERAGE if start is None else start
        self.attack, self.defence = known.attack, known.defence
        self.of_attack = self.of_defence = pace.spread if start is None else pace.known_spread
        self.both = pace.correlation * self.of_attack
        self.day = day

    def widen(self, pace: Pace, day: int) -> None:
        more = pace.drift * (day - self.day)
        self.day = day
        self.of_attack = min(self.of_attack + more, pace.spread)
        self.of_defence = min(self.of_defence + more, pace.spread)
        most = pace.correlation * pace.spread
        self.both = min(self.both + pace.correlation * more, most)


class Walk:
    """The ratings at one day of history; results are played in the order of their days."""

    def __init__(self, pace: Pace, start: Mapping[str, Rating] | None = None) -> None:
        self._pace = pace
        self._start = start or {}
        self._teams: dict[str, _Team] = {}
        self._elo = Elo()

    def rating(self, team: str) -> Rating:
        """Rating of a team now."""
        known = self._teams.get(team)
        if known is None:
            return self._start.get(team, AVERAGE)
        more = self._pace.elo * self._elo.rating(team)
        return Rating(known.attack + more, known.defence + more)

    def play(
        self, day: int, home: str, away: str, goals: tuple[int, int], *, neutral: bool, friendly: bool
    ) -> None:
        """Learn from a result; `day` counts days from any epoch."""
        pace = self._pace
        weight = pace.friendly if friendly else 1.0
        host, guest = self._at(home, day), self._at(away, day)
        edge = 0.0 if neutral else pace.at_home / 2.0
        log_home = pace.base + edge + host.attack - guest.defence
        log_away = pace.base - edge + guest.attack - host.defence
        self._learn(host, guest, log_home, goals[0], weight)
        self._learn(guest, host, log_away, goals[1], weight)
        self._elo.play(home, away, goals[0] - goals[1], neutral=neutral, friendly=friendly)

    def before_each(self, results: Results, days: Days, home: Sequence[str], away: Sequence[str]) -> Floats:
        """Play results, and look at the ratings before each of some matches: at those of earlier days alone.

        Args:
            results: Results in the order of their days; all of them are played.
            days: Days of the matches, (N,), in any order.
            home: Their home teams.
            away: Their away teams.

        Returns:
            (N, 2): log of home attack over away defence, and of away attack over home defence.
        """
        found = np.empty((len(days), 2))
        days_played = results.days.astype(np.int64)
        played = 0
        for row in np.argsort(days, kind="stable").tolist():
            until = int(np.searchsorted(days_played, days[row].astype(np.int64)))
            self.play_all(results, played, until)
            played = max(played, until)
            host, guest = self.rating(home[row]), self.rating(away[row])
            found[row] = host.attack - guest.defence, guest.attack - host.defence
        self.play_all(results, played, len(results))
        return found

    def play_all(self, results: Results, first: int, end: int) -> None:
        """Play the results from one row to another."""
        for row in range(first, end):
            self.play(
                int(results.days[row].astype(np.int64)),
                results.home[row],
                results.away[row],
                (int(results.goals[row, 0]), int(results.goals[row, 1])),
                neutral=bool(results.neutral[row]),
                friendly=results.competition[row] == FRIENDLY,
            )

    def ratings(self, since: int) -> dict[str, Rating]:
        """Ratings of the teams that have played on or after a day."""
        return {name: self.rating(name) for name, team in sorted(self._teams.items()) if team.day >= since}

    def _at(self, name: str, day: int) -> _Team:
        team = self._teams.get(name)
        if team is None:
            team = self._teams[name] = _Team(self._start.get(name), self._pace, day)
        else:
            team.widen(self._pace, day)
        return team

    def _learn(self, scorer: _Team, other: _Team, log_goals: float, goals: int, weight: float) -> None:
        """Move the scorer's attack and the other's defence towards the goals, and be surer of both."""
        expected = math.exp(min(log_goals, _MOST_LOG_GOALS))
        unsure = 1.0 + weight * expected * (scorer.of_attack + other.of_defence)
        move = weight * (min(goals, self._pace.most_goals) - expected) / unsure
        narrow = weight * expected / unsure
        scorer.attack += scorer.of_attack * move
        scorer.defence += scorer.both * move
        other.defence -= other.of_defence * move
        other.attack -= other.both * move
        variance, both = scorer.of_attack, scorer.both
        scorer.of_attack -= variance * variance * narrow
        scorer.both -= variance * both * narrow
        scorer.of_defence -= both * both * narrow
        variance, both = other.of_defence, other.both
        other.of_defence -= variance * variance * narrow
        other.both -= variance * both * narrow
        other.of_attack -= both * both * narrow
