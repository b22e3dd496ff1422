"""Evaluating a model on a folder of matches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from msgspec.structs import asdict

from matchcast.forecast.archive import Archive, Flags, Floats, within
from matchcast.forecast.artefact import Artefact
from matchcast.forecast.comparison import compare
from matchcast.forecast.errors import UnusableHistory
from matchcast.forecast.evaluation import Evaluated
from matchcast.forecast.judge import MODEL, Judged, judge
from matchcast.forecast.pre_match import Rated, rate, start_of

Others = Callable[[Rated, Flags], Mapping[str, Floats]]
"""Other models: what each forecasts at the snapshots of those matches that the flags choose."""


def evaluate(
    model: Artefact,
    archive: Archive,
    since: np.datetime64 | None = None,
    until: np.datetime64 | None = None,
    others: Others | None = None,
) -> dict[str, Evaluated | None]:
    """Judge a model on each set of matches that a folder holds; None where it has none in the time asked for.

    Matches from `since` on and before `until` are judged. Ratings walk forward through everything in
    the folder, so that each match is rated by what was known before it. A folder whose history begins
    after the model was trained is rated from the model's own ratings on.

    Raises:
        UnusableHistory: No match lies between the two days.
    """
    part = Judged.part_of(model)
    judged: dict[str, Evaluated | None] = {"international": None, "detailed": None}
    for rated in rate(archive, start_of(model)):
        chosen = within(rated.matches.days, since, until)
        if chosen.any():
            some = rated.only(chosen)
            known = int((some.matches.days < np.datetime64(model.card.trained_until)).sum())
            found = part.forecasts(some)
            judged[rated.matches.name] = Evaluated(
                **asdict(judge(found, some.matches, known)),
                against=compare(found[MODEL], others(rated, chosen), some.matches) if others else {},
            )
    if not any(judged.values()):
        raise UnusableHistory(
            "no match lies between these days", hint="choose an earlier --since or a later --until"
        )
    return judged


def as_other(model: Artefact, archive: Archive) -> Others:
    """A model to compare with, on the same archive."""
    part = Judged.part_of(model)
    rated_sets = {rated.matches.name: rated for rated in rate(archive, start_of(model))}

    def forecasts(rated: Rated, chosen: Flags) -> Mapping[str, Floats]:
        own = rated_sets[rated.matches.name].only(chosen)
        return {model.version: part.forecasts(own)[MODEL]}

    return forecasts
