"""What moved a forecast: time, goals, red cards, the whistle; their points add up to the whole change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from matchcast.forecast.forecast import Forecaster, Outcome
from matchcast.forecast.situation import Situation

Cause = Literal["time", "goal", "goal_taken_back", "red_card", "whistle", "other"]


class Reason(Struct, frozen=True):
    """One cause, and by how many percentage points it moved home, draw and away."""

    what: Cause
    points_home: float
    points_draw: float
    points_away: float
    text: str


def explain(previous: Situation, current: Situation, forecaster: Forecaster) -> list[Reason]:
    """Split the change of a forecast over what happened in between.

    The causes are taken one after the other: first the clock moves on with the old score and men,
    then each goal, each red card, and at the end the whistle. The points of all reasons sum to the
    change of the forecast, times 100. Empty when nothing happened.
    """
    steps = list(_steps(previous, current))
    outcomes = forecaster.outcomes([previous, *(situation for _, _, situation in steps)])
    return [
        _reason(what, text, before, after)
        for (what, text, _), before, after in zip(steps, outcomes, outcomes[1:], strict=False)
    ]


def _steps(previous: Situation, current: Situation) -> Iterator[tuple[Cause, str, Situation]]:
    """Situations on the way from one to the other, each with what led to it."""
    at = previous
    whistle = current.finished and not previous.finished
    clock = (current.period, current.minute, current.second)
    if clock != (previous.period, previous.minute, previous.second):
        at = _changed(at, period=clock[0], minute=clock[1], second=clock[2])
        yield "time", _time_text(previous, current), at
    for side, team in (("home", current.home_team), ("away", current.away_team)):
        field = f"{side}_goals"
        for goals, what in _one_by_one(getattr(at, field), getattr(current, field)):
            at = _changed(at, **{field: goals})
            score = f"{at.home_goals}-{at.away_goals}"
            if what > 0:
                yield "goal", f"Goal for {team}: {score}", at
            else:
                yield "goal_taken_back", f"A goal of {team} no longer counts: {score}", at
    for side, team in (("home", current.home_team), ("away", current.away_team)):
        field = f"{side}_men"
        for men, what in _one_by_one(getattr(at, field), getattr(current, field)):
            at = _changed(at, **{field: men})
            if what < 0:
                yield "red_card", f"{team} down to {men} men", at
            else:
                yield "other", f"{team} back to {men} men", at
    if whistle:
        at = _changed(at, finished=True)
        yield "whistle", "The match is over", at
    if at != current:
        yield "other", "Something else is known of the match", current


def _one_by_one(before: int, after: int) -> Iterator[tuple[int, int]]:
    """The numbers from one to the other, each with its direction."""
    way = 1 if after > before else -1
    for number in range(before + way, after + way, way) if after != before else ():
        yield number, way


def _changed(situation: Situation, **fields: int | bool) -> Situation:
    return msgspec.structs.replace(situation, **fields)


def _time_text(previous: Situation, current: Situation) -> str:
    if current.period == 5 and previous.period != 5:
        return "Level after extra time: the shoot-out decides"
    if current.period in (3, 4) and previous.period < 3:
        return "Extra time: the forecast is now for the result after 120 minutes"
    if current.period == 1 and previous.period == 0:
        return "Kick-off" if current.minute == 0 else f"{_minutes(current.minute)} played"
    if current.period != previous.period:
        return "The next half has begun"
    passed = current.minute - previous.minute
    if passed < 0:
        return "The clock was set back"
    return "Less than a minute passed" if passed == 0 else f"{_minutes(passed)} passed"


def _minutes(count: int) -> str:
    return "1 minute" if count == 1 else f"{count} minutes"


def _reason(what: Cause, text: str, before: Outcome, after: Outcome) -> Reason:
    home, draw, away = (100.0 * (new - old) for new, old in zip(after, before, strict=True))
    return Reason(what, home, draw, away, text)
