"""Matches at every fifth minute: the moments at which forecasts are judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matchcast.forecast.archive import AWAY, HOME, Ints, Matches, Moments

MINUTES = np.arange(0, 90, 5)
"""0, 5 … 85: events at or before the minute are known, first-half stoppage counts as minute 45."""

HOME_WIN, DRAW, AWAY_WIN = 0, 1, 2


@dataclass(frozen=True)
class Snapshots:
    """Every match at each of `MINUTES`, match by match; (N * 18,) each.

    `lead` and `men` are the home team's less the away team's; `outcome` is the result at 90 minutes.
    """

    match: Ints
    minute: Ints
    lead: Ints
    men: Ints
    outcome: Ints

    def only(self, chosen: npt.NDArray[np.bool_]) -> Snapshots:
        """The chosen snapshots alone."""
        return Snapshots(
            self.match[chosen], self.minute[chosen], self.lead[chosen], self.men[chosen], self.outcome[chosen]
        )


def snapshots(matches: Matches) -> Snapshots:
    """Take the snapshots of matches."""
    count = len(matches)
    goals = matches.result()
    outcome = np.where(
        goals[:, 0] > goals[:, 1], HOME_WIN, np.where(goals[:, 0] < goals[:, 1], AWAY_WIN, DRAW)
    )
    return Snapshots(
        np.repeat(np.arange(count), len(MINUTES)),
        np.tile(MINUTES, count),
        (_until(matches.goals, HOME, count) - _until(matches.goals, AWAY, count)).ravel(),
        (_until(matches.red_cards, AWAY, count) - _until(matches.red_cards, HOME, count)).ravel(),
        np.repeat(outcome, len(MINUTES)),
    )


def goals_to_come(matches: Matches) -> Ints:
    """Goals of each team between each snapshot and 90 minutes, (N * 18, 2)."""
    count = len(matches)
    scored = [_until(matches.goals, side, count).ravel() for side in (HOME, AWAY)]
    return np.repeat(matches.result(), len(MINUTES), axis=0) - np.column_stack(scored)


def _until(moments: Moments, side: int, count: int) -> Ints:
    """How often a side met something up to each of `MINUTES`, (count, 18)."""
    of_side = moments.side == side
    first_known = np.searchsorted(MINUTES, moments.minute[of_side])
    known = np.zeros((count, len(MINUTES) + 1), dtype=np.int64)
    np.add.at(known, (moments.match[of_side], first_known), 1)
    return np.cumsum(known, axis=1)[:, :-1]
