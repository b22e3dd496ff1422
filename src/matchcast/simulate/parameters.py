"""The simulator's own, pinned numbers: promoting a forecaster never changes a match that runs.

The effects were fitted to the goals, cards, shots and substitutions of four leagues of 2017/18; the
scales were then set so that many matches reproduce the published figures of all five leagues of that
season (1,822 matches): `python -m tests.forecast.simulator.calibrate` sets them,
`python -m tests.forecast.simulator.table` prints what they give beside the real figures. Sources: L.
Pappalardo et al., "A public data set of spatio-temporal match events in soccer competitions", Scientific
Data 6:236 (2019), CC BY 4.0; FiveThirtyEight, soccer predictions, CC BY 4.0, for the spread of strengths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

VERSION: Final = "simulator-1"
"""Named in every record of a simulated match."""

HALF_SECONDS: Final = 2700
EXTRA_HALF_SECONDS: Final = 900
BIN_SECONDS: Final = 300
BINS_PER_HALF: Final = 10
"""Nine bins of five minutes, and stoppage time."""

Pair = tuple[float, float]


@dataclass(frozen=True)
class Spread:
    """Pre-match expected goals of (home, away): log-normal, jointly drawn."""

    median: Pair = (1.4625, 1.0768)
    log_sd: Pair = (0.31, 0.42)
    log_correlation: float = -0.74


@dataclass(frozen=True)
class Lengths:
    """Seconds added to the regular length of a period: mean and standard deviation.

    A gamma distribution, but for the second half, which is normal and never below 0.
    """

    first: Pair = (79.6, 74.7)
    second: Pair = (220.5, 90.8)
    extra: Pair = (60.0, 40.0)


@dataclass(frozen=True)
class GoalRates:
    """Rate of a team a second = its strength / 5400 x bin x score x men.

    `bins` and `score` have a row a half; bins end with stoppage time, score runs over the team's own
    goal difference from -2 or less to +2 or more. Thirty minutes of extra time bring 30/90 of a
    strength, with the score effects of the second half.
    """

    bins: tuple[tuple[float, ...], ...] = (
        (0.693, 0.736, 0.789, 0.891, 0.993, 0.956, 0.868, 0.824, 0.838, 1.132),
        (0.888, 1.107, 1.007, 1.017, 0.995, 1.128, 1.054, 0.974, 1.097, 1.256),
    )
    score: tuple[tuple[float, ...], ...] = (
        (1.06, 1.06, 1.00, 0.94, 1.00),
        (1.06, 1.05, 0.985, 0.88, 1.05),
    )
    man_up: float = 1.47
    man_down: float = 0.69
    own_goal_share: float = 0.0308
    penalty_share: float = 0.0797


@dataclass(frozen=True)
class RedCardRates:
    """Rate of a side a second = a match's cards / 5400 x bin x score, laid out as the goal rates are."""

    cards: Pair = (0.0790, 0.0810)
    bins: tuple[tuple[float, ...], ...] = (
        (0.15, 0.25, 0.30, 0.35, 0.50, 0.60, 0.70, 0.75, 0.75, 1.20),
        (0.80, 0.90, 1.00, 1.30, 1.60, 1.30, 1.60, 1.60, 1.60, 2.60),
    )
    score: tuple[float, ...] = (1.35, 1.35, 1.00, 1.05, 1.05)
    straight_share: float = 0.5151


@dataclass(frozen=True)
class Rates:
    """All that the play of a match depends on."""

    spread: Spread = Spread()
    lengths: Lengths = Lengths()
    goals: GoalRates = GoalRates()
    reds: RedCardRates = RedCardRates()


PINNED: Final = Rates()
