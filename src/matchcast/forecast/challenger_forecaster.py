"""The usual models as forecasters: how any match ends that they are asked about, so that they can be checked.

A challenger knows the minutes of `snapshots` alone. Between two of them its answer moves in a straight
line, after the last towards the certainty of the whistle; extra time is taken for the last half-hour of
a match. Of goals to come it says nothing, so it cannot serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from matchcast.events.record import Strengths
from matchcast.forecast.archive import Floats, Ints
from matchcast.forecast.challengers import CHALLENGERS, Challenger, Scenes, fit, scenes
from matchcast.forecast.contract import breaches
from matchcast.forecast.course import EXTRA_TIME, NORMAL_TIME
from matchcast.forecast.forecast import Outcome
from matchcast.forecast.learning import learn_scales
from matchcast.forecast.pre_match import Rated
from matchcast.forecast.ratings import Ratings
from matchcast.forecast.situation import Situation
from matchcast.forecast.snapshots import MINUTES, Snapshots
from matchcast.forecast.standing import ended, is_running, position_of

_STANDS = np.append(
    [NORMAL_TIME.position(int(minute >= 45), float(minute)) for minute in MINUTES], NORMAL_TIME.steps
)
"""Where the snapshots stand on the course, and the whistle."""

_LAST_HALF_HOUR = NORMAL_TIME.position(1, 60.0)


class _Fixture(NamedTuple):
    home: str
    away: str
    neutral: bool
    strengths: Strengths | None


class ChallengerForecaster:
    """A challenger that was fitted to goals expected of the teams; `ratings` say what they are."""

    def __init__(self, name: str, challenger: Challenger, ratings: Ratings) -> None:
        self.version = name
        self._challenger = challenger
        self._ratings = ratings

    def outcome(self, situation: Situation) -> Outcome:
        """Win, draw and loss."""
        return self.outcomes([situation])[0]

    def outcomes(self, situations: Sequence[Situation]) -> list[Outcome]:
        """The same of many situations, in their order."""
        running = [situation for situation in situations if is_running(situation)]
        answers = iter(self._of_running(running) if running else ())
        return [next(answers) if is_running(situation) else ended(situation) for situation in situations]

    def _of_running(self, situations: Sequence[Situation]) -> list[Outcome]:
        position = np.array([_position(situation) for situation in situations])
        before = np.searchsorted(_STANDS[1:-1], position, side="right")
        later = (position - _STANDS[before]) / (_STANDS[before + 1] - _STANDS[before])
        after = np.minimum(before + 1, len(MINUTES) - 1)
        asked = self._challenger(self._scenes([*situations, *situations], np.concatenate((before, after))))
        here, there = np.split(asked / asked.sum(axis=1, keepdims=True), 2)
        whistle = before + 1 == len(MINUTES)
        there = np.where(whistle[:, None], [ended(situation) for situation in situations], there)
        between = here + later[:, None] * (there - here)
        return [Outcome(*row) for row in between.tolist()]

    def _scenes(self, situations: Sequence[Situation], snapshot: Ints) -> Scenes:
        """What the challenger sees of situations, each at the minute of a snapshot."""
        fixtures = [_Fixture(one.home_team, one.away_team, one.neutral, one.strengths) for one in situations]
        known = {fixture: self._expected_goals(fixture) for fixture in set(fixtures)}
        goals = np.log([known[fixture] for fixture in fixtures])
        count = len(situations)
        taken = Snapshots(
            match=np.arange(count),
            minute=MINUTES[snapshot],
            lead=np.array([one.home_goals - one.away_goals for one in situations]),
            men=np.array([one.home_men - one.away_men for one in situations]),
            outcome=np.zeros(count, dtype=np.int64),
        )
        unknown = np.zeros((count, 2), dtype=np.int64)
        return Scenes(taken, goals[:, 0] - goals[:, 1], np.logaddexp(goals[:, 0], goals[:, 1]), unknown)

    def _expected_goals(self, fixture: _Fixture) -> tuple[float, float]:
        home, away, neutral, strengths = fixture
        meeting = self._ratings.meeting(home, away, neutral=neutral, strengths=strengths)
        return meeting.home, meeting.away


def fit_forecaster(name: str, rated: Rated, ratings: Ratings) -> ChallengerForecaster:
    """Fit a challenger of `CHALLENGERS` to matches by the goals that were expected of the teams."""
    goals: Floats = np.log(rated.expected_goals(*learn_scales([rated])))
    seen = scenes(rated.matches, goals[:, 0] - goals[:, 1], np.logaddexp(goals[:, 0], goals[:, 1]))
    return ChallengerForecaster(name, fit(name, seen), ratings)


def broken_properties(rated: Rated, ratings: Ratings) -> dict[str, list[str]]:
    """What each challenger, fitted to some matches, breaks of the contract: names of `contract.PROPERTIES`."""
    return {name: list(breaches(fit_forecaster(name, rated, ratings))) for name in CHALLENGERS}


def _position(situation: Situation) -> float:
    """Where a running match stands on the course of normal time."""
    position = position_of(situation)
    if situation.period < 3:
        return position
    return _LAST_HALF_HOUR + position / EXTRA_TIME.steps * (NORMAL_TIME.steps - _LAST_HALF_HOUR)
