"""What the model answers to what was asked, before it is written as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict, replace

from matchcast.api.messages import (
    BatchForecast,
    BatchResponse,
    EventForecast,
    EventsRequest,
    EventsResponse,
    Fixture,
    MatchMoment,
    Moment,
    Part,
    PredictRequest,
    PredictResponse,
)
from matchcast.api.problems import Fault, Problem
from matchcast.api.turns import Turns
from matchcast.api.unfolding import Unfolding
from matchcast.events.record import MatchInfo
from matchcast.forecast.explain import explain
from matchcast.forecast.forecast import Forecast, Forecaster
from matchcast.forecast.situation import Situation, clock_of
from matchcast.match.rules import TEAM_SIZE

SLICE = 100
"""States that are asked of the model at once; fixtures that are new to it are tabled together."""

MAX_INCIDENTS = 500
"""Most goals, cards, substitutions and the like of a match; a wild one with a shoot-out has 80."""

SAME_NAME = "Both teams have the same name."


def situation(match: Fixture, moment: Moment) -> Situation:
    """Return what the model is to know of a match at a moment."""
    men, shoot_out, kicks = moment.men, moment.shoot_out, moment.shoot_out_kicks
    period, minute, second = clock_of(moment.status, moment.period, moment.minute, moment.second)
    return Situation(
        match.home_team,
        match.away_team,
        match.competition,
        match.neutral,
        match.knockout,
        match.strengths,
        period,
        minute,
        second,
        moment.score.home,
        moment.score.away,
        TEAM_SIZE if men is None else men.home,
        TEAM_SIZE if men is None else men.away,
        moment.status == "finished",
        moment.status == "abandoned",
        None if shoot_out is None else (shoot_out.home, shoot_out.away),
        None if kicks is None else (kicks.home, kicks.away),
    )


def predict(forecaster: Forecaster, asked: PredictRequest) -> Forecast:
    """Return the forecast of a match, and what moved it when an earlier moment was given."""
    current = situation(asked.match, asked)
    forecast = forecaster.forecast(current)
    if asked.match.home_team == asked.match.away_team:
        forecast = replace(forecast, notes=[*forecast.notes, SAME_NAME])
    if asked.previous is None:
        return forecast
    why = explain(situation(asked.match, asked.previous), current, forecaster)
    return PredictResponse(**asdict(forecast), why=why)


async def predict_batch(
    forecaster: Forecaster, states: Sequence[MatchMoment], include: Sequence[Part]
) -> BatchResponse:
    """Return win, draw and loss of many matches, and the parts of the forecast that were asked for."""
    forecasts: list[BatchForecast] = []
    turns = Turns()
    for start in range(0, len(states), SLICE):
        situations = [situation(state.match, state) for state in states[start : start + SLICE]]
        if include:
            for one in situations:
                forecasts.append(_parts(forecaster.forecast(one), include))
                await turns.rest()
        else:
            forecasts += [BatchForecast(*outcome) for outcome in forecaster.outcomes(situations)]
            await turns.rest()
    return BatchResponse(forecaster.version, forecasts)


def _parts(forecast: Forecast, include: Sequence[Part]) -> BatchForecast:
    parts = {part: getattr(forecast, part) for part in include}
    return BatchForecast(forecast.home, forecast.draw, forecast.away, **parts)


async def predict_events(forecaster: Forecaster, asked: EventsRequest) -> EventsResponse:
    """Return the forecast after each event of a match, and what moved it since the event before.

    Raises:
        Problem: 422, no match has so many goals, cards and substitutions.
    """
    match = Unfolding(_match_info(asked.match))
    forecasts: list[EventForecast] = []
    turns = Turns()
    for place, event in enumerate(asked.events):
        previous, current = match.situation, match.apply(event)
        if match.incidents > MAX_INCIDENTS:
            fault = Fault(
                f"/events/{place}", f"No match has more than {MAX_INCIDENTS} goals, cards and the like."
            )
            raise Problem(422, "These cannot be the events of one match.", errors=[fault])
        outcome = forecaster.outcome(current)
        why = explain(previous, current, forecaster)
        forecasts.append(EventForecast(event.id, match.clock, *outcome, why))
        await turns.rest()
    return EventsResponse(forecaster.version, forecasts)


def _match_info(match: Fixture) -> MatchInfo:
    away = match.away_team if match.away_team != match.home_team else f"{match.away_team} (2)"
    return MatchInfo(
        id="",
        home_team=match.home_team,
        away_team=away,
        competition=match.competition,
        neutral=match.neutral,
        knockout=match.knockout,
        strengths=match.strengths,
    )
