"""Training: from a folder of matches to a model, judged on matches that it did not see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from matchcast import __version__
from matchcast.forecast.archive import Archive, Flags, Floats
from matchcast.forecast.artefact import Artefact, Card, DataSource
from matchcast.forecast.attribution import FIVETHIRTYEIGHT, INTERNATIONAL_RESULTS, LIMITS, WYSCOUT
from matchcast.forecast.baselines import fit_baselines
from matchcast.forecast.errors import UnusableHistory
from matchcast.forecast.judge import Judged, judge
from matchcast.forecast.pre_match import Rated, rate
from matchcast.forecast.rate_fit import Sample, fit_goal_rates
from matchcast.forecast.rating_fit import club_ratings, fit_scale
from matchcast.forecast.ratings import Pool, Ratings, Scale
from matchcast.forecast.snapshots import MINUTES, snapshots

FIRST_DAY = np.datetime64("1990-01-01")
"""Football before this is used for ratings alone."""

JUDGED_YEARS = 3
"""The last years of internationals, on which a model without them is judged for the card."""

RATED_FOR_YEARS = 12
"""National teams that have not played for so long are left out of the ratings."""

FEWEST_MATCHES = 200
FEWEST_OF_COMPETITION = 100
_FEWEST_OF_SCALE = 50
_YEAR = np.timedelta64(365, "D")

ANY_SCALE = Scale(0.22, 0.14, -0.14, 1.0)
"""Goals between teams of which no matches are known."""

AS_GIVEN = Scale(0.0, 0.0, 0.0, 1.0)
"""Projected goals taken at their word."""


def train(archive: Archive, note: Callable[[str], None] = lambda _: None) -> Artefact:
    """Train a model on everything in an archive.

    The figures on its card are those of models that were trained in the same way on a part: for
    internationals without the last three years, for detailed matches without one competition after
    the other. `note` is told of each step.

    Raises:
        UnusableHistory: There are too few matches to learn from.
    """
    note("rating teams, walking through all results")
    sets = [rated.only(rated.matches.days >= FIRST_DAY) for rated in rate(archive)]
    if sum(len(rated.matches) for rated in sets) < FEWEST_MATCHES:
        raise UnusableHistory(
            f"fewer than {FEWEST_MATCHES} matches to learn from", hint="train on a folder with more matches"
        )
    metrics = _held_out(sets, note)
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
            metrics=metrics,
            notes=LIMITS,
        ),
    )


def learn(sets: Sequence[Rated]) -> Judged:
    """Fit scales, goal rates and baselines."""
    national, club, projections = ANY_SCALE, ANY_SCALE, AS_GIVEN
    sets = [rated for rated in sets if len(rated.matches)]
    for rated in sets:
        goals = rated.matches.result()
        clubs = ~rated.national
        if rated.national.sum() >= _FEWEST_OF_SCALE and rated.matches.name == "international":
            national = fit_scale(rated.differences, rated.neutral, goals)
        if clubs.sum() >= _FEWEST_OF_SCALE:
            club = fit_scale(rated.differences[clubs], rated.neutral[clubs], goals[clubs])
        given = rated.matches.is_projected
        if given.sum() >= _FEWEST_OF_SCALE:
            projected = np.log(rated.matches.projected[given])
            projections = fit_scale(projected, rated.neutral[given], goals[given])
    samples = [
        Sample(rated.matches, rated.expected_goals(national, club, projections), rated.national)
        for rated in sets
    ]
    baselines = {rated.matches.name: fit_baselines(snapshots(rated.matches)) for rated in sets}
    return Judged(fit_goal_rates(samples), national, club, projections, baselines)


def _held_out(sets: Sequence[Rated], note: Callable[[str], None]) -> dict[str, Any]:
    """Judgements on matches that were held back, by set."""
    found = {}
    for rated in sets:
        internationals = rated.matches.name == "international"
        folds = _last_years(rated) if internationals else _competitions(rated)
        if folds:
            judged = np.any(list(folds.values()), axis=0)
            forecast: dict[str, Floats] = {}
            for name, fold in folds.items():
                note(f"judging a model that has not seen {name}")
                others = [other for other in sets if other is not rated]
                if internationals:
                    first_day = rated.matches.days[fold].min()
                    others = [other.only(other.matches.days < first_day) for other in others]
                learned = learn([*others, rated.only(~fold)])
                of_fold = np.repeat(fold[judged], len(MINUTES))
                for model, values in learned.forecasts(rated.only(fold)).items():
                    forecast.setdefault(model, np.zeros((len(of_fold), 3)))[of_fold] = values
            found[rated.matches.name] = {
                "held_back": " / ".join(folds),
                **msgspec.to_builtins(judge(forecast, rated.matches.only(judged), known=0)),
            }
    return found


def _last_years(rated: Rated) -> dict[str, Flags]:
    """The last years as the one fold, where enough is left to learn from."""
    first_day = rated.matches.days.max() - JUDGED_YEARS * _YEAR
    fold = rated.matches.days >= first_day
    enough = min(fold.sum(), (~fold).sum()) >= FEWEST_MATCHES
    return {f"internationals since {first_day}": fold} if enough else {}


def _competitions(rated: Rated) -> dict[str, Flags]:
    """One fold for each competition that is large enough, where there are several."""
    names = np.array(rated.matches.competition)
    folds = {str(name): names == name for name in np.unique(names)}
    large = {name: fold for name, fold in folds.items() if fold.sum() >= FEWEST_OF_COMPETITION}
    return large if len(large) > 1 else {}


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
