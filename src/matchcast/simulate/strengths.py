"""How strong the two teams of a match are: the spread of real pre-match expected goals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcast.simulate.parameters import PINNED, Spread


def draw_strengths(
    matches: int, rng: np.random.Generator, spread: Spread = PINNED.spread
) -> NDArray[np.float64]:
    """Draw the pre-match expected goals of both teams for each of `matches` matches.

    Every draw comes with its mirror image about the medians, so that a season is balanced: its figures
    vary less from seed to seed than those of independent draws.

    Returns:
        Array of shape (matches, 2): goals in 90 minutes of home and away team.
    """
    sd_home, sd_away = spread.log_sd
    rho = spread.log_correlation
    drawn = rng.standard_normal(((matches + 1) // 2, 2))
    drawn = np.concatenate([drawn, -drawn])[:matches]
    home = sd_home * drawn[:, 0]
    away = sd_away * (rho * drawn[:, 0] + np.sqrt(1 - rho**2) * drawn[:, 1])
    strengths: NDArray[np.float64] = np.asarray(spread.median) * np.exp(np.stack([home, away], axis=1))
    return strengths
