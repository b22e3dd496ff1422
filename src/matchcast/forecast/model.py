"""The champion's kind of forecaster: goal rates and the dynamic programme over them, tabled by fixture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from matchcast.events.record import Strengths
from matchcast.forecast.artefact import Artefact
from matchcast.forecast.course import EXTRA_TIME, NORMAL_TIME
from matchcast.forecast.fixture_tables import NOTHING_TO_COME, Fixture, GoalTable, Remaining, ResultTable
from matchcast.forecast.forecast import FinalScore, Forecast, NextGoal, Outcome, PerTeam
from matchcast.forecast.goal_rates import MOST_MEN, Floats
from matchcast.forecast.ratings import Meeting
from matchcast.forecast.recent import Recent
from matchcast.forecast.shoot_out import win_chance
from matchcast.forecast.situation import Situation
from matchcast.forecast.standing import ended, is_running, position_of
from matchcast.forecast.win_probability import result_table

FIXTURES, GOAL_TABLES = 1024, 192
"""Tables kept at once, those used last: 40 kB for how a fixture ends, about 400 kB for its goals."""

TABLED_AT_ONCE = 64
LIKELIEST = 5
EVEN = 0.5

_NOT_RATED = "{} is not rated: it is taken for an average team."


class _Key(NamedTuple):
    """All that a fixture's tables depend on."""

    home: str
    away: str
    neutral: bool
    strengths: Strengths | None
    men: int
    extra_time: bool


class GoalRateForecaster:
    """Answers from an artefact's goal rates and ratings."""

    def __init__(self, artefact: Artefact) -> None:
        self.artefact = artefact
        self.version = artefact.version
        self._fixtures: Recent[_Key, Fixture] = Recent(FIXTURES)
        self._goals: Recent[_Key, GoalTable] = Recent(GOAL_TABLES)

    def outcome(self, situation: Situation) -> Outcome:
        """Win, draw and loss at 90 minutes, or at 120 once extra time has begun."""
        if situation.finished or situation.period == 5:
            return ended(situation)
        fixture = self._fixture(_key(situation))
        return fixture.results.outcome(position_of(situation), situation.home_goals - situation.away_goals)

    def outcomes(self, situations: Sequence[Situation]) -> list[Outcome]:
        """The same of many situations, in their order; new fixtures are tabled together."""
        fixtures = self._fixtures_of({_key(situation) for situation in situations if is_running(situation)})
        return [
            fixtures[_key(situation)].results.outcome(
                position_of(situation), situation.home_goals - situation.away_goals
            )
            if is_running(situation)
            else ended(situation)
            for situation in situations
        ]

    def forecast(self, situation: Situation) -> Forecast:
        """Everything that there is to say, see `Forecast`."""
        home, away = situation.home_goals, situation.away_goals
        key = _key(situation)
        fixture = self._fixture(key)
        if is_running(situation):
            position = position_of(situation)
            outcome = fixture.results.outcome(position, home - away)
            goals = self._goals.get(key)
            if goals is None:
                goals = self._goals.put(key, GoalTable(fixture.in_bins, fixture.course))
            remaining = goals.remaining(position, home - away)
        else:
            outcome, remaining = ended(situation), NOTHING_TO_COME
        meeting = fixture.meeting
        under = sum(remaining.totals[: max(0, 3 - home - away)])
        no_goal = 1.0 - remaining.next_home - remaining.next_away
        return Forecast(
            home=outcome.home,
            draw=outcome.draw,
            away=outcome.away,
            expected_goals=PerTeam(remaining.home, remaining.away),
            scores=[
                FinalScore(home + of_home, away + of_away, probability)
                for probability, of_home, of_away in remaining.scores[:LIKELIEST]
            ],
            next_goal=NextGoal(remaining.next_home, remaining.next_away, no_goal),
            over_2_5=1.0 - under,
            under_2_5=under,
            both_teams_to_score=_both_score(remaining, home, away),
            advance=self._advance(situation, outcome),
            strengths=PerTeam(meeting.home, meeting.away),
            known_teams=meeting.home_known and meeting.away_known,
            notes=_notes(situation, meeting),
            model_version=self.version,
        )

    def _advance(self, situation: Situation, outcome: Outcome) -> PerTeam | None:
        """Who goes through, where the match decides it (not over two legs)."""
        if not situation.knockout:
            return None
        if situation.finished:
            home = _went_through(situation)
            if home is None:
                return None
        elif situation.period == 5:
            home = win_chance(*(situation.shoot_out or (0, 0)), *(situation.shoot_out_kicks or (None, None)))
        elif situation.period >= 3:
            home = outcome.home + outcome.draw * EVEN
        else:
            extra_time = self._fixture(_key(situation)._replace(extra_time=True))
            after = extra_time.results.outcome(0.0, 0)
            home = outcome.home + outcome.draw * (after.home + after.draw * EVEN)
        return PerTeam(home, 1.0 - home)

    def _fixture(self, key: _Key) -> Fixture:
        fixture = self._fixtures.get(key)
        if fixture is None:
            fixture = self._fixtures.put(key, self._make([key])[0])
        return fixture

    def _fixtures_of(self, keys: set[_Key]) -> dict[_Key, Fixture]:
        """Tables of many fixtures, held beyond what is kept for later calls."""
        found = {key: fixture for key in keys if (fixture := self._fixtures.get(key)) is not None}
        missing = [key for key in keys if key not in found]
        for start in range(0, len(missing), TABLED_AT_ONCE):
            some = missing[start : start + TABLED_AT_ONCE]
            for key, fixture in zip(some, self._make(some), strict=True):
                found[key] = self._fixtures.put(key, fixture)
        return found

    def _make(self, keys: Sequence[_Key]) -> list[Fixture]:
        """Table fixtures; those on the same course in one go."""
        meetings = {key: self._meeting(key) for key in keys}
        fixtures = {}
        for extra_time, course in ((False, NORMAL_TIME), (True, EXTRA_TIME)):
            chosen = [key for key in keys if key.extra_time is extra_time]
            if chosen:
                in_bins = self._in_bins(chosen, [meetings[key] for key in chosen], extra_time)
                for key, goals, results in zip(chosen, in_bins, result_table(in_bins, course), strict=True):
                    fixtures[key] = Fixture(meetings[key], ResultTable(results), goals, course)
        return [fixtures[key] for key in keys]

    def _in_bins(self, keys: Sequence[_Key], meetings: Sequence[Meeting], extra_time: bool) -> Floats:
        """Goal rates of fixtures, as `GoalRates` gives them."""
        rates = self.artefact.goal_rates
        strengths = np.array([(meeting.home, meeting.away) for meeting in meetings])
        men = np.array([key.men for key in keys])
        if extra_time:
            return rates.in_extra_time(strengths, men)
        return rates.in_bins(strengths, men, np.array([meeting.national for meeting in meetings]))

    def _meeting(self, key: _Key) -> Meeting:
        """Pre-match expected goals: those that are given, else those of the ratings."""
        ratings = self.artefact.ratings
        return ratings.meeting(key.home, key.away, neutral=key.neutral, strengths=key.strengths)


def _key(situation: Situation) -> _Key:
    men = situation.home_men - situation.away_men
    return _Key(
        situation.home_team,
        situation.away_team,
        situation.neutral,
        situation.strengths,
        min(max(men, -MOST_MEN), MOST_MEN),
        situation.period >= 3,
    )


def _went_through(situation: Situation) -> float | None:
    """1 when the home team won a finished knock-out, 0 when the away team did; None: level, no shoot-out."""
    scored = [(situation.home_goals, situation.away_goals), situation.shoot_out or (0, 0)]
    return next((float(home > away) for home, away in scored if home != away), None)


def _both_score(remaining: Remaining, home: int, away: int) -> float:
    """Probability that each team will have a goal at the end."""
    no_home = 0.0 if home else remaining.no_home
    no_away = 0.0 if away else remaining.no_away
    neither = 0.0 if home or away else remaining.totals[0]
    return 1.0 - no_home - no_away + neither


def _notes(situation: Situation, meeting: Meeting) -> list[str]:
    """What a reader should know of this answer."""
    notes = []
    if not meeting.home_known:
        notes.append(_NOT_RATED.format(situation.home_team))
    if not meeting.away_known:
        notes.append(_NOT_RATED.format(situation.away_team))
    if situation.abandoned:
        notes.append("The match was abandoned: the forecast is what it was at that moment.")
    return notes
