"""A match and the points of its forecast: which moments get one, and how they are filled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from matchcast.events.record import MatchInfo, decode
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.forecast import Outcome
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation, situation_of
from matchcast.live.points import ExplainedForecast, Question
from matchcast.live.running import RunningMatch
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise


@pytest.fixture(scope="module")
def model() -> GoalRateForecaster:
    return GoalRateForecaster(load_champion())


@pytest.fixture
def play(log: Any) -> Callable[[MatchInfo], RunningMatch]:
    """Plays a match to its end."""

    def play(info: MatchInfo) -> RunningMatch:
        records = log.match(info)
        match = RunningMatch(MatchState(info.id), records[0])
        for record in records:
            match.apply(decode(record.value), record)
        return match

    return play


def answer(match: RunningMatch, question: Question, model: GoalRateForecaster) -> None:
    if question.situation is not None:
        forecast = msgspec.convert(msgspec.to_builtins(model.forecast(question.situation)), ExplainedForecast)
        match.take_forecast(question.situation, forecast)
    if question.pre_match is not None:
        match.take_pre_match(model.outcome(question.pre_match))
    points = [point for point in question.points if point.situation is not None]
    outcomes = [model.outcome(point.situation) for point in points if point.situation is not None]
    match.take_points(points, outcomes, model.version)


@pytest.mark.parametrize("seed", range(8))
def test_the_situation_is_that_of_the_summary_at_every_event(
    log: Any, fixture_of: Callable[..., MatchInfo], seed: int
) -> None:
    records = log.match(fixture_of(seed=seed, knockout=True))
    match = RunningMatch(MatchState("m"), records[0])
    for record in records:
        match.apply(decode(record.value), record)
        assert match.situation == situation_of(summarise(match.state))


@pytest.mark.parametrize("seed", range(8))
def test_every_goal_red_card_and_period_end_has_a_point_of_its_own(
    fixture_of: Callable[..., MatchInfo], play: Callable[[MatchInfo], RunningMatch], seed: int
) -> None:
    match = play(fixture_of(seed=seed, knockout=True))
    question = match.ask()
    assert question is not None
    kinds = [point.kind for point in question.points]
    score = match.summary.score
    assert kinds.count("goal") == score.home + score.away
    assert kinds.count("red_card") == sum(
        entry.kind in ("red_card", "second_yellow") for entry in match.summary.timeline
    )
    assert kinds.count("period") == sum(entry.kind == "period_end" for entry in match.summary.timeline)
    assert 150 < kinds.count("sample") < 400


def test_a_goal_has_the_score_after_it_and_the_place_of_its_record(
    fixture_of: Callable[..., MatchInfo], play: Callable[[MatchInfo], RunningMatch]
) -> None:
    match = play(fixture_of(seed=4))
    question = match.ask()
    assert question is not None
    goals = [point for point in question.points if point.kind == "goal"]
    scores = [(p.situation.home_goals, p.situation.away_goals) for p in goals if p.situation]
    assert [home + away for home, away in scores] == list(range(1, len(goals) + 1))
    assert all(point.stream_id.startswith("0:") for point in goals)
    assert len({point.stream_id for point in question.points}) == len(question.points)


def test_what_was_asked_is_kept_with_the_model_that_answered(
    fixture_of: Callable[..., MatchInfo], play: Callable[[MatchInfo], RunningMatch], model: GoalRateForecaster
) -> None:
    match = play(fixture_of(seed=2))
    while (question := match.ask()) is not None:
        answer(match, question, model)
    assert match.forecast is not None
    assert sorted((match.forecast.home, match.forecast.draw, match.forecast.away)) == [0, 0, 1]
    assert match.pre_match is not None
    assert sum(match.pre_match) == pytest.approx(1)
    assert {point.model_version for point in match.history} == {model.version}
    places = [int(point.stream_id.partition(":")[2]) for point in match.history]
    assert places == sorted(places)
    assert all(sum((p.home, p.draw, p.away)) == pytest.approx(1) for p in match.history)


def test_an_answer_about_an_earlier_moment_leaves_the_newest_to_be_asked(log: Any, event: Any) -> None:
    first = log.put(event(minute=1))
    match = RunningMatch(MatchState("m"), first)
    match.apply(decode(first.value), first)
    asked = match.ask()
    assert asked is not None
    assert asked.situation is not None
    later = log.put(event("Shot", minute=2, shot={"outcome": {"name": "Goal"}}))
    match.apply(decode(later.value), later)
    match.take_points(asked.points, [Outcome(0.4, 0.3, 0.3)] * len(asked.points), "v1")
    again = match.ask()
    assert again is not None
    assert again.situation is not None
    assert again.situation.home_goals == 1
    assert [point.kind for point in again.points] == ["goal"]
    assert again.before is not None
    assert again.before.home_goals == 0


def test_what_is_refused_is_not_asked_again_until_the_match_moves_on(log: Any, event: Any) -> None:
    record = log.put(event(minute=1))
    match = RunningMatch(MatchState("m"), record)
    match.apply(decode(record.value), record)
    question = match.ask()
    assert question is not None
    assert question.situation is not None
    match.reject(question.situation, "it is odd")
    match.refuse_pre_match()
    match.drop_point(question.points[0])
    assert match.ask() is None
    assert match.rejected == "it is odd"
    later = log.put(event(minute=2))
    match.apply(decode(later.value), later)
    assert match.ask() is not None


def test_a_repeat_changes_nothing(log: Any, event: Any) -> None:
    goal = log.put(event("Shot", minute=2, shot={"outcome": {"name": "Goal"}}))
    match = RunningMatch(MatchState("m"), goal)
    assert match.apply(decode(goal.value), goal)
    version = match.version
    assert not match.apply(decode(goal.value), log.put(goal.value))
    assert match.version == version
    assert match.offset == goal.offset


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_a_match_that_was_saved_goes_on_as_if_nothing_had_been(
    log: Any, fixture_of: Callable[..., MatchInfo], model: GoalRateForecaster, share: float
) -> None:
    records = log.match(fixture_of(seed=5))
    straight = RunningMatch(MatchState("m"), records[0])
    halted = RunningMatch(MatchState("m"), records[0])
    stop = int(len(records) * share)
    for record in records[:stop]:
        halted.apply(decode(record.value), record)
    if stop:
        question = halted.ask()
        assert question is not None
        answer(halted, question, model)
    halted = RunningMatch.restore(halted.save())
    for record in records:
        straight.apply(decode(record.value), record)
        halted.apply(decode(record.value), record)  # those from before come again
    for match in (straight, halted):
        while (question := match.ask()) is not None:
            answer(match, question, model)
    assert halted.summary == straight.summary
    assert halted.history == straight.history
    assert halted.forecast == straight.forecast
    assert halted.pre_match == straight.pre_match


def test_a_match_whose_start_did_not_come_is_known_by_it(log: Any, event: Any) -> None:
    def opened_by(made: dict[str, Any]) -> RunningMatch:
        record = log.put(made)
        match = RunningMatch(MatchState("m"), record)
        match.apply(decode(record.value), record)
        return match

    assert opened_by(event(minute=30)).began_late
    assert not opened_by(event(minute=0)).began_late
    match = opened_by(event(minute=30))
    whistle = log.put(event("Half Start", minute=0, period=1))
    match.apply(decode(whistle.value), whistle)
    assert not match.began_late


def test_before_kick_off_the_situation_is_level_and_full(
    fixture_of: Callable[..., MatchInfo], play: Any
) -> None:
    question = play(fixture_of(seed=6)).ask()
    before = question.pre_match
    assert isinstance(before, Situation)
    assert (before.period, before.minute, before.home_goals, before.away_goals, before.home_men) == (
        0,
        0,
        0,
        0,
        11,
    )
