"""Ratings of teams: attack and defence, and the goals that two teams are expected to score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from matchcast.forecast.team_names import TeamNames

LEAST_GOALS, MOST_GOALS = 0.05, 12.0
"""Expected goals of a team in 90 minutes are held within these."""


class Rating(Struct, frozen=True, array_like=True):
    """How a team's log goals differ from an average team's: those it scores, those it prevents."""

    attack: float
    defence: float


AVERAGE = Rating(0.0, 0.0)


class Meeting(NamedTuple):
    """Pre-match expected goals of two teams, and which of the two were rated."""

    home: float
    away: float
    home_known: bool
    away_known: bool


class Pool(Struct, frozen=True, dict=True):
    """Teams that are rated on one scale: national teams, or clubs.

    An average team scores exp(`base`) goals against another on neutral ground; `at_home` and `away`
    are added to that log for a host and its guest.
    """

    base: float
    at_home: float
    away: float
    teams: Mapping[str, Rating]

    @cached_property
    def names(self) -> TeamNames:
        """Finder of the teams of this pool."""
        return TeamNames(self.teams)

    def expected_goals(self, home: Rating, away: Rating, *, neutral: bool) -> tuple[float, float]:
        """Goals in 90 minutes of either team."""
        at_home, at_away = (0.0, 0.0) if neutral else (self.at_home, self.away)
        return (
            bounded(math.exp(self.base + at_home + home.attack - away.defence)),
            bounded(math.exp(self.base + at_away + away.attack - home.defence)),
        )


class Ratings(Struct, frozen=True):
    """The pools that a model knows. Teams that no pool has are met as average teams."""

    pools: Mapping[str, Pool]
    default: str

    def meeting(self, home: str, away: str, *, neutral: bool) -> Meeting:
        """Expected goals when `home` plays `away`, in the pool that knows most of the two."""
        best = self.default
        names = {name: (pool.names.find(home), pool.names.find(away)) for name, pool in self.pools.items()}
        for name, found in names.items():
            if _known(found) > _known(names[best]):
                best = name
        pool, (home_name, away_name) = self.pools[best], names[best]
        goals = pool.expected_goals(
            AVERAGE if home_name is None else pool.teams[home_name],
            AVERAGE if away_name is None else pool.teams[away_name],
            neutral=neutral,
        )
        return Meeting(*goals, home_name is not None, away_name is not None)


def _known(names: tuple[str | None, str | None]) -> int:
    return sum(name is not None for name in names)


def bounded(goals: float) -> float:
    """Expected goals within what the model was made for."""
    return min(max(goals, LEAST_GOALS), MOST_GOALS)
