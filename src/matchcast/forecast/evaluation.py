"""What an evaluation holds: figures of a model, beside others, as cards and answers carry them.

Nothing here computes, so that whoever only shows an evaluation need not load what does.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Interval(Struct, frozen=True):
    """A mean and the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float


class Figures(Struct, frozen=True):
    """How good forecasts were; see `metrics`."""

    log_loss: float
    brier: float
    rps: float
    ece: float
    ece_75: float


class Band(Struct, frozen=True):
    """Log loss and calibration error in some minutes of the match."""

    log_loss: float
    ece: float


class Favourites(Band, frozen=True):
    """The same in matches whose favourite had some chance of winning before kick-off."""

    matches: int


class Bin(Struct, frozen=True):
    """Forecasts of about the same probability: their mean, how often it happened, how many they were."""

    forecast: float
    happened: float
    forecasts: int


class Judgement(Figures, frozen=True):
    """Figures of a model over a set of matches, by minutes too, and those of the baselines beside.

    `gaps` has them by how strong the favourite was, `calibration` is a reliability diagram, the three
    outcomes pooled; without bins that no forecast fell in. `projected` counts the matches whose
    pre-match strength was given, `known` those that the model may have learned from.
    """

    matches: int
    snapshots: int
    first_day: str
    last_day: str
    projected: int
    known: int
    bands: Mapping[str, Band]
    gaps: Mapping[str, Favourites]
    calibration: list[Bin]
    baselines: Mapping[str, Figures]


class Compared(Figures, frozen=True):
    """Figures of another model, and how the judged one differs from it in log loss (below 0: better).

    `near_best` tells whether the other is within `comparison.NEAR_BEST` of the best of all; `holds`
    whether the judged model beats it (the interval is below 0) or, where it is near the best, at least
    equals it (the interval ends at or below `comparison.EQUAL`).
    """

    difference: Interval
    near_best: bool
    holds: bool


class Evaluated(Judgement, frozen=True):
    """A judgement, and how the model compares `against` others on the same matches.

    `held_back` says how matches were parted, where several models forecast what they had not seen.
    """

    against: Mapping[str, Compared]
    held_back: str = ""
