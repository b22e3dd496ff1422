"""An update carries what changed and nothing else; put on what a page shows it gives what is."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from matchcast.dashboard.pictures import HistoryPoint, Picture, Prediction, probability_of, row_of
from matchcast.events.record import Event, decode
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import situation_of
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise

MATCH = {"id": "man_utd_liverpool", "home_team": "Manchester United", "away_team": "Liverpool"}
FORECASTER = GoalRateForecaster(load_champion())


def make_event(number: int, minute: int, kind: str = "Pass", **fields: Any) -> Event:
    event = {
        "id": number, "index": number, "minute": minute, "second": 0, "period": 1,
        "type": {"name": kind}, "team": {"name": MATCH["home_team"]}, "match": MATCH, **fields,
    }  # fmt: skip
    return decode(json.dumps(event).encode())


def make_goal(number: int, minute: int) -> Event:
    return make_event(number, minute, "Shot", shot={"outcome": {"name": "Goal"}, "statsbomb_xg": 0.3})


class Match:
    """A match and its pictures."""

    def __init__(self) -> None:
        self.state = MatchState(str(MATCH["id"]))
        self.history: list[HistoryPoint] = []
        self.summary = summarise(self.state)

    def apply(self, *events: Event) -> Picture:
        for event in events:
            self.state.apply(event)
        self.summary = summarise(self.state)
        return self.picture()

    def picture(self) -> Picture:
        forecast = FORECASTER.forecast(situation_of(self.summary))
        prediction = Prediction(
            match_id=self.state.match_id,
            available=True,
            reason=None,
            current=forecast,
            pre_match=probability_of(forecast),
            history=list(self.history),
            model=None,
        )
        row = row_of(self.state.match_id, self.summary, forecast, "2026-11-25T20:00:00+00:00")
        return Picture(row, self.summary, prediction, produced_at=0)


def as_page(picture: Picture) -> dict[str, Any]:
    """Return what a page keeps after a snapshot."""
    shown: dict[str, Any] = json.loads(
        msgspec.json.encode(
            {"match": picture.row, "stats": picture.stats(), "prediction": picture.prediction}
        )
    )
    return shown


def put_on(page: dict[str, Any], update: dict[str, Any]) -> dict[str, Any]:
    """Return what a page keeps after an update, by the rules of the event stream."""
    update = json.loads(msgspec.json.encode(update))
    stats = {**page["stats"], **update.get("stats", {})}
    keys = {"timeline": ("id",), "shots": ("id",), "momentum": ("period", "minute")}
    for name, key in keys.items():
        entries = {tuple(entry[part] for part in key): entry for entry in page["stats"][name]}
        entries |= {tuple(entry[part] for part in key): entry for entry in update.get(name, [])}
        stats[name] = sorted(entries.values(), key=lambda entry: (entry["period"], entry["minute"]))
    prediction = page["prediction"]
    if "prediction" in update:
        points = {point["stream_id"]: point for point in prediction["history"]}
        points |= {point["stream_id"]: point for point in update["prediction"]["history"]}
        prediction = {**prediction, **update["prediction"], "history": list(points.values())}
    return {"match": update["match"], "stats": stats, "prediction": prediction}


def test_updates_put_on_a_snapshot_give_the_next_snapshot() -> None:
    match = Match()
    before = match.apply(make_event(1, 0, "Half Start"))
    page = as_page(before)
    for number in range(2, 60):
        event = make_goal(number, number // 2) if number % 10 == 0 else make_event(number, number // 2)
        match.history.append(HistoryPoint(f"0:{number}", 1, number // 2, 0, 0.4, 0.3, 0.3, "sample", "m"))
        after = match.apply(event)
        page = put_on(page, after.since(before))
        assert page == as_page(after)
        before = after


def test_a_pass_brings_no_timeline_and_no_shot() -> None:
    match = Match()
    before = match.apply(make_goal(1, 3))
    update = match.apply(make_event(2, 3)).since(before)
    assert not {"timeline", "shots"} & update.keys()
    assert update["stats"]["events"] == 2


def test_a_goal_brings_itself_alone() -> None:
    match = Match()
    before = match.apply(make_goal(1, 3))
    update = match.apply(make_goal(2, 9)).since(before)
    assert [entry.id for entry in update["timeline"]] == [2]
    assert [shot.id for shot in update["shots"]] == [2]


def test_a_goal_that_comes_late_brings_the_scores_after_it_anew() -> None:
    match = Match()
    before = match.apply(make_goal(1, 20))
    update = match.apply(make_goal(2, 10)).since(before)
    assert {entry.id: entry.score.home for entry in update["timeline"]} == {2: 1, 1: 2}


def test_a_forecast_that_is_the_same_is_not_sent_again() -> None:
    match = Match()
    before = match.apply(make_event(1, 3))
    assert "prediction" not in match.apply(make_event(2, 3)).since(before)
    assert "prediction" in match.apply(make_event(3, 4)).since(before)


def test_a_new_forecast_without_a_new_event_brings_no_statistics() -> None:
    match = Match()
    before = match.apply(make_event(1, 3))
    match.history.append(HistoryPoint("0:1", 1, 3, 0, 0.4, 0.3, 0.3, "sample", "m"))
    update = match.picture().since(before)
    assert [point.stream_id for point in update["prediction"]["history"]] == ["0:1"]
    assert "stats" not in update


def test_where_a_match_stands_is_told_with_the_newest_points_alone() -> None:
    match = Match()
    match.history += [HistoryPoint(f"0:{n}", 1, n, 0, 0.4, 0.3, 0.3, "sample", "m") for n in range(50)]
    standing = match.apply(make_event(1, 49)).standing(points=20)
    assert [point.stream_id for point in standing["prediction"]["history"]] == [
        f"0:{n}" for n in range(30, 50)
    ]
