"""Every error is a problem (RFC 9457) that says what is wrong, and nothing of how the API is made."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import requests

from matchcast.api.current import CurrentModel
from matchcast.api.messages import MAX_EVENTS, MAX_STATES
from matchcast.api.prediction_routes import MAX_BODY
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.forecast import Forecast
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.situation import Situation

STATE: dict[str, Any] = {
    "match": {"home_team": "Arsenal", "away_team": "Chelsea"},
    "period": 2,
    "minute": 67,
    "score": {"home": 1, "away": 0},
}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string", "minLength": 1},
        "status": {"type": "integer"},
        "detail": {"type": "string", "minLength": 1},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string", "maxLength": 301}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def problem(response: requests.Response, status: int) -> dict[str, Any]:
    """Return the problem in an answer, checked against the one shape of all of them."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    jsonschema.validate(body, PROBLEM)
    assert body["status"] == status
    assert "Traceback" not in response.text
    assert ".py" not in response.text
    return body


def post(api: str, body: Any, path: str = "/predict", **headers: str) -> requests.Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    return requests.post(f"{api}{path}", data=raw, headers=sent, timeout=30)


def test_an_address_where_nothing_is_answers_404(api: str) -> None:
    assert problem(requests.get(f"{api}/nothing", timeout=5), 404)["instance"] == "/nothing"
    problem(requests.get(f"{api}/predict/", timeout=5), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/predict", {"POST"}),
        ("DELETE", "/health", {"GET", "HEAD"}),
        ("PATCH", "/docs", {"GET", "HEAD"}),
    ],
)
def test_a_method_that_is_not_taken_answers_405_with_those_that_are(
    api: str, method: str, path: str, allowed: set[str]
) -> None:
    response = requests.request(method, f"{api}{path}", timeout=5)
    problem(response, 405)
    assert set(response.headers["Allow"].split(", ")) == allowed


def test_the_head_of_what_can_be_got_can_be_had_alone(api: str) -> None:
    response = requests.head(f"{api}/health", timeout=5)
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({**STATE, "period": "2"}, "/period"),
        ({**STATE, "period": 6}, "/period"),
        ({**STATE, "minute": 67.5}, "/minute"),
        ({**STATE, "minute": -1}, "/minute"),
        ({**STATE, "minute": 10**40}, "/minute"),
        ({**STATE, "score": {"home": 1}}, "/score/away"),
        ({**STATE, "score": {"home": 1, "away": 10**6}}, "/score/away"),
        ({**STATE, "men": {"home": 12, "away": 11}}, "/men/home"),
        ({**STATE, "status": "paused"}, "/status"),
        ({**STATE, "match": {"home_team": "Arsenal"}}, "/match/away_team"),
        ({**STATE, "match": {"home_team": "", "away_team": "B"}}, "/match/home_team"),
        ({**STATE, "match": {"home_team": "x" * 201, "away_team": "B"}}, "/match/home_team"),
        (
            {**STATE, "match": {**STATE["match"], "strengths": {"home": 0, "away": 1}}},
            "/match/strengths/home",
        ),
        ({**STATE, "previous": {"period": 1, "minute": 3}}, "/previous/score"),
        ({name: value for name, value in STATE.items() if name != "period"}, "/period"),
        ([], ""),
        (None, ""),
        ("text", ""),
    ],
)
def test_what_is_wrong_with_a_state_is_told_by_its_path(api: str, body: Any, path: str) -> None:
    assert [fault["path"] for fault in problem(post(api, body), 422)["errors"]] == [path]


def test_what_is_wrong_in_a_batch_is_told_with_the_number_of_the_state(api: str) -> None:
    states = [STATE, STATE, {**STATE, "minute": "late"}]
    found = problem(post(api, {"states": states}, "/predict/batch"), 422)
    assert found["errors"][0]["path"] == "/states/2/minute"


def test_what_is_wrong_in_an_event_is_told_with_its_number(api: str) -> None:
    event = {"id": 1, "minute": 3, "second": 75, "type": {"name": "Pass"}, "team": {"name": "Arsenal"}}
    body = {"match": STATE["match"], "events": [event]}
    assert problem(post(api, body, "/predict/events"), 422)["errors"][0]["path"] == "/events/0/second"


def test_a_part_that_a_batch_cannot_answer_is_refused(api: str) -> None:
    body = {"states": [STATE]}
    assert problem(post(api, body, "/predict/batch?include=weather"), 422)["errors"][0]["path"] == "?include"
    body_too = {**body, "include": ["weather"]}
    assert problem(post(api, body_too, "/predict/batch"), 422)["errors"][0]["path"] == "/include/0"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        json.dumps(STATE).replace("67", "NaN").encode(),
        json.dumps(STATE).replace("67", "Infinity").encode(),
        json.dumps(STATE).replace("67", "1e999").encode(),
        json.dumps(STATE).replace("67", "9" * 10_000).encode(),
        json.dumps(STATE).replace("Arsenal", "\\ud800").encode(),
        json.dumps(STATE).encode().replace(b"Arsenal", b"Ars\xffnal"),
        json.dumps(STATE).encode() + b"}",
        b'{"match": ' * 50_000,
        b'{"deep": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b'{"minute": 67.0, "deep": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b"[" * 400_000,
    ],
)
def test_what_is_no_json_answers_422_and_harms_nothing(api: str, raw: bytes) -> None:
    assert problem(post(api, raw), 422)["errors"]
    assert post(api, STATE).status_code == 200


def test_a_message_quotes_no_more_than_a_little_of_what_was_sent(api: str) -> None:
    found = problem(post(api, {**STATE, "status": "x" * 100_000}), 422)
    assert len(json.dumps(found)) < 1000


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_said_to_be_no_json_answers_415(api: str, kind: str) -> None:
    problem(post(api, STATE, **{"Content-Type": kind}), 415)


def test_a_compressed_body_answers_415(api: str) -> None:
    problem(post(api, STATE, **{"Content-Encoding": "gzip"}), 415)


def test_json_with_a_charset_is_json(api: str) -> None:
    assert post(api, STATE, **{"Content-Type": "Application/JSON; charset=utf-8"}).status_code == 200


def test_a_body_that_is_too_long_answers_413(api: str) -> None:
    problem(post(api, {**STATE, "extra": "x" * MAX_BODY}), 413)


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(api: str) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    response = requests.post(
        f"{api}/predict", data=chunks(), headers={"Content-Type": "application/json"}, timeout=30
    )
    problem(response, 413)


def test_more_states_than_a_batch_may_have_answer_422(api: str) -> None:
    found = problem(post(api, {"states": [STATE] * (MAX_STATES + 1)}, "/predict/batch"), 422)
    assert found["errors"][0]["path"] == "/states"


def test_more_events_than_a_match_may_have_answer_422(api: str) -> None:
    event = {"id": 1, "minute": 3, "second": 5, "type": {"name": "Pass"}, "team": {"name": "Arsenal"}}
    body = {"match": STATE["match"], "events": [event] * (MAX_EVENTS + 1)}
    assert problem(post(api, body, "/predict/events"), 422)["errors"][0]["path"] == "/events"


def test_more_goals_than_any_match_had_answer_422(api: str) -> None:
    goal = {
        "minute": 3,
        "second": 5,
        "type": {"name": "Shot"},
        "team": {"name": "Arsenal"},
        "shot": {"outcome": {"name": "Goal"}},
    }
    body = {"match": STATE["match"], "events": [{**goal, "id": number} for number in range(600)]}
    assert problem(post(api, body, "/predict/events"), 422)["errors"][0]["path"] == "/events/500"


def test_what_is_no_http_is_answered_with_a_problem(api: str) -> None:
    address = urlsplit(api)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(b"this is not HTTP\r\n\r\n")
        answer = connection.makefile("rb").read()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    jsonschema.validate(json.loads(body), PROBLEM)


def test_without_a_model_forecasts_answer_503_and_the_process_is_alive(api_of_model: str) -> None:
    response = post(api_of_model, STATE)
    assert "no model" in problem(response, 503)["detail"]
    assert int(response.headers["Retry-After"]) > 0
    problem(requests.get(f"{api_of_model}/ready", timeout=5), 503)
    problem(requests.get(f"{api_of_model}/model", timeout=5), 503)
    assert requests.get(f"{api_of_model}/health", timeout=5).status_code == 200
    assert requests.get(f"{api_of_model}/docs", timeout=5).status_code == 200


class Failing(GoalRateForecaster):
    """A model that fails on whole forecasts."""

    def forecast(self, situation: Situation) -> Forecast:
        raise ZeroDivisionError("secret detail")


def test_a_failure_inside_answers_500_says_nothing_of_it_and_is_in_the_log(
    api_of_model: str, model: CurrentModel, caplog: pytest.LogCaptureFixture
) -> None:
    champion = load_champion()
    model.swap(Failing(champion), champion.card)
    response = post(api_of_model, STATE)
    detail = problem(response, 500)["detail"]
    assert "secret" not in response.text
    assert "ZeroDivisionError" not in response.text
    record = next(one for one in caplog.records if one.exc_info)
    assert str(vars(record)["reference"]) in detail
    assert post(api_of_model, {"states": [STATE]}, "/predict/batch").status_code == 200
