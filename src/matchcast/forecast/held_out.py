"""Judging how models are made: each part of the history is forecast by a model that has not seen it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from msgspec.structs import asdict

from matchcast.forecast.archive import Flags, Floats
from matchcast.forecast.comparison import compare
from matchcast.forecast.evaluation import Evaluated
from matchcast.forecast.judge import MODEL, judge
from matchcast.forecast.learning import learn
from matchcast.forecast.pre_match import Rated
from matchcast.forecast.snapshots import MINUTES

JUDGED_YEARS = 3
"""The last years of internationals, on which a model without them is judged."""

FEWEST_MATCHES = 200
FEWEST_OF_COMPETITION = 100
_YEAR = np.timedelta64(365, "D")

Others = Callable[[Rated, Rated], Mapping[str, Floats]]
"""Other models to compare with: fitted on the first matches, their forecasts of the second."""


def judge_held_out(
    sets: Sequence[Rated],
    note: Callable[[str], None],
    since: np.datetime64 | None = None,
    others: Others | None = None,
) -> dict[str, Evaluated]:
    """Judge models that are learned without the matches they are judged on, by set.

    Internationals from `since` on (None: those of the last three years) are forecast by a model of all
    that was played before; detailed matches of each competition by one of the other competitions and
    all internationals. A set that is too small to be parted is left out.
    """
    found = {}
    for rated in sets:
        internationals = rated.matches.name == "international"
        folds = _last_years(rated, since) if internationals else _competitions(rated)
        if not folds:
            continue
        judged = np.any(list(folds.values()), axis=0)
        forecast: dict[str, Floats] = {}
        of_others: dict[str, Floats] = {}
        for name, fold in folds.items():
            note(f"judging a model that has not seen {name}")
            rest = [other for other in sets if other is not rated]
            if internationals:
                first_day = np.min(rated.matches.days[fold])
                rest = [other.only(other.matches.days < first_day) for other in rest]
            seen, unseen = rated.only(~fold), rated.only(fold)
            of_fold = np.repeat(fold[judged], len(MINUTES))
            _place(forecast, learn([*rest, seen]).forecasts(unseen), of_fold)
            if others is not None:
                _place(of_others, others(seen, unseen), of_fold)
        matches = rated.matches.only(judged)
        found[rated.matches.name] = Evaluated(
            **asdict(judge(forecast, matches, known=0)),
            held_back=" / ".join(folds),
            against=compare(forecast[MODEL], of_others, matches) if of_others else {},
        )
    return found


def _place(into: dict[str, Floats], forecasts: Mapping[str, Floats], rows: Flags) -> None:
    for name, values in forecasts.items():
        into.setdefault(name, np.zeros((len(rows), 3)))[rows] = values


def _last_years(rated: Rated, since: np.datetime64 | None) -> dict[str, Flags]:
    """The last years as the one fold, where enough is left to learn from."""
    first_day = np.max(rated.matches.days) - JUDGED_YEARS * _YEAR if since is None else since
    fold = rated.matches.days >= first_day
    enough = min(fold.sum(), (~fold).sum()) >= FEWEST_MATCHES
    return {f"internationals since {first_day}": fold} if enough else {}


def _competitions(rated: Rated) -> dict[str, Flags]:
    """One fold for each competition that is large enough, where there are several."""
    names = np.array(rated.matches.competition)
    folds = {str(name): names == name for name in np.unique(names)}
    large = {name: fold for name, fold in folds.items() if fold.sum() >= FEWEST_OF_COMPETITION}
    return large if len(large) > 1 else {}
