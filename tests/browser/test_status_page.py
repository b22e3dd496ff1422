"""The status page tells how each part is, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import expect

from matchcast.forecast.drift_report import DriftReport, Sign
from matchcast.local.broker import Broker
from matchcast.stream.writer import EventWriter

from ..stream.dashboard.processes import PASSWORD, Dashboard
from .conftest import NewMatch, OpenPage, StartDashboard, make_topic


def test_an_event_that_cannot_be_read_is_counted_with_its_reason_and_shown_to_nobody(
    kafka: Broker, start_dashboard: StartDashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    topic = make_topic(kafka)
    match = new_match(topic=topic)
    dashboard = start_dashboard(kafka, events_topic=topic)
    page = open_page(dashboard, "/status")
    expect(page.locator("#letters")).to_contain_text("None.")
    match.put(b'{"id": 1, "minute": "a <b>secret</b>"}')
    match.play("Pass")
    expect(page.locator("#letters")).to_contain_text("1 record was skipped")
    expect(page.locator("#letters tbody tr")).to_contain_text(re.compile(rf"{topic}/\d/\d"))
    expect(page.locator("#letters")).not_to_contain_text("secret")
    assert page.locator("#letters a").count() == 0


def test_each_part_has_its_word_reason_number_and_history(dashboard: Dashboard, open_page: OpenPage) -> None:
    page = open_page(dashboard, "/status")
    kafka = page.locator("#part-kafka")
    expect(kafka.locator(".word")).to_have_text("Online")
    expect(kafka.locator(".reason")).not_to_be_empty()
    expect(kafka.locator(".slots i")).to_have_count(60)
    airflow = page.locator("#part-airflow")
    expect(airflow.locator(".word")).to_have_text("Not set up")
    expect(airflow.locator(".reason")).to_contain_text("not connected to an Airflow")
    expect(airflow.locator(".slots")).to_be_hidden()
    expect(page.locator("#part-producer .word")).to_have_text("Offline")
    expect(page.locator("#overall")).to_have_text("Offline: Producer")
    expect(page.locator("#strip li")).to_have_text(
        [re.compile(name) for name in ("Source", "Kafka", "Match", "Forecast", "API", "Dashboard", "Airflow")]
    )


def test_drift_is_shown_by_origin_with_the_signs_that_fire_first(
    start_kafka: Callable[[], Broker], start_dashboard: StartDashboard, open_page: OpenPage
) -> None:
    broker = start_kafka()
    dashboard = start_dashboard(broker, events_topic=make_topic(broker))
    page = open_page(dashboard, "/status", viewport={"width": 400, "height": 800})
    drift = page.locator("#drift")
    expect(drift).to_contain_text("No report yet")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    signs = [
        Sign("strength gap", 0.0312, 0.1, False, "strength gap: spread as before (PSI 0.031)"),
        Sign("home wins", -5.5, 4.0, True, "home wins: -0.087 a match against the reference"),
    ]
    with EventWriter(broker.bootstrap) as writer:
        for one in (
            DriftReport(now, "run-1", "real", "goals-1", True, 1000, 8000, signs),
            DriftReport(now, "run-1", "simulated", "goals-1", False, 340, 0, []),
        ):
            writer.write("drift_reports", one.encode(), key=one.key)
    real = drift.locator("article", has_text="Real matches")
    expect(real.locator(".word")).to_have_text("Drifted")
    expect(real).to_contain_text("1,000 matches beside 8,000 before them, as goals-1 forecast them.")
    expect(real.locator("tbody tr").first).to_have_text(
        "home wins-5.5004.000home wins: -0.087 a match against the reference"
    )
    expect(drift.locator("article", has_text="Simulated matches")).to_contain_text(
        "340 so far: too few to tell"
    )
    expect(page.locator("#part-model .word")).to_have_text("Warning")
    expect(page.locator("#part-model .reason")).to_contain_text("Real matches have drifted, as goals-1")
    assert page.evaluate("document.documentElement.scrollWidth") == 400


def test_only_the_operator_sees_the_settings_and_nobody_the_secrets(
    dashboard: Dashboard, open_page: OpenPage
) -> None:
    page = open_page(dashboard, "/status")
    expect(page.locator("#configuration")).to_contain_text("shown to the operator")
    page.goto(f"{dashboard.url}/login")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#session")).to_contain_text("Operator")
    page.goto(f"{dashboard.url}/status")
    expect(page.locator("#configuration")).to_contain_text("MATCHCAST_KAFKA_BROKER")
    expect(page.locator("#configuration")).not_to_contain_text(PASSWORD)


def test_the_page_says_when_the_dashboard_itself_does_not_answer(
    kafka: Broker, start_dashboard: StartDashboard, open_page: OpenPage
) -> None:
    dashboard = start_dashboard(kafka, events_topic=make_topic(kafka))
    page = open_page(dashboard, "/status")
    expect(page.locator("#part-kafka")).to_be_visible()
    dashboard.kill()
    expect(page.locator("#overall")).to_have_text("The dashboard does not answer")
    expect(page.locator("#as-of")).to_contain_text("What is below is as of")
