"""Where a match stands: whether it runs, at which step of its course, and how it ended."""

from __future__ import annotations

from matchcast.forecast.course import EXTRA_TIME, NORMAL_TIME
from matchcast.forecast.forecast import Outcome
from matchcast.forecast.situation import Situation

HOME_WINS, DRAWN, AWAY_WINS = Outcome(1.0, 0.0, 0.0), Outcome(0.0, 1.0, 0.0), Outcome(0.0, 0.0, 1.0)


def is_running(situation: Situation) -> bool:
    """Whether goals may still be scored."""
    return not situation.finished and situation.period != 5


def position_of(situation: Situation) -> float:
    """Where a running match stands in steps: on the course of normal time, or on that of extra time."""
    period = situation.period
    if period == 0:
        return 0.0
    minute = situation.minute + situation.second / 60.0
    if period <= 2:
        return NORMAL_TIME.position(period - 1, minute)
    return EXTRA_TIME.position(period - 3, minute)


def ended(situation: Situation) -> Outcome:
    """The result of a match in which no goal can be scored any more: certain."""
    if situation.home_goals > situation.away_goals:
        return HOME_WINS
    return DRAWN if situation.home_goals == situation.away_goals else AWAY_WINS
