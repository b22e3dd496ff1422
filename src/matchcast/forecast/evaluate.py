"""Evaluating a model on a folder of matches."""

from __future__ import annotations

import numpy as np

from matchcast.forecast.archive import Archive, within
from matchcast.forecast.artefact import Artefact
from matchcast.forecast.errors import UnusableHistory
from matchcast.forecast.judge import Judged, Judgement, judge
from matchcast.forecast.pre_match import Start, rate


def evaluate(
    model: Artefact,
    archive: Archive,
    since: np.datetime64 | None = None,
    until: np.datetime64 | None = None,
) -> dict[str, Judgement | None]:
    """Judge a model on each set of matches that a folder holds; None where it has none in the time asked for.

    Matches from `since` on and before `until` are judged. Ratings walk forward through everything in
    the folder, so that each match is rated by what was known before it. A folder whose history begins
    after the model was trained is rated from the model's own ratings on.

    Raises:
        UnusableHistory: No match lies between the two days.
    """
    trained_until = np.datetime64(model.card.trained_until)
    start = Start(trained_until, model.ratings.national.teams, model.ratings.club.teams)
    part = Judged.part_of(model)
    judged: dict[str, Judgement | None] = {"international": None, "detailed": None}
    for rated in rate(archive, start):
        chosen = within(rated.matches.days, since, until)
        if chosen.any():
            some = rated.only(chosen)
            known = int((some.matches.days < trained_until).sum())
            judged[rated.matches.name] = judge(part.forecasts(some), some.matches, known)
    if not any(judged.values()):
        raise UnusableHistory(
            "no match lies between these days", hint="choose an earlier --since or a later --until"
        )
    return judged
