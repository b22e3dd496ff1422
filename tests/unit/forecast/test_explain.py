"""What moved a forecast."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from matchcast.forecast.explain import explain
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation

START = Situation("Arsenal", "Chelsea", period=1, minute=30)


def test_a_goal_is_named_and_worth_what_it_moved(champion: GoalRateForecaster) -> None:
    (reason,) = explain(START, replace(START, home_goals=1), champion)
    assert (reason.what, reason.text) == ("goal", "Goal for Arsenal: 1-0")
    assert reason.points_home > 15 > 0 > reason.points_draw


def test_time_and_a_red_card_are_told_apart(champion: GoalRateForecaster) -> None:
    now = replace(START, minute=42, away_men=10)
    time, card = explain(START, now, champion)
    assert (time.what, time.text) == ("time", "12 minutes passed")
    assert (card.what, card.text) == ("red_card", "Chelsea down to 10 men")
    assert card.points_home > 5


def test_the_final_whistle_comes_last(champion: GoalRateForecaster) -> None:
    late = replace(START, period=2, minute=88, home_goals=1)
    reasons = explain(late, replace(late, minute=94, finished=True), champion)
    assert [reason.what for reason in reasons] == ["time", "whistle"]
    assert all(reason.points_home > 0 for reason in reasons)


def test_extra_time_and_the_shoot_out_are_told(champion: GoalRateForecaster) -> None:
    full_time = Situation("Brazil", "Croatia", knockout=True, period=2, minute=93)
    extra = replace(full_time, period=3, minute=90)
    assert "120 minutes" in explain(full_time, extra, champion)[0].text
    assert "shoot-out" in explain(extra, replace(extra, period=5, minute=120), champion)[0].text


def test_a_goal_that_no_longer_counts_is_taken_back(champion: GoalRateForecaster) -> None:
    (reason,) = explain(replace(START, away_goals=1), START, champion)
    assert reason.what == "goal_taken_back"
    assert reason.points_away < 0


def test_nothing_happened_needs_no_reason(champion: GoalRateForecaster) -> None:
    assert explain(START, START, champion) == []


@settings(deadline=None, max_examples=100)
@given(
    minutes=st.tuples(st.integers(0, 100), st.integers(0, 100)),
    goals=st.tuples(*[st.integers(0, 5)] * 4),
    men=st.tuples(*[st.integers(8, 11)] * 4),
    finished=st.booleans(),
    knockout=st.booleans(),
)
def test_the_points_of_all_reasons_sum_to_the_change(
    champion: GoalRateForecaster,
    minutes: tuple[int, int],
    goals: tuple[int, int, int, int],
    men: tuple[int, int, int, int],
    finished: bool,
    knockout: bool,
) -> None:
    before, after = (
        replace(
            START,
            period=1 if minute < 45 else 2,
            minute=minute,
            home_goals=goals[place],
            away_goals=goals[place + 2],
            home_men=men[place],
            away_men=men[place + 2],
            finished=finished and place == 1,
            knockout=knockout and place == 1,
        )
        for place, minute in enumerate(minutes)
    )
    reasons = explain(before, after, champion)
    change = [
        100 * (new - old) for new, old in zip(champion.outcome(after), champion.outcome(before), strict=True)
    ]
    assert sum(reason.points_home for reason in reasons) == pytest.approx(change[0], abs=1e-6)
    assert sum(reason.points_draw for reason in reasons) == pytest.approx(change[1], abs=1e-6)
    assert sum(reason.points_away for reason in reasons) == pytest.approx(change[2], abs=1e-6)
