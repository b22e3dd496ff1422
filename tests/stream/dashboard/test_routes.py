"""The JSON that the page asks for while matches run, and what the operator does with it."""

from __future__ import annotations

import json
import time
import uuid

import requests

from matchcast.local.broker import Broker
from matchcast.stream.reader import EventReader, read_to_end
from matchcast.stream.writer import EventWriter

from .conftest import StartDashboard
from .processes import wait_for
from .producing import MATCH_ID, Feed


def test_matches_are_listed_running_first_and_asking_again_costs_nothing(
    start_dashboard: StartDashboard, kafka: Broker, topic: str, feed: Feed
) -> None:
    with Feed(kafka.bootstrap, topic, "over_already") as finished:
        finished.play()
        finished.play("Match End")
        feed.play()
        finished.play()
    dashboard = start_dashboard()
    wait_for("both are there", lambda: len(dashboard.get("/api/matches").json()["matches"]) == 2)
    wait_for("their forecasts too", lambda: all(
        row["probability"] for row in dashboard.get("/api/matches").json()["matches"]
    ))  # fmt: skip
    listed = dashboard.get("/api/matches")
    rows = listed.json()["matches"]
    assert [row["match_id"] for row in rows] == [MATCH_ID, "over_already"]
    assert [row["status"] for row in rows] == ["live", "finished"]
    assert abs(sum(rows[0]["probability"].values()) - 1) < 1e-6
    again = {"If-None-Match": listed.headers["ETag"]}
    assert dashboard.get("/api/matches", headers=again).status_code == 304
    feed.score()
    wait_for("another answer", lambda: dashboard.get("/api/matches", headers=again).status_code == 200)


def test_each_visitor_has_a_selection_of_their_own(
    start_dashboard: StartDashboard, kafka: Broker, topic: str, feed: Feed
) -> None:
    with Feed(kafka.bootstrap, topic, "everton_west_ham") as other:
        other.play()
        feed.play()
    dashboard = start_dashboard()
    wait_for("both are there", lambda: len(dashboard.get("/api/matches").json()["matches"]) == 2)
    first, second = requests.Session(), requests.Session()
    for visitor, match_id in ((first, MATCH_ID), (second, "everton_west_ham")):
        chosen = visitor.post(f"{dashboard.url}/api/select-match", json={"match_id": match_id}, timeout=10)
        assert chosen.json() == {"match_id": match_id}
    for visitor, match_id in ((first, MATCH_ID), (second, "everton_west_ham")):
        shown = visitor.get(f"{dashboard.url}/api/match-stats", timeout=10)
        assert shown.json()["match"]["id"] == match_id
        assert "private" in shown.headers["Cache-Control"]
    assert (
        first.get(f"{dashboard.url}/api/prediction?match_id=everton_west_ham", timeout=10).json()["match_id"]
        == "everton_west_ham"
    )


def test_the_newest_events_are_listed_with_their_place_in_kafka(
    start_dashboard: StartDashboard, feed: Feed
) -> None:
    dashboard = start_dashboard()
    for _ in range(5):
        feed.play(player={"name": "Bruno Fernandes"})
    wait_for("all are there", lambda: len(dashboard.get("/api/kafka/events").json()["events"]) == 5)
    events = dashboard.get("/api/kafka/events?limit=2").json()["events"]
    assert [event["offset"] for event in events] == [4, 3]
    assert events[0]["player"] == "Bruno Fernandes"
    assert events[0]["match_id"] == MATCH_ID
    assert events[0]["id"] == f"{MATCH_ID}-5"


def test_the_status_tells_of_a_producer_that_lives_and_of_one_that_went_silent(
    start_dashboard: StartDashboard, kafka: Broker
) -> None:
    dashboard = start_dashboard()
    name = f"producer-{uuid.uuid4().hex[:6]}"

    def lamp() -> tuple[str, str]:
        parts = dashboard.get("/api/system/status").json()["components"]
        producer = next(part for part in parts if part["name"] == "producer")
        return producer["state"], producer["reason"]

    beat = {"producer_id": name, "host": "here", "pid": 1, "matches": [MATCH_ID], "state": "running"}
    with EventWriter(kafka.bootstrap) as writer:

        def alive() -> bool:
            writer.write("producers", json.dumps(beat).encode(), key=name.encode())
            writer.flush()
            state, reason = lamp()
            return state == "online" and name in reason

        wait_for("the lamp is green", alive)
    silent_since = time.monotonic()
    wait_for("the lamp is not green any more", lambda: lamp()[0] == "offline")
    assert time.monotonic() - silent_since > 4


def test_a_record_that_cannot_be_read_is_counted_for_all_and_its_bytes_are_the_operators(
    start_dashboard: StartDashboard, feed: Feed, topic: str
) -> None:
    dashboard = start_dashboard()
    feed.play()
    feed.put(b"{broken")
    feed.play()

    def letters() -> dict[str, object]:
        found: dict[str, object] = dashboard.get("/api/system/status").json()["dead_letters"]
        return found

    wait_for("it is counted", lambda: letters()["count"] == 1)
    wait_for("the match goes on", lambda: dashboard.stats(MATCH_ID)["events"] == 2)
    (letter,) = letters()["newest"]
    assert letter["topic"] == topic
    assert letter["offset"] == 1
    assert "JSON" in letter["reason"]
    assert dashboard.metric("records_broken_total") == 1
    path = f"/api/dead-letters/{letter['topic']}/{letter['partition']}/{letter['offset']}"
    assert dashboard.get(path).status_code == 401
    answer = dashboard.log_in().get(dashboard.url + path, timeout=20)
    assert answer.content == b"{broken"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_the_operator_asks_for_a_new_match(start_dashboard: StartDashboard, kafka: Broker) -> None:
    dashboard = start_dashboard()
    teams = {"home_team": f"FC {uuid.uuid4().hex[:6]}", "away_team": "Everton"}
    answer = dashboard.log_in().post(f"{dashboard.url}/api/matches", json=teams, timeout=10)
    assert answer.status_code == 202
    with EventReader(kafka.bootstrap, "match_requests") as reader:
        reader.start_at_beginning()
        asked = [json.loads(record.value) for records in read_to_end(reader, 10) for record in records]
    (wish,) = [wish for wish in asked if wish["home_team"] == teams["home_team"]]
    assert wish["request_id"] == answer.json()["request_id"]
    assert wish["away_team"] == "Everton"
    assert wish["requested_at"]


def test_what_was_read_is_counted_for_prometheus(start_dashboard: StartDashboard, feed: Feed) -> None:
    dashboard = start_dashboard()
    event = feed.play()
    feed.put(json.dumps(event).encode())
    feed.score()
    wait_for("all is read", lambda: dashboard.metric("records_total") == 3)
    assert dashboard.metric("events_folded_total") == 2
    assert dashboard.metric("repeats_dropped_total") == 1
    assert dashboard.metric("ready") == 1
    wait_for("a forecast came", lambda: dashboard.metric("forecast_seconds_count") >= 1)
    with dashboard.open_stream() as stream:
        stream.next()
        assert dashboard.metric("streams_open") == 1
