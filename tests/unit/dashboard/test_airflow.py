"""The dashboard's routes to Airflow: one question for all visitors, and each failure said with its reason."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient

from matchcast.dashboard.airflow_api import CONNECTIONS, AirflowApi
from matchcast.dashboard.problems import Problem

from .airflow_server import DAG, RUN, AirflowServer, serving
from .conftest import MakeApp, log_in

DAGS = "/api/airflow/dags"
RUNS = f"{DAGS}/football_pipeline/runs"
TRIGGER = f"{DAGS}/football_pipeline/trigger"
AIRFLOWS_DAGS = ("GET", "/api/v2/dags")
AIRFLOWS_TRIGGER = ("POST", "/api/v2/dags/football_pipeline/dagRuns")


@pytest.fixture
def airflow() -> Iterator[AirflowServer]:
    with serving() as airflow:
        yield airflow


@pytest.fixture
def client(make_app: MakeApp, airflow: AirflowServer) -> FlaskClient:
    """A visitor of a dashboard with that Airflow."""
    app = make_app(airflow_url=airflow.url, airflow_password=airflow.PASSWORD)
    return app.test_client()


def act(client: FlaskClient, path: str = TRIGGER) -> Any:
    return client.post(path, json={}, headers={"X-CSRF-Token": log_in(client)})


def problem_of(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.json["type"].removeprefix("urn:matchcast:problem:")


def test_dags_are_listed_with_their_last_run_and_what_came_of_it(
    client: FlaskClient, airflow: AirflowServer
) -> None:
    returned = {
        "drain": ("success", {"step": "drain", "events": 12345, "release": "/r"}),
        "features": ("success", {"matches": 1}),
        "check": (
            "success",
            {"passed": True, "faults": [], "drift": {"real": {"drifted": False, "reference": 8000}}},
        ),
    }
    airflow.add_run(RUN, returned, "football_pipeline")
    (dag,) = client.get(DAGS).json["dags"]
    assert (dag["dag_id"], dag["is_paused"], dag["next_run"]) == (
        "football_pipeline",
        False,
        "2026-01-02T03:10:00Z",
    )
    assert dag["last_run"]["state"] == "success"
    assert dag["last_run"]["result"] == "12,345 events drained, 1 match finished, checks passed, no drift."
    (run,) = client.get(RUNS).json["runs"]
    assert run == dag["last_run"]
    assert run["url"] == (
        f"{airflow.url}/dags/football_pipeline/runs/scheduled__2026-01-02T03%3A00%3A00%2B00%3A00"
    )


@pytest.mark.parametrize(
    ("dag_id", "said"),
    [
        ("football_pipeline", "At every 10th minute, and when a match has ended"),
        ("another", "At every 10th minute, and when an event wakes it"),
    ],
)
def test_what_wakes_a_dag_beside_its_timetable_is_said_in_plain_words(
    client: FlaskClient, airflow: AirflowServer, dag_id: str, said: str
) -> None:
    woken = {**DAG, "dag_id": dag_id, "timetable_description": "Triggered by assets or At every 10th minute"}
    airflow.answers["GET", "/api/v2/dags"] = 200, {"dags": [woken]}
    airflow.answers["GET", f"/api/v2/dags/{dag_id}/dagRuns"] = 200, {"dag_runs": []}
    assert [dag["timetable"] for dag in client.get(DAGS).json["dags"]] == [said]


def test_only_dags_with_the_tag_of_this_system_are_asked_for(
    client: FlaskClient, airflow: AirflowServer
) -> None:
    client.get(DAGS)
    assert airflow.queries["/api/v2/dags"] == "tags=matchcast"


@pytest.mark.parametrize(
    ("drift", "sentence"),
    [
        (
            {
                "real": {"drifted": True, "reference": 8000},
                "simulated": {"drifted": False, "reference": 8000},
            },
            "Checks passed, real matches have drifted.",
        ),
        ({"simulated": {"drifted": False, "matches": 40, "reference": 0}}, "Checks passed."),
        ({}, "Checks passed."),
    ],
)
def test_a_run_that_found_drift_says_of_which_matches(
    client: FlaskClient, airflow: AirflowServer, drift: dict[str, Any], sentence: str
) -> None:
    checked = {"passed": True, "faults": [], "drift": drift}
    airflow.add_run(RUN, {"check": ("success", checked)}, "football_pipeline")
    assert client.get(RUNS).json["runs"][0]["result"] == sentence


def test_a_run_that_failed_names_the_task(client: FlaskClient, airflow: AirflowServer) -> None:
    tasks = {"drain": ("failed", None), "check": ("upstream_failed", None)}
    airflow.add_run({**RUN, "state": "failed"}, tasks, "football_pipeline")
    (run,) = client.get(RUNS).json["runs"]
    assert (run["state"], run["result"]) == ("failed", "drain failed.")


@pytest.mark.parametrize(
    ("promoted", "sentence"),
    [
        (
            {"champion": "goals-2", "promoted": True, "reasons": ["it wins"]},
            "Promoted goals-2, served by every worker: it wins.",
        ),
        (
            {"champion": "goals-1", "promoted": False, "reasons": ["it does not surely win", "it is slower"]},
            "Kept goals-1: it does not surely win; it is slower.",
        ),
    ],
)
def test_a_run_of_retraining_says_whether_it_promoted_and_why(
    client: FlaskClient, airflow: AirflowServer, promoted: dict[str, Any], sentence: str
) -> None:
    airflow.answers[AIRFLOWS_DAGS] = 200, {"dags": [{**DAG, "dag_id": "retraining_pipeline"}]}
    tasks = {
        "gate": ("success", {"promote": promoted["promoted"], "reasons": promoted["reasons"]}),
        "promote": ("success", promoted),
        "verify": ("success", {"champion": promoted["champion"]}),
    }
    airflow.add_run(RUN, tasks, "retraining_pipeline")
    (run,) = client.get(f"{DAGS}/retraining_pipeline/runs").json["runs"]
    assert run["result"] == sentence


def test_a_promotion_that_was_rolled_back_is_not_said_to_be_served(
    client: FlaskClient, airflow: AirflowServer
) -> None:
    airflow.answers[AIRFLOWS_DAGS] = 200, {"dags": [{**DAG, "dag_id": "retraining_pipeline"}]}
    tasks = {
        "promote": ("success", {"champion": "goals-2", "promoted": True, "reasons": ["it wins"]}),
        "verify": ("success", {"champion": "goals-1"}),
    }
    airflow.add_run(RUN, tasks, "retraining_pipeline")
    (run,) = client.get(f"{DAGS}/retraining_pipeline/runs").json["runs"]
    assert run["result"] == "Promoted goals-2, but goals-1 is the champion by now: it wins."


def test_many_visitors_are_one_question_to_airflow(client: FlaskClient, airflow: AirflowServer) -> None:
    def ask(_: int) -> int:
        return client.application.test_client().get(DAGS).status_code

    with ThreadPoolExecutor(8) as visitors:
        assert set(visitors.map(ask, range(40))) == {200}
    assert airflow.times("POST", "/auth/token") == 1
    # On a machine so busy that this takes longer than an answer holds, it may be asked again.
    assert airflow.times(*AIRFLOWS_DAGS) <= 2


def test_what_came_of_a_run_is_asked_once(client: FlaskClient, airflow: AirflowServer) -> None:
    airflow.add_run(RUN, {"drain": ("success", {"events": 1})}, "football_pipeline")
    airflow.answers["PATCH", "/api/v2/dags/football_pipeline"] = 200, {**DAG, "is_paused": True}
    for _ in range(3):
        assert client.get(RUNS).json["runs"][0]["result"] == "1 event drained."
        assert act(client, f"{DAGS}/football_pipeline/pause").json["is_paused"] is True
    assert airflow.times(*AIRFLOWS_DAGS) == 3, "after each act Airflow is asked anew"
    tasks = f"/api/v2/dags/football_pipeline/dagRuns/{RUN['dag_run_id']}/taskInstances"
    assert airflow.times("GET", tasks) == 1


@pytest.mark.parametrize("refusal", [(401, "Token Expired"), (403, "Invalid JWT token")])
def test_a_token_that_is_not_taken_any_more_is_renewed_once(
    client: FlaskClient, airflow: AirflowServer, refusal: tuple[int, str]
) -> None:
    assert client.get(DAGS).status_code == 200
    airflow.tokens.clear()
    airflow.refusal = refusal[0], {"detail": refusal[1]}
    airflow.answers[AIRFLOWS_TRIGGER] = 200, {**RUN, "state": "queued", "run_type": "manual"}
    assert act(client).status_code == 202
    assert airflow.times("POST", "/auth/token") == 2


def test_a_double_click_is_one_run(client: FlaskClient, airflow: AirflowServer) -> None:
    airflow.answers[AIRFLOWS_TRIGGER] = 200, {**RUN, "state": "queued", "run_type": "manual"}
    first, second = act(client), act(client)
    assert (first.status_code, second.status_code) == (202, 200)
    assert second.json["repeated"] is True
    assert second.json["run"] == first.json["run"]
    assert airflow.times(*AIRFLOWS_TRIGGER) == 1


def test_the_same_wish_of_two_dashboards_is_one_run(make_app: MakeApp, airflow: AirflowServer) -> None:
    """Airflow takes an id once; the one that comes second is given the run of the first."""
    airflow.answers[AIRFLOWS_TRIGGER] = 409, {"detail": {"reason": "Unique constraint violation"}}
    real = airflow.answer

    def answer(method: str, path: str, token: str, body: Any) -> tuple[int, Any]:
        if method == "GET" and path.startswith("/api/v2/dags/football_pipeline/dagRuns/dashboard__"):
            return 200, {**RUN, "dag_run_id": path.rpartition("/")[2], "state": "running"}
        return real(method, path, token, body)

    airflow.answer = answer  # type: ignore[method-assign]
    app = make_app(airflow_url=airflow.url, airflow_password=airflow.PASSWORD)
    asked = act(app.test_client())
    assert (asked.status_code, asked.json["repeated"]) == (200, True)
    wish = next(body for body in airflow.sent if body and "dag_run_id" in body)
    assert asked.json["run"]["run_id"] == wish["dag_run_id"]
    assert asked.json["run"]["state"] == "running"


def test_a_run_of_a_paused_dag_is_said_to_wait(client: FlaskClient, airflow: AirflowServer) -> None:
    airflow.answers[AIRFLOWS_DAGS] = 200, {"dags": [{**DAG, "is_paused": True}]}
    airflow.answers[AIRFLOWS_TRIGGER] = 200, {**RUN, "state": "queued", "run_type": "manual"}
    assert act(client).json["note"] == "football_pipeline is paused: the run waits until it is resumed."
    assert client.get(DAGS).json["dags"][0]["next_run"] is None


def test_a_run_that_airflow_refuses_is_refused_in_its_words(
    client: FlaskClient, airflow: AirflowServer
) -> None:
    airflow.answers[AIRFLOWS_TRIGGER] = 400, {"detail": "DAG has import errors and cannot be triggered"}
    answer = act(client)
    assert problem_of(answer) == (409, "airflow-refuses")
    assert answer.json["detail"] == "Airflow refuses: DAG has import errors and cannot be triggered."


@pytest.mark.parametrize("path", [f"{DAGS}/nope/runs", f"{DAGS}/nope/trigger", f"{DAGS}/nope/pause"])
def test_a_dag_that_is_not_there_is_not_asked_for(
    client: FlaskClient, airflow: AirflowServer, path: str
) -> None:
    answer = client.get(path) if path.endswith("runs") else act(client, path)
    assert problem_of(answer) == (404, "no-such-dag")
    assert not any("nope" in asked for _, asked in airflow.asked)


def test_wrong_credentials_are_said_and_not_tried_again_at_once(
    make_app: MakeApp, airflow: AirflowServer
) -> None:
    app = make_app(airflow_url=airflow.url, airflow_password="wrong")
    answer = app.test_client().get(DAGS)
    assert problem_of(answer) == (503, "airflow-login")
    assert "refuses the login of 'dashboard': Invalid credentials" in answer.json["detail"]
    assert "wrong" not in answer.text
    act(app.test_client())
    assert airflow.times("POST", "/auth/token") == 1


def test_without_a_password_the_setting_is_named(make_app: MakeApp, airflow: AirflowServer) -> None:
    answer = make_app(airflow_url=airflow.url).test_client().get(DAGS)
    assert problem_of(answer) == (503, "airflow-login")
    assert "MATCHCAST_AIRFLOW_PASSWORD_FILE" in answer.json["detail"]


def test_an_account_that_may_not_act_is_told_so(client: FlaskClient, airflow: AirflowServer) -> None:
    airflow.answers[AIRFLOWS_TRIGGER] = 403, {"detail": "Forbidden"}
    answer = act(client)
    assert problem_of(answer) == (503, "airflow-forbids")
    assert answer.json["detail"] == (
        "Airflow does not let the account 'dashboard' do this: Forbidden "
        "(POST /api/v2/dags/football_pipeline/dagRuns)."
    )
    assert airflow.times("POST", "/auth/token") == 1, "another token of the same account changes nothing"


def test_an_account_that_may_not_see_results_is_shown_the_runs(
    client: FlaskClient, airflow: AirflowServer
) -> None:
    airflow.add_run(RUN, {"drain": ("success", {"events": 1})}, "football_pipeline")
    tasks = f"/api/v2/dags/football_pipeline/dagRuns/{RUN['dag_run_id']}/taskInstances"
    airflow.answers["GET", f"{tasks}/drain/xcomEntries/return_value"] = 403, {"detail": "Forbidden"}
    (run,) = client.get(RUNS).json["runs"]
    assert (run["state"], run["result"]) == ("success", None)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "no address", "ftp://127.0.0.1"])
def test_where_no_airflow_is_the_answer_is_503_and_says_why(make_app: MakeApp, url: str) -> None:
    app = make_app(airflow_url=url, airflow_password="p")
    answer = app.test_client().get(DAGS)
    assert problem_of(answer) == (503, "airflow-down")
    assert url in answer.json["detail"]


@pytest.mark.parametrize(
    "answer", [(200, b"<html>"), (200, {"dags": 3}), (500, {"detail": "boom"}), (302, b"")]
)
def test_what_is_not_airflow_is_said_to_fail(
    client: FlaskClient, airflow: AirflowServer, answer: tuple[int, Any]
) -> None:
    airflow.answers[AIRFLOWS_DAGS] = answer
    assert problem_of(client.get(DAGS)) == (503, "airflow-fails")


def test_a_request_waits_only_so_long_for_those_that_airflow_leaves_without_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("matchcast.dashboard.airflow_api.TURN_SECONDS", 0.2)
    with ThreadPoolExecutor(CONNECTIONS) as visitors, socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(30)
        airflow = AirflowApi(f"http://127.0.0.1:{mute.getsockname()[1]}", "dashboard", None)
        waiting = [visitors.submit(airflow.get, dict, "dags", login=False) for _ in range(CONNECTIONS)]
        taken = [mute.accept()[0] for _ in waiting]
        with pytest.raises(Problem, match="does not answer: 4 requests are waiting for it already") as caught:
            airflow.get(dict, "dags", login=False)
        assert caught.value.status == 503
        mute.close()
        for connection in taken:
            with closing(connection):
                connection.shutdown(socket.SHUT_RDWR)
        assert all(isinstance(one.exception(timeout=30), Problem) for one in waiting)


def test_a_dashboard_without_an_airflow_names_the_setting(visitor: FlaskClient) -> None:
    for path in (DAGS, RUNS):
        answer = visitor.get(path)
        assert problem_of(answer) == (503, "airflow-not-configured")
        assert "MATCHCAST_AIRFLOW_URL" in answer.json["detail"]
