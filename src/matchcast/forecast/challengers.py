"""The usual models of in-play football, as challengers and baselines: fitted and judged on snapshots.

They answer at the minutes of `snapshots` and nowhere else (`challenger_forecaster` draws lines between
them), so none can serve; they say what a model has to beat. scikit-learn fits them, and is imported when
one is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matchcast.forecast.archive import Flags, Floats, Ints, Matches
from matchcast.forecast.baselines import fit_baselines
from matchcast.forecast.metrics import log_losses
from matchcast.forecast.snapshots import MINUTES, Snapshots, goals_to_come, snapshots

_MOST_LEAD = 3
_MOST_GOALS = 12
_SEED = 1
_HELD_FOR_TEMPERATURE = 5
"""One match of so many tunes the temperature of gradient boosting and fits none of its trees."""


@dataclass(frozen=True)
class Scenes:
    """What a challenger sees of each snapshot; (N,) each.

    `gap` is the log of the home team's strength before the match over the away team's, home advantage
    included; `total` the log of the goals expected of both, 0 where only the gap is known. `to_come` are
    the goals of each team until 90 minutes, (N, 2), which no forecast looks at.
    """

    taken: Snapshots
    gap: Floats
    total: Floats
    to_come: Ints

    def only(self, chosen: Flags) -> Scenes:
        """The chosen snapshots alone."""
        return Scenes(self.taken.only(chosen), self.gap[chosen], self.total[chosen], self.to_come[chosen])


def scenes(matches: Matches, gap: Floats, total: Floats) -> Scenes:
    """Every snapshot of some matches, with `gap` and `total` of each match, (matches,)."""
    often = len(MINUTES)
    return Scenes(snapshots(matches), np.repeat(gap, often), np.repeat(total, often), goals_to_come(matches))


Challenger = Callable[[Scenes], Floats]
"""Win, draw and loss at each snapshot, (N, 3)."""


def fit(name: str, seen: Scenes) -> Challenger:
    """Fit a challenger of `CHALLENGERS`, on one core: threads that share cores wait for each other."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        return CHALLENGERS[name](seen)


def fit_base_rate(seen: Scenes) -> Challenger:
    """How often each outcome came."""
    baselines = fit_baselines(seen.taken)
    return lambda asked: baselines.of_base_rate(asked.taken)


def fit_table(seen: Scenes) -> Challenger:
    """How often each outcome came, by minute and lead."""
    baselines = fit_baselines(seen.taken)
    return lambda asked: baselines.of_table(asked.taken)


def fit_pre_match(seen: Scenes) -> Challenger:
    """A multinomial logit on strength before the match alone."""
    return _fit_logit(seen, _strengths)


def fit_linear_logit(seen: Scenes) -> Challenger:
    """A multinomial logit on strength, minute, lead and men, without interactions."""
    return _fit_logit(seen, _plain)


def fit_interaction_logit(seen: Scenes) -> Challenger:
    """A multinomial logit in which lead, strength and men act anew at each part of the match."""
    return _fit_logit(seen, _interacting)


def fit_poisson(seen: Scenes) -> Challenger:
    """Goals still to come of each team as independent Poisson numbers, by strength and score state."""
    from sklearn.linear_model import PoissonRegressor

    by_minute = np.array([seen.to_come[seen.taken.minute == minute].mean() for minute in MINUTES])

    def exposure(asked: Scenes) -> Floats:
        return by_minute[np.searchsorted(MINUTES, asked.taken.minute)]

    weights = np.tile(exposure(seen), 2)
    model = PoissonRegressor(alpha=1e-6, solver="newton-cholesky", max_iter=300)
    rows = np.concatenate((_of_team(seen, 1), _of_team(seen, -1)))
    model.fit(rows, seen.to_come.T.ravel() / weights, sample_weight=weights)

    def forecast(asked: Scenes) -> Floats:
        most = exposure(asked)
        home, away = (model.predict(_of_team(asked, side)) * most for side in (1, -1))
        return _ends(home, away, asked.taken.lead)

    return forecast


def fit_gradient_boosting(seen: Scenes) -> Challenger:
    """Boosted trees, their confidence scaled by one temperature that held-back matches choose."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    held = seen.taken.match % _HELD_FOR_TEMPERATURE == 0
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=150, max_leaf_nodes=15, min_samples_leaf=200, random_state=_SEED
    )
    learned = seen.only(~held)
    model.fit(_plain(learned), learned.taken.outcome)
    tuned = seen.only(held)
    found = model.predict_proba(_plain(tuned))
    temperature = min(
        np.linspace(0.8, 2.0, 25), key=lambda t: log_losses(_tempered(found, t), tuned.taken.outcome).mean()
    )
    return lambda asked: _tempered(model.predict_proba(_plain(asked)), temperature)


CHALLENGERS: Mapping[str, Callable[[Scenes], Challenger]] = {
    "base rate": fit_base_rate,
    "before the match alone": fit_pre_match,
    "minute x goal difference": fit_table,
    "linear logit": fit_linear_logit,
    "gradient boosting + temperature": fit_gradient_boosting,
    "interaction logit": fit_interaction_logit,
    "Poisson, score state": fit_poisson,
}
"""Name of each challenger, and what fits it."""


def _fit_logit(seen: Scenes, features: Callable[[Scenes], Floats]) -> Challenger:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model: Any = make_pipeline(
        StandardScaler(), LogisticRegression(solver="newton-cholesky", max_iter=30, tol=1e-5)
    )
    model.fit(features(seen), seen.taken.outcome)

    def forecast(asked: Scenes) -> Floats:
        found: Floats = model.predict_proba(features(asked))
        return found

    return forecast


def _strengths(asked: Scenes) -> Floats:
    return np.column_stack((asked.gap, asked.gap**2, asked.total))


def _plain(asked: Scenes) -> Floats:
    taken = asked.taken
    return np.column_stack((asked.gap, asked.total, taken.minute, taken.lead, taken.men))


def _interacting(asked: Scenes) -> Floats:
    taken = asked.taken
    left = 1.0 - taken.minute / 90.0
    course = np.column_stack((np.ones_like(left), left, left**2, 1.0 / (left + 0.06)))
    states = _one_hot(taken.lead, _MOST_LEAD)
    signs = _one_hot(taken.lead, 1)
    gap, total = asked.gap[:, None], asked.total[:, None]
    return np.hstack(
        (
            _products(states, course),
            _products(signs * gap, course),
            gap**2 * course,
            total * course,
            np.abs(taken.lead)[:, None] * total * course,
            taken.men[:, None] * course,
        )
    )


def _products(left: Floats, right: Floats) -> Floats:
    """Every column times every column."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def _one_hot(lead: Ints, most: int) -> Floats:
    return np.eye(2 * most + 1)[np.clip(lead, -most, most) + most]


def _of_team(asked: Scenes, side: int) -> Floats:
    """Regressors of the home (1) or the away team (-1): its own gap, lead and men."""
    taken = asked.taken
    late = taken.minute[:, None] / 90.0
    states = _one_hot(side * taken.lead, 2)
    gap = (side * asked.gap)[:, None]
    men = side * taken.men
    return np.hstack(
        (
            gap,
            gap**2,
            asked.total[:, None],
            states,
            states * late,
            states * gap,
            np.maximum(men, 0)[:, None],
            np.minimum(men, 0)[:, None],
        )
    )


def _ends(home: Floats, away: Floats, lead: Ints) -> Floats:
    """Win, draw and loss when goals to come are independent Poisson numbers, (N, 3)."""
    of_home, of_away = _poisson(home), _poisson(away)
    goals = np.arange(_MOST_GOALS + 1)
    margin = goals[:, None] - goals
    joint = of_home[:, :, None] * of_away[:, None, :]
    final = margin[None] + lead[:, None, None]
    ends = np.column_stack([(joint * (np.sign(final) == sign)).sum(axis=(1, 2)) for sign in (1, 0, -1)])
    whole: Floats = ends / ends.sum(axis=1, keepdims=True)
    return whole


def _poisson(mean: Floats) -> Floats:
    """Probabilities of 0 to `_MOST_GOALS` goals, (N, goals)."""
    steps = mean[:, None] / np.arange(1, _MOST_GOALS + 1)
    grown: Floats = np.cumprod(np.hstack((np.ones((len(mean), 1)), steps)), axis=1, dtype=np.float64)
    return grown * np.exp(-mean)[:, None]


def _tempered(probabilities: Floats, temperature: float) -> Floats:
    scaled: Floats = probabilities ** (1.0 / temperature)
    whole: Floats = scaled / scaled.sum(axis=1, keepdims=True)
    return whole
