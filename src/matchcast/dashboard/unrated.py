"""Saying of a simulated match that a team of it is not rated, as the model says of other matches.

The strengths of a simulated match come with it, so that the model asks no rating and cannot tell.
"""

from __future__ import annotations

from typing import TypeVar

from msgspec.structs import replace

from matchcast.forecast.forecast import Forecast
from matchcast.match.view import MatchView
from matchcast.simulate.clubs import CLUBS, club_of

ORIGIN = "simulated"

AnyForecast = TypeVar("AnyForecast", bound=Forecast)


def note_unrated(match: MatchView, forecast: AnyForecast) -> AnyForecast:
    """Return the forecast, with a note for each team of a simulated match that the simulator does not rate."""
    if match.origin != ORIGIN or match.strengths is None:
        return forecast
    unrated = [name for name in (match.home_team, match.away_team) if club_of(name) not in CLUBS]
    if not unrated:
        return forecast
    told = [f"{name} is not rated: it is taken for an average team." for name in unrated]
    return replace(forecast, known_teams=False, notes=[*forecast.notes, *told])
