"""Fitting goal rates: a Poisson regression over the stretches of real matches. Needs scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import PoissonRegressor

from matchcast.forecast.archive import Flags, Floats, Ints, Matches
from matchcast.forecast.course import FIRST_STOPPAGE_BIN, SECOND_STOPPAGE_BIN
from matchcast.forecast.goal_rates import COEFFICIENTS, MOST_MEN, STATES, GoalRates, lateness, state_of
from matchcast.forecast.segments import BIN_MINUTES, FOLDED_BINS, Segments, segments

FIRST_HALF_STOPPAGE_PART, SECOND_HALF_STOPPAGE_PART = 0.266, 0.455
"""Part of the goals of a half's last bin that fall in stoppage: .0168 of .0632, .0513 of .1127."""

FEWEST_GOALS = 2000
FEWEST_RED_CARDS = 50
MEN_MORE, MEN_FEWER = 0.385, -0.371
"""Effect of a man more or fewer where the matches have too few red cards: the rate x1.47 and x0.69."""

_RIDGE = 1e-7


@dataclass(frozen=True)
class Sample:
    """Matches to learn from: the goals expected of each team before, (N, 2), and which are national, (N,)."""

    matches: Matches
    strengths: Floats
    national: Flags


def fit_goal_rates(samples: Sequence[Sample]) -> GoalRates:
    """Fit goal rates to all samples together."""
    cut = [segments(sample.matches) for sample in samples]
    shares = _shares(cut, samples)
    rows, exposure, goals = zip(
        *(_rows(some, sample, shares) for some, sample in zip(cut, samples, strict=True)), strict=True
    )
    weights = np.concatenate(exposure)
    model = PoissonRegressor(alpha=_RIDGE, max_iter=1000, tol=1e-7, solver="newton-cholesky")
    model.fit(np.concatenate(rows), np.concatenate(goals) / weights, sample_weight=weights)
    fitted = dict(zip(COEFFICIENTS, [model.intercept_, *model.coef_], strict=True))
    if sum(len(sample.matches.red_cards.match) for sample in samples) < FEWEST_RED_CARDS:
        fitted |= {"men_more": MEN_MORE, "men_fewer": MEN_FEWER}
    fitted["men_more"] = max(fitted["men_more"], 0.0)
    fitted["men_fewer"] = min(fitted["men_fewer"], 0.0)
    club, national = (_unfolded(of_kind) for of_kind in shares)
    return GoalRates(club, national, {name: round(float(value), 6) for name, value in fitted.items()})


def _shares(cut: Sequence[Segments], samples: Sequence[Sample]) -> Floats:
    """Part of the goals that falls in each folded bin, (2, FOLDED_BINS): clubs' and national teams'.

    A kind of which there are too few goals has the shares of all.
    """
    goals = np.zeros((2, FOLDED_BINS))
    for some, sample in zip(cut, samples, strict=True):
        kind = sample.national.astype(np.int64)[some.match]
        np.add.at(goals, (kind, some.bin), some.goals.sum(axis=1))
    few = goals.sum(axis=1) < FEWEST_GOALS
    goals[few] = goals.sum(axis=0)
    goals /= goals.sum(axis=1, keepdims=True)
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
    return tuple(np.round(bins, 6).tolist())


def _rows(some: Segments, sample: Sample, shares: Floats) -> tuple[Floats, Floats, Ints]:
    """Regressors, exposure and goals of both teams' stretches."""
    bins = np.where(some.bin >= FIRST_STOPPAGE_BIN, some.bin + 1, some.bin)
    kind = sample.national.astype(np.int64)[some.match]
    exposure = shares[kind, some.bin] * some.minutes / BIN_MINUTES
    log_strengths = np.log(sample.strengths)[some.match]
    home = design(bins, some.lead, log_strengths[:, 0] - log_strengths[:, 1], some.men)
    away = design(bins, -some.lead, log_strengths[:, 1] - log_strengths[:, 0], -some.men)
    return (
        np.concatenate((home, away)),
        (exposure[:, None] * sample.strengths[some.match]).T.ravel(),
        some.goals.T.ravel(),
    )


def design(bins: Ints, lead: Ints, gap: Floats, men: Ints) -> Floats:
    """Regressors of a team, (N, coefficients less the intercept), in the order of `COEFFICIENTS`.

    `lead` and `men` are the team's own less the other's; `gap` is the log of its pre-match expected
    goals over the other's.
    """
    states = np.eye(len(STATES))[state_of(lead)]
    not_level = np.arange(len(STATES)) != STATES.index("level")
    more, fewer = np.clip(men, 0, MOST_MEN), np.clip(-men, 0, MOST_MEN)
    return np.column_stack(
        (
            states[:, not_level],
            lateness(bins)[:, None] * states,
            gap[:, None] * states[:, not_level],
            more,
            fewer,
        )
    )
