"""Fitting goal rates: a Poisson regression over the stretches of real matches. Needs scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import PoissonRegressor

from matchcast.forecast.archive import Floats, Ints, Matches
from matchcast.forecast.course import FIRST_STOPPAGE_BIN, SECOND_STOPPAGE_BIN
from matchcast.forecast.goal_rates import COEFFICIENTS, MOST_MEN, STATES, GoalRates, lateness, state_of
from matchcast.forecast.segments import BIN_MINUTES, FOLDED_BINS, Segments, segments

FIRST_HALF_STOPPAGE_PART, SECOND_HALF_STOPPAGE_PART = 0.266, 0.455
"""Part of the goals of a half's last bin that fall in stoppage: .0168 of .0632, .0513 of .1127."""

_RIDGE = 1e-7


@dataclass(frozen=True)
class Sample:
    """Matches to learn from, with the goals expected of each team before the match, (N, 2)."""

    matches: Matches
    strengths: Floats


def goal_rates(samples: Sequence[Sample]) -> GoalRates:
    """Fit goal rates to all samples together."""
    cut = [segments(sample.matches) for sample in samples]
    shares = _shares(cut)
    rows, exposure, goals = zip(
        *(_rows(some, sample, shares) for some, sample in zip(cut, samples, strict=True)), strict=True
    )
    weights = np.concatenate(exposure)
    model = PoissonRegressor(alpha=_RIDGE, max_iter=1000, tol=1e-7, solver="newton-cholesky")
    model.fit(np.concatenate(rows), np.concatenate(goals) / weights, sample_weight=weights)
    fitted = dict(zip(COEFFICIENTS[1:], model.coef_.tolist(), strict=True))
    fitted["men_more"] = max(fitted["men_more"], 0.0)
    fitted["men_fewer"] = min(fitted["men_fewer"], 0.0)
    return GoalRates(_unfolded(shares), {"intercept": float(model.intercept_), **fitted})


def _shares(cut: Sequence[Segments]) -> Floats:
    """Part of the goals that falls in each folded bin."""
    goals = np.zeros(FOLDED_BINS)
    for some in cut:
        goals += np.bincount(some.bin, some.goals.sum(axis=1), FOLDED_BINS)
    goals /= goals.sum()
    return goals


def _unfolded(shares: Floats) -> tuple[float, ...]:
    """The shares with stoppage in bins of its own."""
    bins = np.insert(shares, (FIRST_STOPPAGE_BIN, FOLDED_BINS), 0.0)
    for stoppage, part in (
        (FIRST_STOPPAGE_BIN, FIRST_HALF_STOPPAGE_PART),
        (SECOND_STOPPAGE_BIN, SECOND_HALF_STOPPAGE_PART),
    ):
        bins[stoppage] = bins[stoppage - 1] * part
        bins[stoppage - 1] *= 1.0 - part
    return tuple(bins.tolist())


def _rows(some: Segments, sample: Sample, shares: Floats) -> tuple[Floats, Floats, Ints]:
    """Regressors, exposure and goals of both teams' stretches."""
    bins = np.where(some.bin >= FIRST_STOPPAGE_BIN, some.bin + 1, some.bin)
    exposure = shares[some.bin] * some.minutes / BIN_MINUTES
    log_strengths = np.log(sample.strengths)[some.match]
    at_home = np.where(sample.matches.neutral, 0.0, 1.0)[some.match]
    home = design(bins, some.lead, log_strengths, at_home, np.zeros_like(at_home), some.men)
    away = design(bins, -some.lead, log_strengths[:, ::-1], np.zeros_like(at_home), at_home, -some.men)
    return (
        np.concatenate((home, away)),
        np.concatenate((exposure, exposure)),
        np.concatenate((some.goals[:, 0], some.goals[:, 1])),
    )


def design(bins: Ints, lead: Ints, log_strengths: Floats, at_home: Floats, away: Floats, men: Ints) -> Floats:
    """Regressors of a team, (N, coefficients less the intercept), in the order of `COEFFICIENTS`.

    `lead` and `men` are the team's own less the other's; `log_strengths` (N, 2) its own and the other's.
    """
    states = np.eye(len(STATES))[state_of(lead)]
    late = lateness(bins)[:, None] * states
    not_level = np.arange(len(STATES)) != STATES.index("level")
    gap = (log_strengths[:, 0] - log_strengths[:, 1])[:, None] * states[:, not_level]
    more, fewer = np.clip(men, 0, MOST_MEN), np.clip(-men, 0, MOST_MEN)
    return np.column_stack((log_strengths[:, 0], at_home, away, states[:, not_level], late, gap, more, fewer))
