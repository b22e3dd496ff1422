"""What every forecaster must hold, on the champion and on any situation that hypothesis finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from matchcast.events.record import Strengths
from matchcast.forecast.contract import check_forecaster
from matchcast.forecast.forecast import Forecast, Forecaster, Outcome
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation

SLACK = 1e-6
NOMINAL = {1: (0, 50), 2: (45, 100), 3: (90, 107), 4: (105, 124)}


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    period = draw(st.sampled_from(sorted(NOMINAL)))
    goals = st.floats(0.1, 6.0)
    return Situation(
        "Home",
        "Away",
        neutral=draw(st.booleans()),
        strengths=Strengths(draw(goals), draw(goals)),
        period=period,
        minute=draw(st.integers(*NOMINAL[period])),
        second=draw(st.integers(0, 59)),
        home_goals=draw(st.integers(0, 12)),
        away_goals=draw(st.integers(0, 12)),
        home_men=draw(st.integers(7, 11)),
        away_men=draw(st.integers(7, 11)),
        knockout=draw(st.booleans()),
    )


def test_the_champion_holds_the_contract_of_every_forecaster(champion: GoalRateForecaster) -> None:
    assert isinstance(champion, Forecaster)
    assert check_forecaster(champion) == []


@settings(deadline=None, max_examples=150)
@given(situation=situations())
def test_probabilities_are_probabilities(champion: GoalRateForecaster, situation: Situation) -> None:
    forecast = champion.forecast(situation)
    assert sum(champion.outcome(situation)) == pytest.approx(1.0, abs=SLACK)
    next_goal = forecast.next_goal
    assert next_goal.home + next_goal.away + next_goal.none == pytest.approx(1.0, abs=SLACK)
    assert forecast.over_2_5 + forecast.under_2_5 == pytest.approx(1.0, abs=SLACK)
    single = [
        *champion.outcome(situation),
        *(next_goal.home, next_goal.away, next_goal.none),
        *(forecast.over_2_5, forecast.both_teams_to_score),
        *(score.probability for score in forecast.scores),
    ]
    assert all(-SLACK <= chance <= 1.0 + SLACK for chance in single)
    likely = [score.probability for score in forecast.scores]
    assert likely == sorted(likely, reverse=True)
    assert (forecast.advance is not None) == situation.knockout
    if forecast.advance is not None:
        assert forecast.advance.home + forecast.advance.away == pytest.approx(1.0, abs=SLACK)
        assert forecast.advance.home >= forecast.home - SLACK


@settings(deadline=None, max_examples=150)
@given(situation=situations())
def test_a_goal_never_lowers_its_scorers_chance(champion: GoalRateForecaster, situation: Situation) -> None:
    before = champion.outcome(situation)
    after = champion.outcome(replace(situation, home_goals=situation.home_goals + 1))
    assert after.home >= before.home - SLACK
    assert after.away <= before.away + SLACK


@settings(deadline=None, max_examples=150)
@given(situation=situations())
def test_a_red_card_never_raises_its_receivers_chance(
    champion: GoalRateForecaster, situation: Situation
) -> None:
    before = champion.outcome(situation)
    after = champion.outcome(replace(situation, away_men=situation.away_men - 1))
    assert after.away <= before.away + SLACK
    assert after.home >= before.home - SLACK


@settings(deadline=None, max_examples=150)
@given(situation=situations())
def test_swapping_the_teams_on_neutral_ground_mirrors_everything(
    champion: GoalRateForecaster, situation: Situation
) -> None:
    strengths = situation.strengths
    assert strengths is not None
    here = champion.forecast(replace(situation, neutral=True))
    there = champion.forecast(
        replace(
            situation,
            neutral=True,
            strengths=Strengths(strengths.away, strengths.home),
            home_goals=situation.away_goals,
            away_goals=situation.home_goals,
            home_men=situation.away_men,
            away_men=situation.home_men,
        )
    )
    assert here.home == pytest.approx(there.away, abs=SLACK)
    assert here.draw == pytest.approx(there.draw, abs=SLACK)
    assert here.expected_goals.home == pytest.approx(there.expected_goals.away, abs=1e-4)
    assert here.next_goal.home == pytest.approx(there.next_goal.away, abs=SLACK)


@settings(deadline=None, max_examples=100)
@given(situation=situations(), seconds=st.integers(1, 10))
def test_nothing_jumps_while_nothing_happens(
    champion: GoalRateForecaster, situation: Situation, seconds: int
) -> None:
    clock = situation.minute * 60 + situation.second + seconds
    later = replace(situation, minute=clock // 60, second=clock % 60)
    before, after = champion.forecast(situation), champion.forecast(later)
    # What moves it is that no goal came, which was this likely to come:
    was, is_still = before.expected_goals, after.expected_goals
    goal = was.home - is_still.home + was.away - is_still.away
    assert after.home == pytest.approx(before.home, abs=0.005 + goal)
    assert after.draw == pytest.approx(before.draw, abs=0.005 + goal)
    assert after.over_2_5 == pytest.approx(before.over_2_5, abs=0.005 + goal)
    assert after.expected_goals.home <= before.expected_goals.home + SLACK


@settings(deadline=None, max_examples=50)
@given(asked=st.lists(situations(), max_size=30))
def test_many_at_once_are_answered_as_one_by_one(
    champion: GoalRateForecaster, asked: list[Situation]
) -> None:
    together = champion.outcomes(asked)
    for situation, outcome in zip(asked, together, strict=True):
        assert outcome == pytest.approx(champion.outcome(situation), abs=1e-9)


class Broken:
    """A forecaster with one fault, around a sound one."""

    version = "broken"

    def __init__(self, sound: Forecaster, fault: str) -> None:
        self._sound = sound
        self._fault = fault

    def outcome(self, situation: Situation) -> Outcome:
        outcome = self._sound.outcome(situation)
        lead = situation.home_goals - situation.away_goals
        if self._fault == "sum":
            return outcome._replace(draw=outcome.draw + 0.01)
        if self._fault == "end" and situation.finished:
            return Outcome(0.9, 0.05, 0.05)
        if self._fault == "goal" and lead == 2 and not situation.finished:
            return Outcome(0.1, 0.1, 0.8)
        if self._fault == "card" and situation.home_men < situation.away_men and not situation.finished:
            return Outcome(0.98, 0.01, 0.01)
        if self._fault == "mirror" and situation.neutral and not situation.finished:
            return Outcome(outcome.home * 0.9, outcome.draw + 0.1 * outcome.home, outcome.away)
        if self._fault == "jump" and situation.minute == 60 and not situation.finished:
            return self._sound.outcome(replace(situation, minute=90))
        return outcome

    def outcomes(self, situations: Sequence[Situation]) -> list[Outcome]:
        return [self.outcome(situation) for situation in situations]

    def forecast(self, situation: Situation) -> Forecast:
        if self._fault == "disagrees":
            return self._sound.forecast(replace(situation, home_goals=situation.home_goals + 1))
        outcome = self.outcome(situation)
        return replace(self._sound.forecast(situation), **outcome._asdict())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("sum", "are none"),
        ("end", "not certain"),
        ("goal", "goal does harm"),
        ("card", "red card of the home team helps"),
        ("mirror", "do not mirror"),
        ("jump", "jumps without an event"),
        ("disagrees", "different answers"),
    ],
)
def test_the_contract_names_each_fault_of_a_broken_forecaster(
    champion: GoalRateForecaster, fault: str, said: str
) -> None:
    found: list[Any] = check_forecaster(Broken(champion, fault))
    assert any(said in sentence for sentence in found)
