"""A restart forgets nothing, a missing Kafka is said and waited for, and a stop takes seconds."""

from __future__ import annotations

import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest

from matchcast.dashboard.server import GRACEFUL_SECONDS
from matchcast.local.broker import Broker
from matchcast.settings import load
from matchcast.stream.topics import catalogue, ensure_topics

from .conftest import StartDashboard
from .processes import Api, Dashboard, wait_for
from .producing import AWAY, MATCH_ID, Feed


def shown_by(dashboard: Dashboard) -> dict[str, Any]:
    """Return all that the page shows of the match."""
    return {"stats": dashboard.stats(MATCH_ID), "prediction": dashboard.prediction(MATCH_ID)}


def play_some(dashboard: Dashboard, feed: Feed) -> dict[str, Any]:
    """Play a quarter of an hour with two goals, and return what is shown once all forecasts are there."""
    feed.play("Half Start")
    for _ in range(15):
        feed.play(seconds=60)
    feed.score(player="Marcus Rashford")
    feed.score(AWAY, "Mohamed Salah")

    def complete() -> dict[str, Any] | None:
        if not dashboard.answers(f"/api/prediction?match_id={MATCH_ID}"):
            return None
        shown = shown_by(dashboard)
        kinds = [point["kind"] for point in shown["prediction"]["history"]]
        done = shown["stats"]["events"] == 18 and kinds.count("goal") == 2 and len(kinds) >= 16
        return shown if done and shown["prediction"]["available"] else None

    found: dict[str, Any] = wait_for("all of it is shown", complete)
    return found


@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_a_restart_in_mid_match_forgets_nothing(
    start_dashboard: StartDashboard, feed: Feed, tmp_path: Path, end: str
) -> None:
    dashboard = start_dashboard()
    before = play_some(dashboard, feed)
    if end == "killed":
        wait_for("a checkpoint", lambda: list((tmp_path / "state" / "dashboard").glob("*.checkpoint")))
        feed.play()
        feed.play()
        dashboard.kill()
    else:
        feed.play()
        feed.play()
        dashboard.stop()
    feed.score(player="While nobody looked")
    dashboard = start_dashboard()
    after = wait_for(
        "the goal that came meanwhile",
        lambda: (shown := shown_by(dashboard))["stats"]["score"] == {"home": 2, "away": 1} and shown,
    )
    assert after["stats"]["events"] == before["stats"]["events"] + 3
    timeline = after["stats"]["timeline"]
    assert [entry for entry in timeline if entry in before["stats"]["timeline"]] == before["stats"][
        "timeline"
    ]
    history = after["prediction"]["history"]
    assert history[: len(before["prediction"]["history"])] == before["prediction"]["history"]


def test_when_the_worker_alone_is_killed_another_takes_over(
    start_dashboard: StartDashboard, feed: Feed
) -> None:
    dashboard = start_dashboard()
    before = play_some(dashboard, feed)
    (worker,) = psutil.Process(dashboard.process.pid).children()
    worker.kill()
    wait_for("another worker", lambda: worker not in psutil.Process(dashboard.process.pid).children())
    dashboard.wait_until_ready()
    after = wait_for("the match is there", lambda: shown_by(dashboard))
    assert after["stats"]["timeline"] == before["stats"]["timeline"]
    assert after["stats"]["statistics"] == before["stats"]["statistics"]


def test_without_kafka_it_starts_says_so_and_goes_on_when_kafka_comes(
    start_dashboard: StartDashboard, tmp_path: Path, topic: str
) -> None:
    broker = Broker(tmp_path / "late-kafka", heap="384m")
    dashboard = start_dashboard(ready=False, kafka_broker=broker.bootstrap)
    wait_for("it is alive", lambda: dashboard.answers("/health"))

    def kafka_lamp() -> dict[str, Any]:
        parts = dashboard.get("/api/system/status").json()["components"]
        return next(part for part in parts if part["name"] == "kafka")

    wait_for("the lamp is red", lambda: kafka_lamp()["state"] == "offline")
    assert broker.bootstrap in kafka_lamp()["reason"]
    refused = dashboard.get("/ready")
    assert refused.status_code == 503
    assert broker.bootstrap in refused.json()["detail"]
    assert dashboard.get("/").status_code == 200
    assert dashboard.get("/api/matches").json()["matches"] == []
    try:
        broker.start()
        broker.wait_until_ready()
        ensure_topics(broker.bootstrap, catalogue(load(events_topic=topic)))
        dashboard.wait_until_ready()
        with Feed(broker.bootstrap, topic) as feed:
            feed.play()
        wait_for("the match is there", lambda: dashboard.answers(f"/api/match-stats?match_id={MATCH_ID}"))
        wait_for("the lamp is green", lambda: kafka_lamp()["state"] == "online")
    finally:
        broker.stop()


def test_a_port_that_is_taken_is_a_sentence_and_a_hint(start_dashboard: StartDashboard) -> None:
    dashboard = start_dashboard()
    second = subprocess.run(
        [sys.executable, "-m", "matchcast", "dashboard", "--port", str(dashboard.port)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert f"cannot listen on 127.0.0.1:{dashboard.port}" in second.stderr
    assert "Try: " in second.stderr
    assert "Traceback" not in second.stderr


def test_a_low_limit_of_open_files_does_not_keep_streams_from_opening(
    start_dashboard: StartDashboard,
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        dashboard = start_dashboard(max_streams=500)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    with ExitStack() as streams:
        for _ in range(300):
            stream = streams.enter_context(dashboard.open_stream())
            assert stream.next().name == "snapshot"


def test_what_is_no_request_is_answered_with_a_problem(start_dashboard: StartDashboard) -> None:
    dashboard = start_dashboard(ready=False)
    wait_for("it is alive", lambda: dashboard.answers("/health"))
    for request, status in (
        (b"this is no HTTP\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA header: x\r\n\r\n", 400),
        (b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 5000), 414),
    ):
        with socket.create_connection(("127.0.0.1", dashboard.port), timeout=10) as client:
            client.sendall(request)
            answer = client.makefile("rb").read().decode()
        assert answer.startswith(f"HTTP/1.1 {status} ")
        assert "Content-Type: application/problem+json" in answer
        assert f'"status":{status}' in answer


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_stops_within_seconds_and_leaves_no_process(
    start_dashboard: StartDashboard, feed: Feed, number: int, code: int
) -> None:
    dashboard = start_dashboard()
    play_some(dashboard, feed)
    children = psutil.Process(dashboard.process.pid).children(recursive=True)
    with dashboard.open_stream(MATCH_ID) as stream:
        stream.next()
        started = time.monotonic()
        assert dashboard.stop(number) == code
    assert time.monotonic() - started < GRACEFUL_SECONDS
    assert not [child for child in children if child.is_running()]
    assert "Traceback" not in dashboard.log.read_text()


def test_kafka_gone_for_a_while_leaves_the_last_state_on_the_page_and_says_so(
    start_dashboard: StartDashboard, tmp_path: Path, topic: str, api: Api
) -> None:
    broker = Broker(tmp_path / "kafka", heap="384m")
    try:
        broker.start()
        broker.wait_until_ready()
        ensure_topics(broker.bootstrap, catalogue(load(events_topic=topic)))
        dashboard = start_dashboard(kafka_broker=broker.bootstrap)
        with Feed(broker.bootstrap, topic) as feed:
            play_some(dashboard, feed)
            broker.kill()
            wait_for(
                "the lamp is red",
                lambda: (
                    dashboard.get("/api/system/status").json()["overall"] == "offline"
                    and "kafka" in offline_parts(dashboard)
                ),
            )
            assert dashboard.stats(MATCH_ID)["score"] == {"home": 1, "away": 1}
            broker.start()
            broker.wait_until_ready()
            feed.score()
            wait_for("the goal", lambda: dashboard.stats(MATCH_ID)["score"] == {"home": 2, "away": 1})
            wait_for("the lamp is green", lambda: "kafka" not in offline_parts(dashboard))
    finally:
        broker.stop()


def offline_parts(dashboard: Dashboard) -> list[str]:
    parts = dashboard.get("/api/system/status").json()["components"]
    return [part["name"] for part in parts if part["state"] == "offline"]
