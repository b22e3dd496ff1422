"""Drift of a folder of matches since a day, as the model in force sees it."""

from __future__ import annotations

import numpy as np

from matchcast.forecast.archive import Archive, within
from matchcast.forecast.artefact import Artefact
from matchcast.forecast.drift import Drift, Observed, find_drift, observe
from matchcast.forecast.judge import MODEL, Judged
from matchcast.forecast.pre_match import Rated, rate, start_of

REFERENCE_YEARS = 12
"""Matches of so many years before the day are the reference."""

_YEAR = np.timedelta64(365, "D")


def drift_since(
    model: Artefact, archive: Archive, since: np.datetime64, until: np.datetime64 | None = None
) -> dict[str, Drift]:
    """Compare matches from one day on and before another with those before, by set of matches.

    A set without matches in either time is left out. Shots are not among the columns of a folder, and
    red cards are the only cards.
    """
    found = {}
    for rated in rate(archive, start_of(model)):
        days = rated.matches.days
        times = (
            within(days, since - REFERENCE_YEARS * _YEAR, since),
            within(days, since, until),
        )
        if all(chosen.any() for chosen in times):
            reference, current = (_observed(model, rated.only(chosen)) for chosen in times)
            found[rated.matches.name] = find_drift(reference, current)
    return found


def _observed(model: Artefact, rated: Rated) -> Observed:
    part, matches = Judged.part_of(model), rated.matches
    strengths = rated.expected_goals(part.national, part.club, part.projections)
    cards = (
        np.bincount(matches.red_cards.match, minlength=len(matches)) if len(matches.red_cards.match) else None
    )
    return observe(matches, part.forecasts(rated)[MODEL], strengths, cards=cards)
