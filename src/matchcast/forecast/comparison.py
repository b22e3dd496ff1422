"""One model beside others on the same matches: figures, and the paired bootstrap of the difference."""

from __future__ import annotations

from collections.abc import Mapping

from matchcast.forecast.archive import Floats, Matches
from matchcast.forecast.bootstrap import of_matches
from matchcast.forecast.evaluation import Compared
from matchcast.forecast.metrics import figures, log_losses
from matchcast.forecast.snapshots import snapshots

NEAR_BEST = 0.005
"""A model whose log loss is this near the best of all is as good as the best, but for noise."""

EQUAL = 0.001
"""Against such a model, the interval of the difference may reach so far above nothing."""


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
