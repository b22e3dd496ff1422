"""Learning: scales, goal rates and baselines from rated matches. Needs scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from matchcast.forecast.baselines import fit_baselines
from matchcast.forecast.judge import Judged
from matchcast.forecast.pre_match import Rated
from matchcast.forecast.rate_fit import Sample, fit_goal_rates
from matchcast.forecast.rating_fit import fit_scale
from matchcast.forecast.ratings import Scale
from matchcast.forecast.snapshots import snapshots

FIRST_DAY = np.datetime64("1990-01-01")
"""Football before this is used for ratings alone."""

YEARS = 10
"""Scales and goal rates are learned from the last so many years of each set: football changes."""

_FEWEST_OF_SCALE = 50
_YEAR = np.timedelta64(365, "D")

ANY_SCALE = Scale(0.22, 0.14, -0.14, 1.0)
"""Goals between teams of which no matches are known."""

AS_GIVEN = Scale(0.0, 0.0, 0.0, 1.0)
"""Projected goals taken at their word."""


class Scales(NamedTuple):
    """What differences in strength are worth in goals: between nations, between clubs, as projected."""

    national: Scale
    club: Scale
    projections: Scale


def learn(sets: Sequence[Rated]) -> Judged:
    """Fit scales and goal rates to the last `YEARS` of each set, baselines to all of it."""
    sets = [rated for rated in sets if len(rated.matches)]
    recent = [_recent(rated) for rated in sets]
    scales = learn_scales(recent)
    samples = [Sample(rated.matches, rated.expected_goals(*scales), rated.national) for rated in recent]
    baselines = {rated.matches.name: fit_baselines(snapshots(rated.matches)) for rated in sets}
    return Judged(fit_goal_rates(samples), *scales, baselines)


def _recent(rated: Rated) -> Rated:
    """The matches of the last `YEARS` before the last of them."""
    days = rated.matches.days
    return rated.only(days >= np.max(days) - YEARS * _YEAR)


def learn_scales(sets: Sequence[Rated]) -> Scales:
    """Fit scales alone; where too few matches tell, they are what is usual."""
    national, club, projections = ANY_SCALE, ANY_SCALE, AS_GIVEN
    for rated in sets:
        goals = rated.matches.result()
        clubs = ~rated.national
        if rated.national.sum() >= _FEWEST_OF_SCALE and rated.matches.name == "international":
            national = fit_scale(rated.differences, rated.neutral, goals)
        if clubs.sum() >= _FEWEST_OF_SCALE:
            club = fit_scale(rated.differences[clubs], rated.neutral[clubs], goals[clubs])
        given = rated.matches.is_projected
        if given.sum() >= _FEWEST_OF_SCALE:
            projected = np.log(rated.matches.projected[given])
            projections = fit_scale(projected, rated.neutral[given], goals[given])
    return Scales(national, club, projections)
