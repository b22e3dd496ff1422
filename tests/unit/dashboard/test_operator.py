"""Whoever may look may not act: the operator's login, the token that guards acts, and their limits."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from .conftest import PASSWORD, MakeApp, log_in

ACTS = [
    "/api/matches",
    "/api/airflow/dags/football_pipeline/trigger",
    "/api/airflow/dags/football_pipeline/pause",
    "/api/airflow/dags/football_pipeline/resume",
]


def token_of(client: FlaskClient) -> str:
    return str(client.get("/api/session").json["csrf_token"])


def try_password(client: FlaskClient, password: str, address: str = "127.0.0.1") -> int:
    return client.post(
        "/login",
        json={"password": password},
        headers={"X-CSRF-Token": token_of(client)},
        environ_base={"REMOTE_ADDR": address},
    ).status_code


@pytest.mark.parametrize("path", ACTS)
def test_a_visitor_may_not_act(visitor: FlaskClient, path: str) -> None:
    answer = visitor.post(path, json={}, headers={"X-CSRF-Token": token_of(visitor)})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ACTS)
def test_the_operator_may_not_act_without_the_token(visitor: FlaskClient, path: str) -> None:
    log_in(visitor)
    for headers in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "guessed"}, {"X-CSRF-Token": "ü"}):
        answer = visitor.post(path, json={}, headers=headers)
        assert answer.status_code == 403
        assert answer.json["type"] == "urn:matchcast:problem:csrf"


@pytest.mark.parametrize("path", ACTS)
def test_another_site_may_not_act_through_the_operators_browser(visitor: FlaskClient, path: str) -> None:
    token = log_in(visitor)
    for site in ("cross-site", "same-site"):
        answer = visitor.post(path, json={}, headers={"X-CSRF-Token": token, "Sec-Fetch-Site": site})
        assert answer.status_code == 403


@pytest.mark.parametrize("path", ACTS)
def test_the_operator_may_act(visitor: FlaskClient, path: str) -> None:
    token = log_in(visitor)
    answer = visitor.post(path, json={}, headers={"X-CSRF-Token": token})
    assert answer.status_code == 503, "Kafka and Airflow are not there, but the operator got as far"


def test_without_a_password_nobody_may_act_and_the_answer_says_why(make_app: MakeApp) -> None:
    client = make_app(operator_password=None).test_client()
    for path in ACTS:
        answer = client.post(path, json={}, headers={"X-CSRF-Token": token_of(client)})
        assert answer.status_code == 503
        assert "MATCHCAST_OPERATOR_PASSWORD" in answer.json["detail"]
    assert try_password(client, "") == 503
    assert client.get("/api/session").json["login_possible"] is False


def test_an_empty_password_counts_as_none(make_app: MakeApp) -> None:
    client = make_app(operator_password="").test_client()
    assert try_password(client, "") == 503


def test_a_wrong_password_is_refused(visitor: FlaskClient) -> None:
    assert try_password(visitor, "wrong") == 401
    assert visitor.get("/api/session").json["operator"] is False


def test_logging_in_needs_the_token_too(visitor: FlaskClient) -> None:
    assert visitor.post("/login", json={"password": PASSWORD}).status_code == 403


def test_the_page_can_log_in_by_its_form(visitor: FlaskClient) -> None:
    token = token_of(visitor)
    refused = visitor.post("/login", data={"password": "wrong", "csrf_token": token})
    assert (refused.status_code, refused.mimetype) == (401, "text/html")
    answer = visitor.post("/login", data={"password": PASSWORD, "csrf_token": token})
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/api/session").json["operator"] is True


def test_the_login_leads_nowhere_but_home(visitor: FlaskClient) -> None:
    answer = visitor.post(
        "/login?next=https://elsewhere.example",
        data={"password": PASSWORD, "csrf_token": token_of(visitor), "next": "//elsewhere.example"},
    )
    assert answer.location == "/"


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("/?match_id=a%26b#new-match", "/?match_id=a%26b#new-match"),
        ("/status", "/status"),
        ("//elsewhere.example", "/"),
        ("//elsewhere.example/status", "/"),
        ("///elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("\\\\elsewhere.example", "/"),
        ("https:elsewhere.example", "/"),
        ("https:/status", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/elsewhere.example", "/"),
        ("//[", "/"),
        ("/logout", "/"),
        ("/?" + "x" * 2000, "/"),
    ],
)
def test_the_login_leads_back_to_a_page_of_this_site_alone(
    visitor: FlaskClient, wanted: str, place: str
) -> None:
    form = {"password": PASSWORD, "csrf_token": token_of(visitor), "next": wanted}
    assert visitor.post("/login", data=form).location == place


def test_a_wrong_password_does_not_lose_the_way_back(visitor: FlaskClient) -> None:
    form = {"password": "wrong", "csrf_token": token_of(visitor), "next": "/?match_id=a"}
    assert 'name="next" value="/?match_id=a"' in visitor.post("/login", data=form).text
    assert 'name="next" value="/"' in visitor.get("/login?next=//elsewhere.example").text


def test_who_guesses_passwords_is_slowed_down_and_told_for_how_long(visitor: FlaskClient) -> None:
    assert [try_password(visitor, "wrong") for _ in range(6)] == [401] * 5 + [429]
    answer = visitor.post("/login", json={"password": "wrong"}, headers={"X-CSRF-Token": token_of(visitor)})
    assert 1 <= int(answer.headers["Retry-After"]) <= 10


def test_a_guesser_does_not_lock_the_operator_out(make_app: MakeApp) -> None:
    app = make_app()
    guesser, operator = app.test_client(), app.test_client()
    while try_password(guesser, "wrong", "192.0.2.66") != 429:
        pass
    assert try_password(operator, PASSWORD, "192.0.2.1") == 200


def test_a_login_renews_the_token(visitor: FlaskClient) -> None:
    before = token_of(visitor)
    assert log_in(visitor) != before


def test_logging_out_ends_it(visitor: FlaskClient) -> None:
    token = log_in(visitor)
    assert visitor.post("/logout", json={}).status_code == 403
    answer = visitor.post("/logout", json={}, headers={"X-CSRF-Token": token})
    assert answer.json["operator"] is False
    assert visitor.get("/api/session").json["operator"] is False


def test_a_session_holds_in_every_slot_with_the_same_key_and_password(make_app: MakeApp) -> None:
    first, second = make_app().test_client(), make_app().test_client()
    log_in(first)
    cookie = first.get_cookie("matchcast")
    second.set_cookie("matchcast", cookie.value)
    assert second.get("/api/session").json["operator"] is True


@pytest.mark.parametrize("changed", [{"secret_key": "another"}, {"operator_password": "another password"}])
def test_a_new_key_or_password_ends_sessions(make_app: MakeApp, changed: dict[str, str]) -> None:
    first, second = make_app().test_client(), make_app(**changed).test_client()
    log_in(first)
    second.set_cookie("matchcast", first.get_cookie("matchcast").value)
    assert second.get("/api/session").json["operator"] is False


def test_a_session_ends_after_half_a_day(visitor: FlaskClient) -> None:
    log_in(visitor)
    with visitor.session_transaction() as session:
        session["since"] -= 12 * 3600 + 1
    assert visitor.get("/api/session").json["operator"] is False


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(visitor: FlaskClient) -> None:
    cookie = visitor.get("/api/session").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_secure_where_a_trusted_proxy_says_https(make_app: MakeApp) -> None:
    https = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    behind = make_app(trusted_proxies=1).test_client().get("/api/session", headers=https)
    assert "Secure" in behind.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in behind.headers
    bare = make_app(trusted_proxies=0).test_client().get("/api/session", headers=https)
    assert "Secure" not in bare.headers["Set-Cookie"]


def test_the_configuration_is_shown_to_the_operator_alone_and_without_secrets(visitor: FlaskClient) -> None:
    assert visitor.get("/api/system/status").json["configuration"] is None
    log_in(visitor)
    answer = visitor.get("/api/system/status")
    shown = {setting["name"]: setting["value"] for setting in answer.json["configuration"]}
    assert shown["MATCHCAST_KAFKA_BROKER"] == "127.0.0.1:1"
    assert PASSWORD not in answer.text
    assert "the key of all slots" not in answer.text


def test_the_bytes_of_dead_letters_are_the_operators(visitor: FlaskClient) -> None:
    assert visitor.get("/api/dead-letters/live_football_events/0/1").status_code == 401
    log_in(visitor)
    assert visitor.get("/api/dead-letters/live_football_events/0/1").status_code == 404
