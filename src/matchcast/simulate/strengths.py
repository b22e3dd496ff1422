"""How strong the two teams of a match are: the spread of real pre-match expected goals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcast.simulate.parameters import PINNED, Spread


def draw_strengths(
    matches: int, rng: np.random.Generator, spread: Spread = PINNED.spread
) -> NDArray[np.float64]:
    """Draw the pre-match expected goals of both teams for each of `matches` matches.

    Returns:
        Array of shape (matches, 2): goals in 90 minutes of home and away team.
    """
    sd_home, sd_away = spread.log_sd
    shared = spread.log_correlation * sd_home * sd_away
    covariance = [[sd_home**2, shared], [shared, sd_away**2]]
    return np.exp(rng.multivariate_normal(np.log(spread.median), covariance, size=matches))
