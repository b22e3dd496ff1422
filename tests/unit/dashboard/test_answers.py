"""What every answer has in common: problem details for errors, headers, and no data without a cause."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from matchcast import __version__

from .conftest import MakeApp, log_in

PAGES = ["/", "/login", "/status"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/no/such/page", 404),
        ("GET", "/static/no-such-file.js", 404),
        ("GET", "/api/match-stats?match_id=nobody", 404),
        ("GET", "/api/prediction?match_id=nobody", 404),
        ("GET", "/api/prediction", 404),
        ("GET", "/api/stream?match_id=nobody", 404),
        ("DELETE", "/api/matches", 405),
        ("GET", "/api/kafka/events?limit=0", 422),
        ("GET", "/api/kafka/events?limit=²", 422),
        ("GET", "/api/kafka/events?limit=many", 422),
        ("GET", "/api/kafka/events?limit=00000000019999", 422),
        pytest.param("GET", f"/api/kafka/events?limit=000000001{'9' * 5000}", 422, id="limit-of-5009-digits"),
        ("POST", "/api/matches", 401),
        ("GET", "/ready", 503),
        ("GET", "/api/airflow/dags", 503),
        ("GET", "/api/airflow/dags/football_pipeline/runs", 503),
    ],
)
def test_every_error_is_a_problem_with_a_sentence(
    visitor: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = visitor.open(path, method=method)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"]
    assert answer.json["detail"].endswith((".", "again."))
    assert answer.json["instance"] == path.partition("?")[0]


def test_a_wrong_method_is_told_the_right_ones(visitor: FlaskClient) -> None:
    assert "GET" in visitor.delete("/api/matches").headers["Allow"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "path"),
    [
        (b"{", "application/json", 400, None),
        (b"match_id=a", "application/x-www-form-urlencoded", 415, None),
        (b'{"match_id": "\xff"}', "application/json", 400, None),
        pytest.param(
            b'{"match_id": "a", "more": ' + b"[" * 60_000,
            "application/json",
            400,
            None,
            id="nested-too-deeply",
        ),
        (b"{}", "application/json", 422, ""),
        (b'{"match_id": 5}', "application/json", 422, "/match_id"),
        (b'{"match_id": ""}', "application/json", 422, "/match_id"),
        (b'{"match_id": "nobody"}', "application/json", 404, None),
        (b'{"match_id": "%s"}' % (b"x" * 70_000), "application/json", 413, None),
    ],
)
def test_a_body_that_cannot_be_used_is_told_where_it_is_wrong(
    visitor: FlaskClient, body: bytes, kind: str, status: int, path: str | None
) -> None:
    answer = visitor.post("/api/select-match", data=body, content_type=kind)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    if path is not None:
        assert answer.json["errors"][0]["path"] == path


def test_a_team_cannot_play_against_itself(visitor: FlaskClient) -> None:
    token = log_in(visitor)
    answer = visitor.post(
        "/api/matches", json={"home_team": "Chelsea", "away_team": "Chelsea"}, headers={"X-CSRF-Token": token}
    )
    assert answer.status_code == 422
    assert answer.json["errors"][0]["path"] == "/away_team"


def test_a_failure_of_ours_is_a_problem_that_gives_nothing_away(make_app: MakeApp) -> None:
    app: Flask = make_app()
    app.view_functions["system.health"] = lambda: 1 / 0
    answer = app.test_client().get("/health")
    assert answer.status_code == 500
    assert answer.content_type == "application/problem+json"
    assert "division" not in answer.text


def test_the_process_is_alive_before_it_is_ready(visitor: FlaskClient) -> None:
    assert visitor.get("/health").json == {"status": "alive", "version": __version__, "release": None}
    ready = visitor.get("/ready")
    assert ready.status_code == 503
    assert ready.headers["Retry-After"]


def test_nothing_is_online_before_anybody_looked(visitor: FlaskClient) -> None:
    status = visitor.get("/api/system/status").json
    assert {part["name"] for part in status["components"]} == {
        "dashboard", "api", "airflow", "kafka", "producer", "model",
    }  # fmt: skip
    assert {part["state"] for part in status["components"]} == {"unknown"}
    assert status["overall"] == "unknown"
    assert all(len(part["history"]) == 60 for part in status["components"])


def test_without_matches_the_list_is_empty_and_asking_again_costs_nothing(visitor: FlaskClient) -> None:
    first = visitor.get("/api/matches")
    assert first.json["matches"] == []
    again = visitor.get("/api/matches", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_runs_only_its_own_scripts(
    visitor: FlaskClient, page: str
) -> None:
    answer = visitor.get(page)
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce is not None
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", answer.text)
    assert inline
    assert all(f'nonce="{nonce[1]}"' in attributes for attributes in inline)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", answer.text)
    assert " style=" not in answer.text
    assert not re.search(r"\son\w+=", answer.text)


def test_each_answer_has_a_nonce_of_its_own(visitor: FlaskClient) -> None:
    policies = {visitor.get("/").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.parametrize("path", ["/", "/api/matches", "/no/such/page", "/health"])
def test_every_answer_forbids_framing_and_sniffing(visitor: FlaskClient, path: str) -> None:
    headers = visitor.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"]


def test_asking_for_the_head_of_a_stream_opens_none(visitor: FlaskClient) -> None:
    assert visitor.head("/api/stream").headers["X-Accel-Buffering"] == "no"
    assert visitor.get("/api/system/status").json["streams"] == {"open": 0, "cap": 600}


def test_a_stream_that_was_asked_for_and_never_read_takes_no_place(visitor: FlaskClient) -> None:
    visitor.get("/api/stream", buffered=False).close()
    assert visitor.get("/api/system/status").json["streams"]["open"] == 0


def test_looking_at_matches_sets_no_cookie(visitor: FlaskClient) -> None:
    for path in ("/", "/api/matches", "/api/kafka/events", "/api/system/status", "/health"):
        assert "Set-Cookie" not in visitor.get(path).headers


def test_prometheus_finds_the_numbers_of_the_process(visitor: FlaskClient) -> None:
    text = visitor.get("/metrics").text
    for name in (
        "ready", "events_folded_total", "repeats_dropped_total", "records_broken_total", "streams_open",
        "forecast_seconds_count",
    ):  # fmt: skip
        assert f"\nmatchcast_dashboard_{name} 0.0" in text
    assert 'matchcast_dashboard_component_state{component="kafka",state="unknown"} 1.0' in text
