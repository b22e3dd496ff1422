"""Training: from a folder of matches to a model, judged on matches that it did not see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from matchcast import __version__
from matchcast.forecast.archive import Archive
from matchcast.forecast.artefact import Artefact, Card, DataSource
from matchcast.forecast.attribution import FIVETHIRTYEIGHT, INTERNATIONAL_RESULTS, LIMITS, WYSCOUT
from matchcast.forecast.errors import UnusableHistory
from matchcast.forecast.held_out import FEWEST_MATCHES, Others, judge_held_out
from matchcast.forecast.judge import Judged
from matchcast.forecast.learning import FIRST_DAY, learn
from matchcast.forecast.pre_match import Rated, rate
from matchcast.forecast.rating_fit import club_ratings
from matchcast.forecast.ratings import Pool, Ratings

RATED_FOR_YEARS = 12
"""National teams that have not played for so long are left out of the ratings."""

_YEAR = np.timedelta64(365, "D")


def rated_sets(archive: Archive) -> list[Rated]:
    """The matches of an archive that models learn from, each rated by what was known before it.

    A set whose matches were all played too long ago is left out.
    """
    sets = (rated.only(rated.matches.days >= FIRST_DAY) for rated in rate(archive))
    return [rated for rated in sets if len(rated.matches)]


def train(
    archive: Archive, note: Callable[[str], None] = lambda _: None, others: Others | None = None
) -> Artefact:
    """Train a model on everything in an archive.

    The figures on its card are those of models that were trained in the same way on a part: for
    internationals without the last three years, for detailed matches without one competition after
    the other; beside them those of `others`, if any. `note` is told of each step.

    Raises:
        UnusableHistory: There are too few matches to learn from.
    """
    note("rating teams, walking through all results")
    sets = rated_sets(archive)
    if sum(len(rated.matches) for rated in sets) < FEWEST_MATCHES:
        raise UnusableHistory(
            f"fewer than {FEWEST_MATCHES} matches to learn from", hint="train on a folder with more matches"
        )
    metrics = judge_held_out(sets, note, others=others)
    note("fitting goal rates on everything")
    learned = learn(sets)
    last_day = archive.last_day
    return Artefact(
        goal_rates=learned.goal_rates,
        ratings=_ratings(sets, learned, last_day),
        projections=learned.projections,
        baselines=learned.baselines,
        card=Card(
            trained_until=str(last_day + np.timedelta64(1, "D")),
            made_on=datetime.now(UTC).date().isoformat(),
            package_version=__version__,
            data=_sources(sets),
            metrics=_rounded(msgspec.to_builtins(metrics)),
            notes=LIMITS,
        ),
    )


def _rounded(values: Any) -> Any:
    """The same with as many digits as say something."""
    if isinstance(values, float):
        return round(values, 5)
    if isinstance(values, dict):
        return {name: _rounded(value) for name, value in values.items()}
    return [_rounded(value) for value in values] if isinstance(values, list) else values


def _ratings(sets: Sequence[Rated], learned: Judged, last_day: np.datetime64) -> Ratings:
    """The ratings that the model carries: where the walks stand, and clubs by what was projected."""
    pools = {"national": Pool(learned.national, {}), "club": Pool(learned.club, {})}
    for rated in sets:
        if rated.matches.name == "international":
            since = int((last_day - RATED_FOR_YEARS * _YEAR).astype(np.int64))
            pools["national"] = Pool(learned.national, rated.walk.ratings(since))
        else:
            clubs = rated.walk.ratings(0)
            given = rated.only(rated.matches.is_projected & ~rated.national)
            if len(given.matches):
                goals = given.expected_goals(learned.national, learned.club, learned.projections)
                clubs |= club_ratings(given.matches, goals, learned.club)
            pools["club"] = Pool(learned.club, dict(sorted(clubs.items())))
    return Ratings(**pools)


def _sources(sets: Sequence[Rated]) -> list[DataSource]:
    """The open data that the model was made from."""
    found = []
    for rated in sets:
        if rated.matches.name == "international":
            found.append(replace(INTERNATIONAL_RESULTS, matches=len(rated.matches)))
        else:
            found.append(replace(WYSCOUT, matches=len(rated.matches)))
            if rated.matches.is_projected.any():
                found.append(replace(FIVETHIRTYEIGHT, matches=int(rated.matches.is_projected.sum())))
    return found
