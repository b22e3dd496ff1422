"""The champion's answers in every phase of a match."""

from __future__ import annotations

import subprocess
import sys

import pytest
from msgspec.structs import replace

from matchcast.events.record import Strengths
from matchcast.forecast.model import FIXTURES, GoalRateForecaster
from matchcast.forecast.situation import Situation

START = Situation("Arsenal", "Chelsea")


def test_before_kick_off_the_goals_to_come_are_the_strengths(champion: GoalRateForecaster) -> None:
    forecast = champion.forecast(replace(START, strengths=Strengths(1.7, 0.9)))
    assert forecast.expected_goals.home == pytest.approx(1.7, rel=0.06)
    assert forecast.expected_goals.away == pytest.approx(0.9, rel=0.06)
    assert forecast.strengths.home == 1.7
    assert forecast.known_teams


@pytest.mark.parametrize(
    ("home", "away"),
    [
        ("Manchester United", "Liverpool"),
        ("Arsenal", "Chelsea"),
        ("Manchester City", "Tottenham"),
        ("Everton", "West Ham"),
        ("Brazil", "Argentina"),
    ],
)
def test_known_teams_get_sensible_strengths(champion: GoalRateForecaster, home: str, away: str) -> None:
    forecast = champion.forecast(Situation(home, away))
    assert forecast.known_teams
    assert forecast.notes == []
    assert 0.8 < forecast.strengths.home < 2.6
    assert 0.5 < forecast.strengths.away < 2.2


def test_the_stronger_side_is_the_favourite(champion: GoalRateForecaster) -> None:
    assert champion.outcome(Situation("Manchester City", "West Ham")).home > 0.65
    assert champion.outcome(Situation("San Marino", "England")).away > 0.95


def test_an_unknown_team_is_taken_for_an_average_one_and_the_answer_says_so(
    champion: GoalRateForecaster,
) -> None:
    forecast = champion.forecast(Situation("Newcastle United", "Nowhere Rovers"))
    assert not forecast.known_teams
    assert forecast.notes == ["Nowhere Rovers is not rated: it is taken for an average team."]
    assert forecast.home > forecast.away / 2


def test_playing_at_home_helps(champion: GoalRateForecaster) -> None:
    at_home = champion.outcome(Situation("Germany", "Netherlands"))
    neutral = champion.outcome(Situation("Germany", "Netherlands", neutral=True))
    assert at_home.home > neutral.home + 0.05


def test_half_time_follows_on_the_end_of_the_first_half(champion: GoalRateForecaster) -> None:
    late = champion.outcome(replace(START, period=1, minute=47))
    half_time = champion.outcome(replace(START, period=2, minute=45))
    assert late == pytest.approx(half_time, abs=0.01)


def test_in_stoppage_the_match_is_open_until_the_whistle(champion: GoalRateForecaster) -> None:
    ahead = replace(START, period=2, home_goals=1)
    chances = [champion.outcome(replace(ahead, minute=minute)).home for minute in range(89, 104)]
    assert chances == sorted(chances)
    assert chances[-1] < 1.0
    assert champion.outcome(replace(ahead, minute=94, finished=True)).home == 1.0


def test_a_finished_match_is_certain_in_every_answer(champion: GoalRateForecaster) -> None:
    forecast = champion.forecast(
        replace(START, period=2, minute=93, home_goals=2, away_goals=1, finished=True)
    )
    assert (forecast.home, forecast.draw, forecast.away) == (1.0, 0.0, 0.0)
    assert [(score.home, score.away, score.probability) for score in forecast.scores] == [(2, 1, 1.0)]
    assert forecast.over_2_5 == 1.0
    assert forecast.both_teams_to_score == 1.0
    assert forecast.next_goal.none == 1.0
    assert forecast.expected_goals.home == 0.0


def test_goals_already_scored_count_for_over_and_both(champion: GoalRateForecaster) -> None:
    forecast = champion.forecast(replace(START, period=2, minute=80, home_goals=3))
    assert forecast.over_2_5 == 1.0
    assert forecast.both_teams_to_score < 0.4
    assert forecast.scores[0].home == 3


def test_likely_scores_and_the_result_tell_the_same_story(champion: GoalRateForecaster) -> None:
    forecast = champion.forecast(replace(START, period=2, minute=85, home_goals=1))
    assert (forecast.scores[0].home, forecast.scores[0].away) == (1, 0)
    draws = sum(score.probability for score in forecast.scores if score.home == score.away)
    assert draws == pytest.approx(forecast.draw, abs=0.01)


def test_a_knock_out_goes_on_through_extra_time_to_the_shoot_out(champion: GoalRateForecaster) -> None:
    cup = Situation("Brazil", "Croatia", neutral=True, knockout=True)
    before = champion.forecast(cup)
    assert before.advance is not None
    assert before.home + 0.4 * before.draw < before.advance.home < before.home + before.draw
    level = champion.forecast(replace(cup, period=3, minute=90))
    assert level.advance is not None
    assert before.advance.home > level.advance.home > 0.5
    assert level.draw > 0.35
    assert level.expected_goals.home == pytest.approx(before.expected_goals.home / 3, rel=0.1)


def test_extra_time_has_no_jump_between_its_halves(champion: GoalRateForecaster) -> None:
    cup = Situation("Brazil", "Croatia", neutral=True, knockout=True)
    first = champion.outcome(replace(cup, period=3, minute=106))
    second = champion.outcome(replace(cup, period=4, minute=105))
    assert first == pytest.approx(second, abs=0.02)


def test_in_a_shoot_out_the_match_is_drawn_and_the_penalties_decide(champion: GoalRateForecaster) -> None:
    cup = Situation("Brazil", "Croatia", neutral=True, knockout=True, period=5, minute=120)
    forecast = champion.forecast(cup)
    assert forecast.draw == 1.0
    assert forecast.advance is not None
    assert forecast.advance.home == pytest.approx(0.5)
    ahead = champion.forecast(replace(cup, shoot_out=(3, 2), shoot_out_kicks=(3, 4)))
    assert ahead.advance is not None
    assert ahead.advance.home > 0.85
    over = champion.forecast(replace(cup, shoot_out=(4, 2), finished=True))
    assert over.advance is not None
    assert (over.advance.home, over.draw) == (1.0, 1.0)


def test_a_drawn_knock_out_without_shoot_out_names_nobody(champion: GoalRateForecaster) -> None:
    cup = Situation("Brazil", "Croatia", knockout=True, period=2, minute=94, finished=True)
    assert champion.forecast(cup).advance is None
    assert champion.forecast(replace(START, period=2)).advance is None


def test_an_abandoned_match_keeps_its_last_forecast_and_says_so(champion: GoalRateForecaster) -> None:
    running = replace(START, period=2, minute=60, home_goals=1)
    stopped = champion.forecast(replace(running, abandoned=True))
    assert (stopped.home, stopped.draw, stopped.away) == pytest.approx(champion.outcome(running))
    assert any("abandoned" in note for note in stopped.notes)


def test_a_score_beyond_all_tables_still_has_an_answer(champion: GoalRateForecaster) -> None:
    forecast = champion.forecast(replace(START, period=2, minute=50, home_goals=31, away_goals=2))
    assert forecast.home == pytest.approx(1.0, abs=1e-6)
    assert forecast.scores[0].home >= 31


def test_more_fixtures_than_are_kept_are_answered_in_one_batch(champion: GoalRateForecaster) -> None:
    many = [replace(START, strengths=Strengths(1.0 + n / 1000, 1.0)) for n in range(FIXTURES + 50)]
    outcomes = champion.outcomes(many)
    assert [outcome.home for outcome in outcomes] == sorted(outcome.home for outcome in outcomes)


def test_serving_never_imports_what_only_training_needs() -> None:
    code = (
        "import sys; import matchcast.forecast.model, matchcast.forecast.explain;"
        "print([name for name in ('sklearn', 'scipy', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
