"""Names and ratings of teams."""

from __future__ import annotations

import numpy as np
import pytest

from matchcast.forecast.ratings import MOST_GOALS, Pool, Rating, Ratings, Scale
from matchcast.forecast.team_names import TeamNames

SCALE = Scale(0.25, 0.15, -0.2, 1.0)
CLUBS = Pool(SCALE, {"Manchester United": Rating(0.3, 0.3), "West Ham United": Rating(-0.1, -0.2)})
NATIONS = Pool(SCALE, {"South Korea": Rating(0.2, 0.1), "Brazil": Rating(0.9, 0.8)})
KNOWN = TeamNames(
    [
        "Manchester United",
        "Manchester City",
        "Tottenham Hotspur",
        "Newcastle United",
        "West Ham United",
        "AFC Bournemouth",
        "Brighton & Hove Albion",
        "Atlético Madrid",
        "Internazionale",
        "South Korea",
        "Ivory Coast",
    ]
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Manchester United", "Manchester United"),
        ("manchester united fc", "Manchester United"),
        ("Man Utd", "Manchester United"),
        ("Man City", "Manchester City"),
        ("Tottenham", "Tottenham Hotspur"),
        ("Spurs", "Tottenham Hotspur"),
        ("Newcastle", "Newcastle United"),
        ("West Ham", "West Ham United"),
        ("Bournemouth", "AFC Bournemouth"),
        ("Brighton and Hove Albion", "Brighton & Hove Albion"),
        ("Brighton", "Brighton & Hove Albion"),
        ("Atletico Madrid", "Atlético Madrid"),
        ("Inter", "Internazionale"),
        ("Korea Republic", "South Korea"),
        ("Côte d'Ivoire", "Ivory Coast"),
    ],
)
def test_a_team_is_found_by_the_names_people_use(written: str, meant: str) -> None:
    assert KNOWN.find(written) == meant


@pytest.mark.parametrize(
    "written", ["Manchester", "United", "Real Madrid", "", "FC", "!!!", "Newcastle Jets"]
)
def test_what_could_mean_two_teams_or_none_is_not_guessed(written: str) -> None:
    assert KNOWN.find(written) is None


def test_two_teams_meet_in_the_pool_that_knows_them() -> None:
    ratings = Ratings(national=NATIONS, club=CLUBS)
    nations = ratings.meeting("Brazil", "Korea Republic", neutral=True)
    assert (nations.home_known, nations.away_known) == (True, True)
    assert nations.home == pytest.approx(np.exp(0.25 + 0.9 - 0.1))
    clubs = ratings.meeting("Man Utd", "West Ham", neutral=False)
    assert clubs.home == pytest.approx(np.exp(0.25 + 0.15 + 0.3 + 0.2))
    assert clubs.away == pytest.approx(np.exp(0.25 - 0.2 - 0.1 - 0.3))


def test_an_unknown_team_has_the_average_rating_of_the_pool() -> None:
    meeting = Ratings(national=NATIONS, club=CLUBS).meeting("Man Utd", "Nowhere", neutral=True)
    assert (meeting.home_known, meeting.away_known) == (True, False)
    assert meeting.home == pytest.approx(np.exp(0.25 + 0.3 - 0.05))


def test_two_unknown_teams_are_even_but_for_the_ground() -> None:
    ratings = Ratings(national=NATIONS, club=CLUBS)
    neutral = ratings.meeting("A", "B", neutral=True)
    assert neutral.home == neutral.away
    at_home = ratings.meeting("A", "B", neutral=False)
    assert at_home.home > at_home.away


def test_expected_goals_stay_within_bounds() -> None:
    goals = SCALE.goals(np.array([[9.0, -9.0]]), np.array([True]))
    assert goals.max() == MOST_GOALS
    assert goals.min() > 0.0
