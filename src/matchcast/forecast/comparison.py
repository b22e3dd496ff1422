"""One model beside others on the same matches: figures, and the paired bootstrap of the difference."""

from __future__ import annotations

from collections.abc import Mapping

from matchcast.forecast.archive import Floats, Matches
from matchcast.forecast.bootstrap import Interval, of_matches
from matchcast.forecast.judge import Figures, Judgement
from matchcast.forecast.metrics import figures, log_losses
from matchcast.forecast.snapshots import snapshots

NEAR_BEST = 0.005
"""A model whose log loss is this near the best of all is as good as the best, but for noise."""

EQUAL = 0.001
"""Against such a model, the interval of the difference may reach so far above nothing."""


class Compared(Figures, frozen=True):
    """Figures of another model, and how the judged one differs from it in log loss (below 0: better).

    `near_best` tells whether the other is within `NEAR_BEST` of the best of all; `holds` whether the
    judged model beats it (the interval is below 0) or, where it is near the best, at least equals it
    (the interval ends at or below `EQUAL`).
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


def compare(model: Floats, others: Mapping[str, Floats], matches: Matches) -> dict[str, Compared]:
    """Compare a model's forecasts (N, 3) at the snapshots of matches with others' of the same."""
    taken = snapshots(matches)
    own = log_losses(model, taken.outcome)
    figures_of = {name: figures(found, taken.outcome, taken.minute) for name, found in others.items()}
    best = min([float(own.mean()), *(found["log_loss"] for found in figures_of.values())])
    compared = {}
    for name, found in others.items():
        difference = of_matches(own - log_losses(found, taken.outcome), taken.match)
        near_best = figures_of[name]["log_loss"] <= best + NEAR_BEST
        holds = difference.high <= EQUAL if near_best else difference.high < 0.0
        compared[name] = Compared(**figures_of[name], difference=difference, near_best=near_best, holds=holds)
    return compared
