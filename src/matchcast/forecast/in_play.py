"""Forecasts for many snapshots at once, from goal rates."""

from __future__ import annotations

import numpy as np

from matchcast.forecast.archive import Flags, Floats
from matchcast.forecast.course import NORMAL_TIME
from matchcast.forecast.goal_rates import MOST_LEAD, MOST_MEN, GoalRates
from matchcast.forecast.snapshots import Snapshots
from matchcast.forecast.win_probability import result_table

_AT_ONCE = 250
_SECOND_HALF = NORMAL_TIME.parts[1].first_step - 45


def forecasts(rates: GoalRates, strengths: Floats, national: Flags, taken: Snapshots) -> Floats:
    """Win, draw and loss at each snapshot, (N, 3).

    `strengths` (matches, 2) are the goals expected of each team before the match, `national`
    (matches,) tells matches of national teams.
    """
    men = np.clip(taken.men, -MOST_MEN, MOST_MEN)
    fixtures, fixture = np.unique(np.column_stack((taken.match, men)), axis=0, return_inverse=True)
    fixture = fixture.ravel()
    position = np.where(taken.minute < 45, taken.minute, taken.minute + _SECOND_HALF)
    lead = np.clip(taken.lead, -MOST_LEAD, MOST_LEAD) + MOST_LEAD
    found = np.empty((len(fixture), 3))
    for start in range(0, len(fixtures), _AT_ONCE):
        match, difference = fixtures[start : start + _AT_ONCE].T
        in_bins = rates.in_bins(strengths[match], difference, national[match])
        table = result_table(in_bins, NORMAL_TIME)
        of_these = np.flatnonzero((fixture >= start) & (fixture < start + _AT_ONCE))
        sides = table[fixture[of_these] - start, position[of_these], lead[of_these]]
        found[of_these, 0], found[of_these, 2] = sides[:, 0], sides[:, 1]
    found[:, 1] = np.maximum(1.0 - found[:, 0] - found[:, 2], 0.0)
    return found
