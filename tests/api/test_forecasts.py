"""What the API forecasts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from matchcast.events.record import MatchInfo, decode
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise

ARSENAL_CHELSEA = {"home_team": "Arsenal", "away_team": "Chelsea"}


def state(**changes: Any) -> dict[str, Any]:
    base = {"match": ARSENAL_CHELSEA, "period": 2, "minute": 67, "second": 0, "score": {"home": 1, "away": 0}}
    return {**base, **changes}


def ask(api: str, path: str, body: Any) -> Any:
    response = requests.post(f"{api}{path}", json=body, timeout=30)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


def test_a_forecast_is_what_the_model_says_and_names_the_model(
    api: str, champion: GoalRateForecaster
) -> None:
    forecast = ask(api, "/predict", state(men={"home": 11, "away": 10}))
    expected = champion.outcome(
        Situation("Arsenal", "Chelsea", period=2, minute=67, home_goals=1, away_goals=0, away_men=10)
    )
    assert (forecast["home"], forecast["draw"], forecast["away"]) == pytest.approx(expected)
    assert forecast["model_version"] == champion.version
    assert forecast["known_teams"]
    assert forecast["advance"] is None
    assert "why" not in forecast


def test_a_cup_tie_says_who_goes_through(api: str) -> None:
    tie = {"home_team": "France", "away_team": "Croatia", "neutral": True, "knockout": True}
    forecast = ask(api, "/predict", state(match=tie, period=3, minute=100, score={"home": 1, "away": 1}))
    assert forecast["advance"]["home"] + forecast["advance"]["away"] == pytest.approx(1)


def test_unknown_teams_are_taken_as_average_and_the_answer_says_so(api: str) -> None:
    strangers = {"home_team": "Dog and Duck", "away_team": "Red Lion"}
    forecast = ask(api, "/predict", state(match=strangers))
    assert not forecast["known_teams"]
    assert "Dog and Duck" in " ".join(forecast["notes"])


def test_given_strengths_are_used(api: str) -> None:
    match = {**ARSENAL_CHELSEA, "strengths": {"home": 0.5, "away": 2.5}}
    forecast = ask(api, "/predict", state(match=match, period=0, minute=0, score={"home": 0, "away": 0}))
    assert forecast["strengths"] == {"home": 0.5, "away": 2.5}
    assert forecast["away"] > forecast["home"]


def test_one_name_for_both_teams_is_answered_with_a_note(api: str) -> None:
    forecast = ask(api, "/predict", state(match={"home_team": "Arsenal", "away_team": "Arsenal"}))
    assert "Both teams have the same name." in forecast["notes"]


def test_a_finished_match_is_certain(api: str) -> None:
    forecast = ask(api, "/predict", state(status="finished", minute=93))
    assert (forecast["home"], forecast["draw"], forecast["away"]) == (1, 0, 0)


def test_half_time_is_the_start_of_the_second_half(api: str) -> None:
    at_half_time = ask(api, "/predict", state(period=1, minute=47, status="half_time"))
    assert at_half_time == ask(api, "/predict", state(period=2, minute=45))


def test_what_moved_a_forecast_adds_up_to_the_change(api: str) -> None:
    earlier = {"period": 2, "minute": 60, "score": {"home": 0, "away": 0}}
    before = ask(api, "/predict", state(**earlier))
    after = ask(api, "/predict", state(previous=earlier))
    assert {reason["what"] for reason in after["why"]} == {"time", "goal"}
    moved = sum(reason["points_home"] for reason in after["why"])
    assert moved == pytest.approx(100 * (after["home"] - before["home"]), abs=1e-6)


def test_whole_numbers_may_be_written_as_floats(api: str) -> None:
    assert ask(api, "/predict", state(minute=67.0, score={"home": 1.0, "away": 0.0})) == ask(
        api, "/predict", state()
    )


def test_of_a_field_that_is_sent_twice_the_last_counts(api: str) -> None:
    once = json.dumps(state())
    twice = once.replace('"minute": 67', '"minute": 10, "minute": 67')
    answers = [
        requests.post(f"{api}/predict", data=body, headers={"Content-Type": "application/json"}, timeout=30)
        for body in (once, twice)
    ]
    assert answers[0].json() == answers[1].json()


def test_a_batch_answers_each_state_as_if_asked_alone_and_in_order(api: str) -> None:
    states = [state(minute=minute, score={"home": minute % 3, "away": 1}) for minute in range(45, 90)]
    batch = ask(api, "/predict/batch", {"states": states})
    for one, forecast in zip(states, batch["forecasts"], strict=True):
        alone = ask(api, "/predict", one)
        assert forecast == {name: alone[name] for name in ("home", "draw", "away")}


def test_a_batch_answers_more_when_asked_in_the_body_or_in_the_query(api: str) -> None:
    body = {"states": [state()], "include": ["expected_goals"]}
    forecast = ask(api, "/predict/batch?include=notes,over_2_5&include=scores", body)["forecasts"][0]
    assert forecast.keys() == {"home", "draw", "away", "expected_goals", "notes", "over_2_5", "scores"}


def test_an_empty_batch_has_no_forecasts(api: str) -> None:
    assert ask(api, "/predict/batch", {"states": []})["forecasts"] == []


def event(number: int, kind: str, team: str, minute: int, **more: Any) -> dict[str, Any]:
    period = 1 if minute < 45 else 2
    return {
        "id": number,
        "type": {"name": kind},
        "team": {"name": team},
        "period": period,
        "minute": minute,
        "second": 0,
        **more,
    }


def test_events_give_the_forecast_after_each_and_why(api: str) -> None:
    goal = event(2, "Shot", "Chelsea", 23, shot={"outcome": {"name": "Goal"}})
    events = [event(1, "Half Start", "Arsenal", 0), goal, goal, event(3, "Pass", "Arsenal", 23)]
    answer = ask(api, "/predict/events", {"match": ARSENAL_CHELSEA, "events": events})
    kick_off, scored, repeated, passed = answer["forecasts"]
    assert scored["event_id"] == 2
    assert scored["clock"] == "24"
    assert [reason["what"] for reason in scored["why"]] == ["time", "goal"]
    assert scored["away"] > kick_off["away"]
    assert repeated["why"] == passed["why"] == []
    assert repeated["away"] == scored["away"]


def test_what_events_say_of_their_match_is_passed_over(api: str) -> None:
    stray = {"id": "x", "home_team": "Everton", "away_team": "Everton"}
    goal = event(1, "Shot", "Chelsea", 23, shot={"outcome": {"name": "Goal"}}, match=stray)
    answer = ask(api, "/predict/events", {"match": ARSENAL_CHELSEA, "events": [goal]})
    assert answer["forecasts"][0]["away"] > 0.5


def real_match(folder: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """The World Cup final of 2018, 4-2."""
    events = json.loads(gzip.decompress((folder / "events" / "2058017.json.gz").read_bytes()))
    return {"home_team": "France", "away_team": "Croatia"}, events


def test_after_the_last_event_of_a_real_match_its_result_is_certain(api: str, real_data: Path) -> None:
    match, events = real_match(real_data)
    forecasts = ask(api, "/predict/events", {"match": match, "events": events})["forecasts"]
    assert len(forecasts) == len(events)
    assert forecasts[-1]["home"] == 1
    goals = [reason for one in forecasts for reason in one["why"] if reason["what"] == "goal"]
    assert len(goals) == 6


def test_what_matchcast_state_prints_is_a_body_to_predict(api: str, real_data: Path) -> None:
    match, events = real_match(real_data)
    state = MatchState("final", MatchInfo("final", match["home_team"], match["away_team"]))
    for one in events[:700]:
        state.apply(decode(json.dumps(one).encode()))
    printed = msgspec.to_builtins(summarise(state))
    by_events = ask(api, "/predict/events", {"match": match, "events": events[:700]})["forecasts"][-1]
    assert ask(api, "/predict", printed)["home"] == pytest.approx(by_events["home"])
