"""Strength before the match, for whole sets of matches at once; none is rated with its own future.

International matches are rated by a walk through all results. Detailed ones take what was projected
for them; those without are rated like internationals when both teams are national teams, and else by
a walk through the detailed matches themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from matchcast.forecast.archive import Archive, Flags, Floats, Matches, Results
from matchcast.forecast.artefact import Artefact
from matchcast.forecast.ratings import Rating, Scale
from matchcast.forecast.team_names import TeamNames
from matchcast.forecast.walk import CLUB, NATIONAL, Pace, Walk


@dataclass(frozen=True)
class Start:
    """Ratings that were known on a day; a history that begins later starts from them."""

    day: np.datetime64
    national: Mapping[str, Rating]
    club: Mapping[str, Rating]


def start_of(model: Artefact) -> Start:
    """The ratings that a model carries, known on the day until which it learned."""
    ratings = model.ratings
    return Start(np.datetime64(model.card.trained_until), ratings.national.teams, ratings.club.teams)


@dataclass(frozen=True)
class Rated:
    """Matches, and what was known of the teams before each, (N, 2) and (N,).

    `differences` are the log of home attack over away defence and of away attack over home defence;
    `national` tells matches of national teams; `walk` is where the ratings of national teams
    (internationals) or of clubs (detailed matches) stand after all results.
    """

    matches: Matches
    differences: Floats
    neutral: Flags
    national: Flags
    walk: Walk

    def only(self, chosen: Flags) -> Rated:
        """The chosen matches alone."""
        return Rated(
            self.matches.only(chosen),
            self.differences[chosen],
            self.neutral[chosen],
            self.national[chosen],
            self.walk,
        )

    def expected_goals(self, national: Scale, club: Scale, projections: Scale) -> Floats:
        """Goals expected of each team, (N, 2): from what was projected where it was, else from ratings."""
        goals = np.where(
            self.national[:, None],
            national.goals(self.differences, self.neutral),
            club.goals(self.differences, self.neutral),
        )
        given = self.matches.is_projected
        goals[given] = projections.goals(np.log(self.matches.projected[given]), self.neutral[given])
        return goals


def rate(archive: Archive, start: Start | None = None) -> Iterator[Rated]:
    """Rate each set of matches that an archive has."""
    if archive.international is not None:
        yield _of_internationals(archive.international, archive.results, start)
    if archive.detailed is not None:
        yield _of_detailed(archive.detailed, archive.results, start)


def _of_internationals(matches: Matches, results: Results | None, start: Start | None) -> Rated:
    """By the walk through all results, or through the matches themselves where there are none."""
    played = results_of(matches) if results is None else results
    walk = _walk(NATIONAL, played, start, start.national if start else {})
    differences = walk.before_each(played, matches.days, matches.home, matches.away)
    return Rated(matches, differences, matches.neutral, np.ones(len(matches), dtype=bool), walk)


def _of_detailed(matches: Matches, results: Results | None, start: Start | None) -> Rated:
    """National teams by all results, clubs by each other's."""
    if results is not None:
        nations = TeamNames(sorted({*results.home, *results.away}))
    else:
        nations = TeamNames(start.national if start else ())
    home, away = ([nations.find(team) for team in teams] for teams in (matches.home, matches.away))
    national = np.array([None not in pair for pair in zip(home, away, strict=True)])
    differences, neutral = np.zeros((len(matches), 2)), np.zeros(len(matches), dtype=bool)
    clubs = matches.only(~national)
    played = results_of(clubs)
    walk = _walk(CLUB, played, start, start.club if start else {})
    differences[~national] = walk.before_each(played, clubs.days, clubs.home, clubs.away)
    if national.any():
        meetings = _renamed(matches.only(national), nations)
        known = results_of(meetings) if results is None else results
        of_nations = _walk(NATIONAL, known, start, start.national if start else {})
        differences[national] = of_nations.before_each(known, meetings.days, meetings.home, meetings.away)
        neutral[national] = _on_neutral_ground(meetings, known)
    return Rated(matches, differences, neutral, national, walk)


def results_of(matches: Matches) -> Results:
    """The results of matches, in the order of their days."""
    order = np.argsort(matches.days, kind="stable").tolist()
    return Results(
        matches.days[order],
        [matches.home[row] for row in order],
        [matches.away[row] for row in order],
        matches.result()[order],
        matches.neutral[order],
        [matches.competition[row] for row in order],
    )


def _walk(pace: Pace, results: Results, start: Start | None, ratings: Mapping[str, Rating]) -> Walk:
    """A walk from known ratings where history begins after them, else from nothing."""
    later = start is not None and len(results) > 0 and bool(results.days[0] >= start.day)
    return Walk(pace, ratings if later else None)


def _renamed(matches: Matches, nations: TeamNames) -> Matches:
    """The same matches with the teams named as the results name them."""
    home, away = ([nations.find(team) or team for team in teams] for teams in (matches.home, matches.away))
    return replace(matches, home=home, away=away)


def _on_neutral_ground(matches: Matches, results: Results) -> Flags:
    """Whether neither team was the host, as the results say; a match that they lack was on neutral ground.

    Kick-off late in the evening may be a day apart in two sources.
    """
    hosted = {
        (day, home, away)
        for day, home, away, neutral in zip(
            results.days.astype(np.int64).tolist(), results.home, results.away, results.neutral, strict=True
        )
        if not neutral
    }
    days = matches.days.astype(np.int64).tolist()
    return np.array(
        [
            not any((day + shift, home, away) in hosted for shift in (0, -1, 1))
            for day, home, away in zip(days, matches.home, matches.away, strict=True)
        ]
    )
