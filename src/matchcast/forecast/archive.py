"""Played matches in columns: the history that models are made from and judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]

HOME, AWAY = 0, 1

FRIENDLY = "Friendly"
"""The competition of matches that count for little."""


@dataclass(frozen=True)
class Results:
    """Final scores in the order of their dates; (N,) each, `goals` (N, 2)."""

    days: Days
    home: Sequence[str]
    away: Sequence[str]
    goals: Ints
    neutral: Flags
    competition: Sequence[str]

    def __len__(self) -> int:
        return len(self.days)

    def only(self, chosen: Flags) -> Results:
        """The chosen results alone."""
        rows = np.flatnonzero(chosen).tolist()
        return Results(
            self.days[rows],
            [self.home[row] for row in rows],
            [self.away[row] for row in rows],
            self.goals[rows],
            self.neutral[rows],
            [self.competition[row] for row in rows],
        )


@dataclass(frozen=True)
class Moments:
    """Things that happened: in which match (its row), when, to which side (`HOME` or `AWAY`).

    Minutes are on an axis from 0 to 90 on which a half's stoppage is folded into its last moment.
    """

    match: Ints
    minute: Floats
    side: Ints


@dataclass(frozen=True)
class Matches:
    """Matches of which every goal is known; (N,) each, `projected` (N, 2).

    `projected` are goals expected of each team before the match by somebody else; nan where unknown.
    """

    name: str
    days: Days
    home: Sequence[str]
    away: Sequence[str]
    competition: Sequence[str]
    neutral: Flags
    projected: Floats
    goals: Moments
    red_cards: Moments

    def __len__(self) -> int:
        return len(self.days)

    @property
    def is_projected(self) -> Flags:
        """Which matches have goals projected by somebody else."""
        return np.isfinite(self.projected[:, 0]) & np.isfinite(self.projected[:, 1])

    def result(self) -> Ints:
        """Goals of each team after 90 minutes, (N, 2)."""
        goals = np.zeros((len(self), 2), dtype=np.int64)
        np.add.at(goals, (self.goals.match, self.goals.side), 1)
        return goals

    def only(self, chosen: Flags) -> Matches:
        """The chosen matches alone."""
        rows = np.flatnonzero(chosen).tolist()
        renumbered = np.full(len(self), -1)
        renumbered[rows] = np.arange(len(rows))

        def of_chosen(moments: Moments) -> Moments:
            kept = chosen[moments.match]
            return Moments(renumbered[moments.match[kept]], moments.minute[kept], moments.side[kept])

        return Matches(
            self.name,
            self.days[rows],
            [self.home[row] for row in rows],
            [self.away[row] for row in rows],
            [self.competition[row] for row in rows],
            self.neutral[rows],
            self.projected[rows],
            of_chosen(self.goals),
            of_chosen(self.red_cards),
        )


@dataclass(frozen=True)
class Archive:
    """What a folder holds; `results` are all internationals, for ratings."""

    results: Results | None
    international: Matches | None
    detailed: Matches | None

    @property
    def last_day(self) -> np.datetime64:
        """The day of the last match of any kind."""
        parts = (self.results, self.international, self.detailed)
        return max(np.max(part.days) for part in parts if part is not None)

    def between(self, since: np.datetime64 | None, until: np.datetime64 | None) -> Archive:
        """What happened from one day on (None: from the beginning) and before another (None: to the end)."""
        results = None if self.results is None else self.results.only(within(self.results.days, since, until))
        international, detailed = (
            None if part is None else part.only(within(part.days, since, until))
            for part in (self.international, self.detailed)
        )
        return Archive(results or None, international or None, detailed or None)


def within(days: Days, since: np.datetime64 | None, until: np.datetime64 | None) -> Flags:
    """Which days are from one day on and before another; None is no bound."""
    chosen = np.ones(len(days), dtype=bool)
    if since is not None:
        chosen &= days >= since
    if until is not None:
        chosen &= days < until
    return chosen
