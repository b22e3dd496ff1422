"""The paired bootstrap: whether one model's forecasts are better than another's, matches drawn whole."""

from __future__ import annotations

import numpy as np

from matchcast.forecast.archive import Floats, Ints
from matchcast.forecast.evaluation import Interval

DRAWS = 4000
_SEED = 20190321
_AT_ONCE = 250


def of_matches(values: Floats, match: Ints) -> Interval:
    """Mean of something that snapshots have, with its interval when matches are drawn again.

    Snapshots of one match share their fate, so a match is drawn with all of them (Efron's percentile
    interval; the same draws in every call).

    Args:
        values: One for each snapshot, (N,); for a comparison, differences in log loss.
        match: The number of each snapshot's match, (N,).
    """
    _, number = np.unique(match, return_inverse=True)
    sums = np.bincount(number, values)
    sizes = np.bincount(number).astype(float)
    count = len(sums)
    chance = np.random.default_rng(_SEED)
    means = np.empty(DRAWS)
    for start in range(0, DRAWS, _AT_ONCE):
        drawn = chance.integers(0, count, (min(_AT_ONCE, DRAWS - start), count))
        means[start : start + len(drawn)] = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(values.mean()), float(low), float(high))
