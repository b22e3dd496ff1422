"""Ratings of teams: attack and defence, and the goals that two teams are expected to score."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from statistics import fmean
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from matchcast.events.record import Strengths
from matchcast.forecast.team_names import TeamNames

Floats = npt.NDArray[np.float64]

LEAST_GOALS, MOST_GOALS = 0.05, 12.0
"""Expected goals of a team in 90 minutes are held within these."""


def bounded(goals: float) -> float:
    """Expected goals within what the model was made for."""
    return min(max(goals, LEAST_GOALS), MOST_GOALS)


class Rating(Struct, frozen=True, array_like=True):
    """How a team's log goals differ from an average team's: those it scores, those it prevents."""

    attack: float
    defence: float


AVERAGE = Rating(0.0, 0.0)
"""What is assumed of a team before its first match."""


class Scale(Struct, frozen=True):
    """How a difference in strength becomes goals in 90 minutes.

    The log of a team's goals is `base` + `slope` * difference, with `at_home` added for a host and
    `away` for its guest.
    """

    base: float
    at_home: float
    away: float
    slope: float

    def goals(self, differences: Floats, neutral: npt.NDArray[np.bool_]) -> Floats:
        """Expected goals, (N, 2), from each team's difference to the other, (N, 2)."""
        sides = np.where(neutral[:, None], 0.0, np.array([self.at_home, self.away]))
        return np.clip(np.exp(self.base + sides + self.slope * differences), LEAST_GOALS, MOST_GOALS)


class Meeting(NamedTuple):
    """Pre-match expected goals of two teams, which were rated, and whether they are national teams."""

    home: float
    away: float
    home_known: bool
    away_known: bool
    national: bool = False


class Pool(Struct, frozen=True, dict=True):
    """Teams that are rated on one scale: national teams, or clubs."""

    scale: Scale
    teams: Mapping[str, Rating]

    @cached_property
    def names(self) -> TeamNames:
        """Finder of the teams of this pool."""
        return TeamNames(self.teams)

    @cached_property
    def average(self) -> Rating:
        """The rating of an average team of this pool."""
        if not self.teams:
            return AVERAGE
        attacks, defences = zip(*((team.attack, team.defence) for team in self.teams.values()), strict=True)
        return Rating(fmean(attacks), fmean(defences))

    def find(self, home: str, away: str) -> tuple[str | None, str | None]:
        """The teams of this pool that two names mean."""
        return self.names.find(home), self.names.find(away)

    def meeting(self, home: str | None, away: str | None, *, neutral: bool) -> Meeting:
        """Expected goals of two teams of this pool; None is an average team."""
        host = self.average if home is None else self.teams[home]
        guest = self.average if away is None else self.teams[away]
        differences = np.array([[host.attack - guest.defence, guest.attack - host.defence]])
        of_home, of_away = self.scale.goals(differences, np.array([neutral]))[0].tolist()
        return Meeting(of_home, of_away, home is not None, away is not None)


class Ratings(Struct, frozen=True):
    """The two pools that a model knows. A team that neither has is met as an average team."""

    national: Pool
    club: Pool

    def meeting(self, home: str, away: str, *, neutral: bool, strengths: Strengths | None = None) -> Meeting:
        """Expected goals when `home` plays `away`: as national teams if more of the two are, else as clubs.

        Goals that are given as `strengths` are taken at their word.
        """
        clubs, nations = self.club.find(home, away), self.national.find(home, away)
        if nations.count(None) < clubs.count(None):
            meeting = self.national.meeting(*nations, neutral=neutral)._replace(national=True)
        else:
            meeting = self.club.meeting(*clubs, neutral=neutral)
        if strengths is None:
            return meeting
        return Meeting(bounded(strengths.home), bounded(strengths.away), True, True, meeting.national)
