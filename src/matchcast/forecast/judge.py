"""Judging forecasts of a set of matches, beside the baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from matchcast.forecast.archive import Floats, Matches
from matchcast.forecast.artefact import Artefact
from matchcast.forecast.baselines import Baselines
from matchcast.forecast.evaluation import Band, Bin, Favourites, Figures, Judgement
from matchcast.forecast.goal_rates import GoalRates
from matchcast.forecast.in_play import forecasts
from matchcast.forecast.metrics import bands, calibration_error, figures, log_losses, reliability
from matchcast.forecast.pre_match import Rated
from matchcast.forecast.ratings import Scale
from matchcast.forecast.snapshots import MINUTES, Snapshots, snapshots

MODEL = "model"

FAVOURITES = (0.0, 0.45, 0.6, 0.75, 0.9, 1.0)
"""Bounds of the favourite's chance of winning before kick-off, by which matches are parted."""


@dataclass(frozen=True)
class Judged:
    """The part of a model that is judged: it takes ratings as they come."""

    goal_rates: GoalRates
    national: Scale
    club: Scale
    projections: Scale
    baselines: Mapping[str, Baselines]

    @classmethod
    def part_of(cls, model: Artefact) -> Judged:
        """That part of an artefact."""
        ratings = model.ratings
        scales = ratings.national.scale, ratings.club.scale, model.projections
        return cls(model.goal_rates, *scales, model.baselines)

    def forecasts(self, rated: Rated) -> dict[str, Floats]:
        """Forecasts (N, 3) at the snapshots of matches: the model's and each baseline's, by name."""
        taken = snapshots(rated.matches)
        strengths = rated.expected_goals(self.national, self.club, self.projections)
        found = {MODEL: forecasts(self.goal_rates, strengths, rated.national, taken)}
        found["pre_match"] = np.repeat(found[MODEL][:: len(MINUTES)], len(MINUTES), axis=0)
        baselines = self.baselines.get(rated.matches.name)
        if baselines is not None:
            found["minute_by_lead"] = baselines.of_table(taken)
            found["base_rate"] = baselines.of_base_rate(taken)
        return found


def judge(found: Mapping[str, Floats], matches: Matches, known: int) -> Judgement:
    """Judge the model's and the baselines' forecasts of matches against what happened."""
    taken: Snapshots = snapshots(matches)

    def figures_of(forecast: Floats) -> dict[str, float]:
        return figures(forecast, taken.outcome, taken.minute)

    by_minutes = bands(found[MODEL], taken.outcome, taken.minute)
    return Judgement(
        **figures_of(found[MODEL]),
        matches=len(matches),
        snapshots=len(taken.match),
        first_day=str(np.min(matches.days)),
        last_day=str(np.max(matches.days)),
        projected=int(matches.is_projected.sum()),
        known=known,
        bands={name: Band(**values) for name, values in by_minutes.items()},
        gaps=_by_gap(found, taken),
        calibration=[Bin(*values) for values in reliability(found[MODEL], taken.outcome)],
        baselines={
            name: Figures(**figures_of(forecast)) for name, forecast in found.items() if name != MODEL
        },
    )


def _by_gap(found: Mapping[str, Floats], taken: Snapshots) -> dict[str, Favourites]:
    """Figures by how strong the favourite was; parts without a match are left out."""
    favourite = np.maximum(found["pre_match"][:, 0], found["pre_match"][:, 2])
    parts = {}
    for low, high in pairwise(FAVOURITES):
        within = (favourite >= low) & (favourite < high)
        if within.any():
            forecast, outcome = found[MODEL][within], taken.outcome[within]
            parts[f"{low:.0%}-{high:.0%}"] = Favourites(
                log_loss=float(log_losses(forecast, outcome).mean()),
                ece=calibration_error(forecast, outcome),
                matches=int(within.sum()) // len(MINUTES),
            )
    return parts
