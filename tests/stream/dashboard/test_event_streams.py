"""What a browser gets from /api/stream, from the first snapshot to the stream's end."""

from __future__ import annotations

import socket
import time
from typing import Any

from matchcast.dashboard.server import GRACEFUL_SECONDS

from .conftest import StartDashboard
from .event_stream import Message
from .processes import Dashboard, wait_for
from .producing import AWAY, MATCH_ID, Feed


def has_goal(message: Message) -> bool:
    return any(entry["kind"] == "goal" for entry in message.data.get("timeline", []))


def has_forecast_of_goal(message: Message) -> bool:
    return any(point["kind"] == "goal" for point in message.data.get("prediction", {}).get("history", []))


def kick_off(dashboard: Dashboard, feed: Feed) -> None:
    """Play the first events and wait for the match and its forecast."""
    feed.play("Half Start")
    feed.play("Half Start", AWAY)
    feed.play()
    wait_for("the match is there", lambda: dashboard.answers(f"/api/prediction?match_id={MATCH_ID}"))
    wait_for("all of it", lambda: dashboard.stats(MATCH_ID)["events"] == 3)
    wait_for("its forecast is there", lambda: dashboard.prediction(MATCH_ID)["available"])


def goals_in(messages: list[Message]) -> list[Any]:
    return [
        entry["id"]
        for message in messages
        for entry in message.data.get("timeline", [])
        if entry["kind"] == "goal"
    ]


def test_a_stream_begins_with_all_that_the_page_shows(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    with dashboard.open_stream(MATCH_ID) as stream:
        headers = stream.response.headers
        first = stream.next()
    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["X-Accel-Buffering"] == "no"
    assert "no-cache" in headers["Cache-Control"]
    assert stream.retry == 2000
    assert first.name == "snapshot"
    assert first.data["match"]["match_id"] == MATCH_ID
    assert first.data["stats"] == dashboard.stats(MATCH_ID)
    assert first.data["prediction"].keys() == dashboard.prediction(MATCH_ID).keys()
    assert first.data["prediction"]["current"]["model_version"]
    assert [row["match_id"] for row in first.data["matches"]] == [MATCH_ID]
    assert first.data["recent_events"][0]["type"] == "Pass"
    assert set(first.data["status"]) == {"dashboard", "api", "airflow", "kafka", "producer", "model"}


def test_a_goal_is_pushed_within_a_moment_and_moves_the_forecast(
    start_dashboard: StartDashboard, feed: Feed
) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    before = dashboard.prediction(MATCH_ID)["current"]["away"]
    with dashboard.open_stream(MATCH_ID) as stream:
        stream.next()
        goal = feed.score(AWAY)
        update = stream.until(has_goal, within=5)
        forecast = update if has_forecast_of_goal(update) else stream.until(has_forecast_of_goal)
    assert update.name == "update"
    entry = next(entry for entry in update.data["timeline"] if entry["kind"] == "goal")
    assert (entry["id"], entry["side"], entry["score"]) == (goal["id"], "away", {"home": 0, "away": 1})
    assert update.data["match"]["score"] == {"home": 0, "away": 1}
    assert [shot["goal"] for shot in update.data["shots"]] == [True]
    assert not {"timeline", "shots", "momentum"} & update.data["stats"].keys()
    assert abs(update.data["produced_at"] / 1000 - time.time()) < 10
    assert forecast.data["match"]["probability"]["away"] > before
    assert forecast.data["prediction"]["current"]["model_version"]


def test_an_update_carries_only_what_is_new(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    feed.score(player="First")
    wait_for("one goal", lambda: dashboard.stats(MATCH_ID)["score"]["home"] == 1)
    with dashboard.open_stream(MATCH_ID) as stream:
        stream.next()
        second = feed.score(player="Second")
        update = stream.until(has_goal)
    assert goals_in([update]) == [second["id"]]


def test_the_list_of_matches_has_a_stream_of_its_own(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    with dashboard.open_stream() as stream:
        first = stream.next()
        assert [row["match_id"] for row in first.data["matches"]] == [MATCH_ID]
        assert "stats" not in first.data
        feed.score()
        update = stream.until(lambda m: any(row["score"]["home"] == 1 for row in m.data.get("matches", [])))
    assert "timeline" not in update.data
    assert any(event["type"] == "Shot" for event in update.data.get("recent_events", [])) or update.id


def test_a_client_that_comes_back_is_told_what_it_missed(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    with dashboard.open_stream(MATCH_ID) as stream:
        stream.next()
        feed.score(player="Seen")
        stream.until(has_goal)
        last_seen = stream.last_id
    missed = feed.score(player="Missed")
    wait_for("the second goal", lambda: dashboard.stats(MATCH_ID)["score"]["home"] == 2)
    with dashboard.open_stream(MATCH_ID, last_seen) as stream:
        messages = [stream.next()]
        while missed["id"] not in goals_in(messages):
            messages.append(stream.next())
    assert {message.name for message in messages} <= {"update", "tick"}


def test_a_client_can_go_on_in_another_process(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard, other = start_dashboard(), start_dashboard()
    kick_off(dashboard, feed)
    wait_for("the other has it too", lambda: other.answers(f"/api/match-stats?match_id={MATCH_ID}"))
    with dashboard.open_stream(MATCH_ID) as stream, other.open_stream(MATCH_ID) as beside:
        stream.next()
        beside.next()
        feed.score(player="Seen")
        stream.until(has_goal)
        last_seen = stream.last_id
        missed = feed.score(player="Missed")
        beside.until(lambda m: missed["id"] in goals_in([m]))
    with other.open_stream(MATCH_ID, last_seen) as stream:
        messages = [stream.next()]
        while missed["id"] not in goals_in(messages):
            messages.append(stream.next())
    assert {message.name for message in messages} <= {"update", "tick"}


def test_a_client_that_was_away_for_too_long_gets_a_snapshot(
    start_dashboard: StartDashboard, feed: Feed
) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    for id_of_long_ago in ("0:0", "5:999999999", "what is this"):
        with dashboard.open_stream(MATCH_ID, id_of_long_ago) as stream:
            assert stream.next().name == "snapshot"


def test_past_the_cap_a_client_is_refused_and_can_poll(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard = start_dashboard(max_streams=2)
    kick_off(dashboard, feed)
    with dashboard.open_stream(MATCH_ID) as one, dashboard.open_stream() as two:
        one.next()
        two.next()
        with dashboard.open_stream(MATCH_ID) as refused:
            assert refused.response.status_code == 503
            assert refused.response.headers["Content-Type"] == "application/problem+json"
            assert int(refused.response.headers["Retry-After"]) > 0
            assert "/api/matches" in refused.response.json()["detail"]
        for path in ("/api/matches", f"/api/match-stats?match_id={MATCH_ID}", "/health", "/ready"):
            answer = dashboard.get(path)
            assert answer.status_code == 200
            if tag := answer.headers.get("ETag"):
                assert dashboard.get(path, headers={"If-None-Match": tag}).status_code == 304
    wait_for("a place is free again", lambda: place_is_free(dashboard, feed))


def place_is_free(dashboard: Dashboard, feed: Feed) -> bool:
    feed.play()  # what has hung up is noticed when something is sent
    with dashboard.open_stream(MATCH_ID) as stream:
        return stream.response.status_code == 200


def test_a_client_that_does_not_read_holds_nobody_up_and_is_caught_up_by_a_snapshot(
    start_dashboard: StartDashboard, feed: Feed
) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    with socket.socket() as slow, dashboard.open_stream(MATCH_ID) as quick:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(20)
        slow.connect(("127.0.0.1", dashboard.port))
        slow.sendall(b"GET /api/stream?match_id=%s HTTP/1.1\r\nHost: x\r\n\r\n" % MATCH_ID.encode())
        quick.next()

        def play_on() -> bool:
            feed.play()
            quick.until(lambda m: m.name == "update" and m.data.get("match", {}).get("second") is not None)
            return dashboard.metric("streams_fell_behind_total") > 0

        wait_for("the slow client fell behind", play_on, within=120)
        last = feed.play()
        received = b""
        while received.count(b"event: snapshot") < 2 or last["id"].encode() not in received:
            received += slow.recv(65536)


def test_a_tick_comes_every_ten_seconds_although_nothing_happens(
    start_dashboard: StartDashboard, feed: Feed
) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    with dashboard.open_stream(MATCH_ID) as stream:
        tick = stream.until(lambda m: m.name == "tick" and m.data["status"]["kafka"] == "online", within=15)
    assert tick.data["now"]
    assert tick.data["status"]["airflow"] == "offline"


def test_without_the_model_api_the_score_goes_on_and_the_forecast_says_why_not(
    start_dashboard: StartDashboard, feed: Feed
) -> None:
    dashboard = start_dashboard(api_url="http://127.0.0.1:1")
    feed.play("Half Start")
    wait_for("the match is there", lambda: dashboard.answers(f"/api/match-stats?match_id={MATCH_ID}"))
    with dashboard.open_stream(MATCH_ID) as stream:
        stream.next()
        feed.score()
        update = stream.until(has_goal)
    assert update.data["match"]["score"] == {"home": 1, "away": 0}
    assert update.data["match"]["probability"] is None
    reason = wait_for("a reason", lambda: dashboard.prediction(MATCH_ID)["reason"])
    assert "model API" in reason
    assert dashboard.prediction(MATCH_ID)["available"] is False


def test_streams_end_when_the_dashboard_is_stopped(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard = start_dashboard()
    kick_off(dashboard, feed)
    with dashboard.open_stream(MATCH_ID) as stream:
        stream.next()
        started = time.monotonic()
        assert dashboard.stop() == 0
        assert time.monotonic() - started < GRACEFUL_SECONDS
        names = []
        try:
            while True:
                names.append(stream.next().name)
        except StopIteration:
            pass
    assert set(names) <= {"update", "tick"}
