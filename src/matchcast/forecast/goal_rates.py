"""Goal rates: how often each team scores, by minute, score, men and strength.

The log of the goals that a team is expected to score in a bin of the match is
    log(the bin's share of goals) + log(its pre-match expected goals) + intercept
    + score state + lateness * score state + strength gap * score state + men
after Dixon and Robinson (1998), fitted as a Poisson regression (see `fit`). Home advantage is in the
pre-match goals and nowhere else: a slope and a side of their own won nothing on held-back matches.
So both teams share all coefficients, and swapping them mirrors everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from matchcast.forecast.course import BINS, FIRST_STOPPAGE_BIN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MOST_LEAD = 10
"""Leads beyond this many goals are treated as this many."""

LEADS = 2 * MOST_LEAD + 1
"""Leads of the home team, from -MOST_LEAD to +MOST_LEAD."""

STATES = ("trailing_2", "trailing_1", "level", "leading_1", "leading_2")
"""Score states of a team: two or more behind … two or more ahead."""

LATE_STATES = tuple(f"late_{state}" for state in STATES)
GAP_STATES = tuple(f"gap_{state}" for state in STATES if state != "level")

COEFFICIENTS = (
    "intercept",
    *(state for state in STATES if state != "level"),
    *LATE_STATES,
    *GAP_STATES,
    "men_more",
    "men_fewer",
)

MOST_MEN = 3
"""A greater difference in men is treated as this one."""

EXTRA_TIME_SHARE = 1 / 3
"""Goals of extra time, as a part of those in 90 minutes: 30 minutes at the same rate."""

EXTRA_TIME_LIKE_BIN = 16
"""The bin (75 to 80 minutes) whose effect of the score holds in extra time."""


def lateness(bins: Ints) -> Floats:
    """How late a bin is: 0 through the first half, then rising to 1 in the last bin.

    Stoppage counts as the bin before it.
    """
    minutes = np.where(bins >= FIRST_STOPPAGE_BIN, bins - 1, bins) * 5.0 + 2.5
    minutes = np.where(bins == BINS - 1, 87.5, minutes)
    return np.clip((minutes - 45.0) / 42.5, 0.0, 1.0)


def state_of(lead: Ints) -> Ints:
    """Index into `STATES` of a team's own lead."""
    return np.clip(lead, -2, 2) + 2


class GoalRates(Struct, frozen=True, dict=True):
    """Fitted goal rates. Plain numbers: whoever needs the same rates for ever keeps these.

    The shares are the parts of a match's goals that fall in each of the 20 bins of `course`, in
    matches of clubs and of national teams; each sum to 1. `coefficients` has a number for each name
    in `COEFFICIENTS`.
    """

    club_shares: tuple[float, ...]
    national_shares: tuple[float, ...]
    coefficients: Mapping[str, float]

    @cached_property
    def _plain(self) -> Floats:
        """Effect of a team's own lead, (STATES,)."""
        return np.array([self.coefficients.get(state, 0.0) for state in STATES])

    @cached_property
    def _late(self) -> Floats:
        """What lateness adds to it, (STATES,)."""
        return np.array([self.coefficients[state] for state in LATE_STATES])

    @cached_property
    def _gap(self) -> Floats:
        """What a unit of strength gap (log of own over other) adds to it, (STATES,)."""
        return np.array([self.coefficients.get(f"gap_{state}", 0.0) for state in STATES])

    def in_bins(self, strengths: Floats, men: Ints, national: Flags) -> Floats:
        """Goals that each team is expected to score in each bin, were the score to stay the same.

        Args:
            strengths: (N, 2) pre-match expected goals, home and away.
            men: (N,) men of the home team less those of the away team.
            national: (N,) whether it is a match of national teams.

        Returns:
            (N, BINS, LEADS, 2) goals of home and away; the leads run from `-MOST_LEAD` to `MOST_LEAD`.
        """
        late = lateness(np.arange(BINS))
        shares = np.where(national[:, None], self.national_shares, self.club_shares)
        return self._goals(np.log(shares), late, strengths, men)

    def in_extra_time(self, strengths: Floats, men: Ints) -> Floats:
        """The same for extra time as one bin, (N, 1, LEADS, 2), played as minute 75 is."""
        late = lateness(np.array([EXTRA_TIME_LIKE_BIN]))
        return self._goals(np.log([[EXTRA_TIME_SHARE]]), late, strengths, men)

    def _goals(self, log_shares: Floats, late: Floats, strengths: Floats, men: Ints) -> Floats:
        states = state_of(np.arange(-MOST_LEAD, MOST_LEAD + 1))
        in_state = log_shares[:, :, None] + (self._plain + late[:, None] * self._late)[:, states]
        with_gap = self._gap[states]
        log_strengths = np.log(strengths)
        gap = (log_strengths[:, 0] - log_strengths[:, 1])[:, None, None]
        home = log_strengths[:, 0] + self.coefficients["intercept"] + self.of_men(men)
        away = log_strengths[:, 1] + self.coefficients["intercept"] + self.of_men(-men)
        of_home = home[:, None, None] + in_state + gap * with_gap
        of_away = away[:, None, None] + in_state[:, :, ::-1] - gap * with_gap[::-1]
        return np.exp(np.stack((of_home, of_away), axis=-1))

    def of_men(self, men: Ints) -> Floats:
        """Effect on a team's log rate of its men less the other's."""
        more, fewer = np.clip(men, 0, MOST_MEN), np.clip(-men, 0, MOST_MEN)
        return self.coefficients["men_more"] * more + self.coefficients["men_fewer"] * fewer
