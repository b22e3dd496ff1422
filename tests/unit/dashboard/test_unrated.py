"""A reader is told of a team that nobody rated, in simulated matches too."""

from __future__ import annotations

import pytest

from matchcast.dashboard.unrated import note_unrated
from matchcast.events.record import Strengths
from matchcast.forecast.forecast import Forecast, NextGoal, PerTeam
from matchcast.match.view import MatchView


def view(home: str, away: str, origin: str = "simulated", *, given: bool = True) -> MatchView:
    strengths = Strengths(1.5, 1.1) if given else None
    return MatchView("m", home, away, None, False, False, None, strengths, origin, None, None)


FORECAST = Forecast(
    home=0.5,
    draw=0.3,
    away=0.2,
    expected_goals=PerTeam(1.5, 1.1),
    scores=[],
    next_goal=NextGoal(0.5, 0.4, 0.1),
    over_2_5=0.5,
    under_2_5=0.5,
    both_teams_to_score=0.5,
    advance=None,
    strengths=PerTeam(1.5, 1.1),
    known_teams=True,
    notes=["The match was abandoned."],
    model_version="any",
)


def test_a_team_that_the_simulator_does_not_rate_is_named() -> None:
    told = note_unrated(view("Nowhere Rovers", "Arsenal"), FORECAST)
    assert told.notes == [
        "The match was abandoned.",
        "Nowhere Rovers is not rated: it is taken for an average team.",
    ]
    assert told.known_teams is False


@pytest.mark.parametrize(
    "match",
    [
        view("Liverpool", "Arsenal"),
        view("Nowhere Rovers", "Arsenal", "replay"),
        view("Nowhere Rovers", "Arsenal", given=False),
    ],
)
def test_what_is_rated_or_was_told_by_the_model_is_left_alone(match: MatchView) -> None:
    assert note_unrated(match, FORECAST) is FORECAST
