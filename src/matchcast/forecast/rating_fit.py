"""Fitting ratings: what a difference in strength is worth in goals, and clubs from projected goals."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import PoissonRegressor

from matchcast.forecast.archive import Flags, Floats, Ints, Matches
from matchcast.forecast.ratings import Rating, Scale

MOST_GOALS = 8
"""Goals beyond this many in a match count as so many: a 31-0 says little more than an 8-0."""

FADE_DAYS = 120.0
"""Projections lose weight by a factor e in this many days."""

_RIDGE = 1e-7
_CLUB_RIDGE = 1e-3


def fit_scale(differences: Floats, neutral: Flags, goals: Ints) -> Scale:
    """Regress goals (N, 2) on differences in strength (N, 2) and on home advantage."""
    hosted = np.where(neutral, 0.0, 1.0)
    nobody = np.zeros_like(hosted)
    rows = np.concatenate(
        (
            np.column_stack((differences[:, 0], hosted, nobody)),
            np.column_stack((differences[:, 1], nobody, hosted)),
        )
    )
    model = PoissonRegressor(alpha=_RIDGE, tol=1e-7, max_iter=1000, solver="newton-cholesky")
    model.fit(rows, np.minimum(goals, MOST_GOALS).T.ravel())
    slope, at_home, away = (round(float(value), 5) for value in model.coef_)
    return Scale(round(float(model.intercept_), 5), at_home, away, slope)


def club_ratings(matches: Matches, goals: Floats, scale: Scale) -> dict[str, Rating]:
    """Attack and defence of clubs that best explain the goals (N, 2) expected of them, lately above all.

    Leagues do not meet here, so each is centred on zero: an average team of any league is an average
    team. The ratings are in the units of `scale`.
    """
    clubs = sorted({*matches.home, *matches.away})
    number = {club: index for index, club in enumerate(clubs)}
    home = np.array([number[club] for club in matches.home])
    away = np.array([number[club] for club in matches.away])
    explained = np.log(goals) - scale.base - np.array([scale.at_home, scale.away])
    explained /= scale.slope
    attack, defence = np.eye(len(clubs)), np.eye(len(clubs))
    rows = np.concatenate(
        (np.hstack((attack[home], -defence[away])), np.hstack((attack[away], -defence[home])))
    )
    days = matches.days.astype(np.int64)
    weights = np.tile(np.exp((days - np.max(days)) / FADE_DAYS), 2)[:, None]
    normal = rows.T @ (rows * weights) + _CLUB_RIDGE * np.eye(rows.shape[1])
    fitted = np.linalg.solve(normal, (rows * weights).T @ explained.T.ravel())
    return {
        club: Rating(round(float(fitted[index]), 4), round(float(fitted[len(clubs) + index]), 4))
        for club, index in number.items()
    }
