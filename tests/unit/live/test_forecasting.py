"""Asking the model API: what is asked, what happens while it is away, and that nothing is forgotten."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from matchcast.events.record import MatchInfo, decode
from matchcast.forecast.situation import Situation
from matchcast.live.errors import ForecastRejected, ForecastUnavailable
from matchcast.live.forecasting import Forecasting
from matchcast.live.model_api import ModelApi
from matchcast.live.running import RunningMatch
from matchcast.match.state import MatchState
from matchcast.stream.client import StreamRecord

Wait = Callable[..., None]
BEFORE = Situation("Arsenal", "Chelsea")
AHEAD = Situation("Arsenal", "Chelsea", period=2, minute=80, home_goals=1)
IMPOSSIBLE = Situation("Arsenal", "Chelsea", period=2, minute=80, home_goals=100)


class Desk:
    """A `Forecasting` with what it said of changes."""

    def __init__(self, url: str) -> None:
        self.lock = threading.RLock()
        self.changes = 0
        self.outages: list[str | None] = []
        self.forecasting = Forecasting(ModelApi(url), self.lock, self._count, self._note)

    def _count(self, _match: RunningMatch) -> None:
        self.changes += 1

    def _note(self) -> None:
        self.outages.append(self.forecasting.problem)

    def apply(self, match: RunningMatch, records: list[StreamRecord]) -> None:
        with self.lock:
            for record in records:
                match.apply(decode(record.value), record)
            self.forecasting.want(match)


@pytest.fixture
def desk(model_api: Any) -> Iterator[Desk]:
    desk = Desk(model_api.url)
    desk.forecasting.start()
    desk.forecasting.resume()
    yield desk
    desk.forecasting.stop()


def new_match(records: list[StreamRecord], match_id: str = "m") -> RunningMatch:
    return RunningMatch(MatchState(match_id), records[0])


# -- the client ----------------------------------------------------------------------------------


def test_a_forecast_says_what_moved_it(model_api: Any) -> None:
    forecast = ModelApi(model_api.url).forecast(AHEAD, BEFORE)
    assert forecast.home > 0.7
    assert forecast.why
    assert {reason.what for reason in forecast.why} >= {"goal"}
    assert forecast.model_version == model_api.model.version


def test_a_batch_answers_in_the_order_of_the_question(model_api: Any) -> None:
    outcomes, version = ModelApi(model_api.url).outcomes([AHEAD, BEFORE, AHEAD])
    assert outcomes[0] == outcomes[2] != outcomes[1]
    assert version == model_api.model.version


def test_a_shoot_out_reaches_the_model_with_its_kicks(model_api: Any) -> None:
    level = Situation(
        "Arsenal", "Chelsea", knockout=True, period=5, minute=120, shoot_out=(4, 1), shoot_out_kicks=(4, 3)
    )
    forecast = ModelApi(model_api.url).forecast(level)
    assert forecast.advance is not None
    assert forecast.advance.home > 0.95


def test_what_the_model_cannot_forecast_is_refused_with_the_reason(model_api: Any) -> None:
    with pytest.raises(ForecastRejected, match="score"):
        ModelApi(model_api.url).forecast(IMPOSSIBLE)


def test_without_an_api_the_reason_is_said_in_plain_words(model_api: Any) -> None:
    model_api.stop()
    with pytest.raises(ForecastUnavailable) as caught:
        ModelApi(model_api.url).forecast(AHEAD)
    assert caught.value.reason == "nothing listens there"
    assert model_api.url in caught.value.message


def test_an_api_without_a_model_says_why(model_api: Any) -> None:
    model_api.model._served = None
    with pytest.raises(ForecastUnavailable, match="No model is in force"):
        ModelApi(model_api.url).forecast(AHEAD)


def test_a_connection_that_the_other_side_closed_costs_no_forecast(model_api: Any) -> None:
    client = ModelApi(model_api.url)
    client.forecast(AHEAD)
    model_api.stop()
    model_api.start()
    assert client.forecast(AHEAD).home > 0.7


# -- keeping up ----------------------------------------------------------------------------------


def test_all_points_of_a_match_are_filled(
    desk: Desk, log: Any, fixture_of: Callable[..., MatchInfo], eventually: Wait
) -> None:
    records = log.match(fixture_of(seed=3, knockout=True))
    match = new_match(records)
    for start in range(0, len(records), 50):
        desk.apply(match, records[start : start + 50])
    eventually(lambda: not match.wants_forecast)
    straight = new_match(records)
    desk.apply(straight, records)
    eventually(lambda: not straight.wants_forecast)
    assert match.history == straight.history
    assert match.forecast == straight.forecast
    assert match.pre_match == straight.pre_match


def test_while_the_api_is_away_the_match_goes_on_and_what_was_missed_is_filled_in(
    desk: Desk, model_api: Any, log: Any, fixture_of: Callable[..., MatchInfo], eventually: Wait
) -> None:
    records = log.match(fixture_of(seed=3))
    match = new_match(records)
    desk.apply(match, records[:500])
    eventually(lambda: not match.wants_forecast)
    before = len(match.history)
    model_api.stop()
    desk.apply(match, records[500:])
    eventually(lambda: desk.forecasting.problem is not None)
    assert match.finished
    assert len(match.history) == before
    model_api.start()
    eventually(lambda: not match.wants_forecast)
    eventually(lambda: desk.outages == ["nothing listens there", None])
    score = match.summary.score
    assert [point.kind for point in match.history].count("goal") == score.home + score.away


def test_one_match_that_the_model_refuses_holds_up_no_other(
    desk: Desk, log: Any, event: Any, eventually: Wait
) -> None:
    goals = [
        log.put(event("Shot", minute=m % 90, shot={"outcome": {"name": "Goal"}}), "odd") for m in range(100)
    ]
    odd, plain = new_match(goals, "odd"), new_match([log.put(event(team="Everton"))], "plain")
    desk.apply(odd, goals)
    desk.apply(plain, [log.put(event(team="Everton", minute=3))])
    eventually(lambda: not plain.wants_forecast and not odd.wants_forecast)
    assert plain.forecast is not None
    assert odd.rejected is not None
    assert odd.forecast is None
    assert len(odd.history) == 99  # the points up to what the model takes
    assert desk.forecasting.problem is None


def test_nothing_is_asked_before_the_matches_are_up_to_date(
    model_api: Any, log: Any, event: Any, eventually: Wait
) -> None:
    desk = Desk(model_api.url)
    desk.forecasting.start()
    records = [log.put(event(minute=1))]
    match = new_match(records)
    desk.apply(match, records)
    assert not threading.Event().wait(0.2)
    assert match.forecast is None
    desk.forecasting.resume()
    eventually(lambda: match.forecast is not None)
    desk.forecasting.stop()


def test_at_most_one_request_a_match_is_under_way_and_the_newest_state_wins(
    desk: Desk,
    log: Any,
    fixture_of: Callable[..., MatchInfo],
    eventually: Wait,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    under_way, most, asked = 0, 0, []
    forecast = ModelApi.forecast

    def watched(api: ModelApi, situation: Situation, before: Situation | None = None) -> Any:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        asked.append(situation)
        try:
            return forecast(api, situation, before)
        finally:
            under_way -= 1

    monkeypatch.setattr(ModelApi, "forecast", watched)
    records = log.match(fixture_of(seed=3))
    match = new_match(records)
    for record in records:
        desk.apply(match, [record])
    eventually(lambda: not match.wants_forecast)
    assert most == 1
    assert len(asked) < len(records) / 2
    assert asked[-1] == match.situation


def test_an_outage_is_logged_once_and_so_is_its_end(
    desk: Desk, model_api: Any, log: Any, event: Any, eventually: Wait, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "matchcast.live.forecasting")
    model_api.stop()
    records = [log.put(event(minute=1))]
    match = new_match(records)
    desk.apply(match, records)
    eventually(lambda: desk.forecasting._retry_seconds > 1)  # it has tried more than twice
    model_api.start()
    eventually(lambda: desk.forecasting.problem is None)
    assert match.forecast is not None
    told = [record.message for record in caplog.records if record.name == "matchcast.live.forecasting"]
    assert told == [
        "no forecasts: nothing listens there",
        "the model API answers again",
    ]


def test_a_match_that_began_anew_takes_the_place_of_the_old_one(
    model_api: Any, log: Any, fixture_of: Callable[..., MatchInfo], eventually: Wait
) -> None:
    desk = Desk(model_api.url)
    records = log.match(fixture_of())[:40]
    old, new = new_match(records), new_match(records)
    desk.apply(old, records)
    desk.apply(new, records)
    desk.forecasting.start()
    desk.forecasting.resume()
    eventually(lambda: new.forecast is not None)
    desk.forecasting.stop()
    assert old.forecast is None
