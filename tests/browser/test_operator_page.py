"""Whoever may look may not act: only the operator starts a match."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from matchcast.local.broker import Broker

from ..stream.dashboard.processes import PASSWORD, Dashboard
from .conftest import NewMatch, OpenPage, StartDashboard, make_topic


@pytest.fixture
def producer(kafka: Broker, topic: str, tmp_path: Path) -> Iterator[None]:
    """A producer with a match of its own on, that kicks off what is asked for."""
    command = [
        sys.executable,
        "-m",
        "matchcast",
        "produce",
        "--kafka-broker",
        kafka.bootstrap,
        "--matches",
        "1",
    ]
    with (tmp_path / "produce.log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, "MATCHCAST_EVENTS_TOPIC": topic}, stdout=log, stderr=log
        )
    yield
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    finally:
        process.kill()


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_stranger_sees_that_a_new_match_needs_the_login_and_cannot_start_one(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    match = new_match("Everton", "Ajax")
    page = open_page(dashboard, match.page)
    page.get_by_role("button", name="New match").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("needs the operator’s login")
    expect(dialog.get_by_role("button", name="Start the match")).to_be_hidden()
    status = page.evaluate(
        """async () => {
            const { csrf_token } = await (await fetch("/api/session")).json();
            const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf_token };
            return (await fetch("/api/matches", { method: "POST", headers, body: "{}" })).status;
        }"""
    )
    assert status == 401
    dialog.get_by_role("link", name="Log in").click()
    expect(page.get_by_label("Password")).to_be_focused()
    log_in(page)
    expect(dialog.get_by_role("button", name="Start the match")).to_be_visible()
    expect(page.locator("#home-name")).to_have_text("Everton")
    assert page.url.endswith(match.page), "the same match, and a reload does not open the dialog again"


def test_a_password_manager_finds_a_user_to_keep_the_password_for_and_nobody_else_meets_it(
    dashboard: Dashboard, open_page: OpenPage
) -> None:
    page = open_page(dashboard, "/login")
    user = page.locator("form input[autocomplete=username]")
    expect(user).to_have_value("operator")
    assert not user.evaluate(
        """node => {
            const { x, y, width, height } = node.getBoundingClientRect();
            return document.elementFromPoint(x + width / 2, y + height / 2) === node;
        }"""
    ), "it is not to be seen or touched"
    expect(page.get_by_role("textbox", name="Password")).to_have_count(1)
    expect(page.get_by_role("textbox")).to_have_count(1)
    page.get_by_label("Password").focus()
    page.keyboard.press("Shift+Tab")
    expect(user).not_to_be_focused()


@pytest.mark.usefixtures("producer")
def test_the_operator_logs_in_and_starts_a_match_between_two_teams(
    dashboard: Dashboard, open_page: OpenPage
) -> None:
    page = open_page(dashboard, "/login")
    log_in(page, "guess")
    expect(page.get_by_role("alert")).to_have_text("That is not the operator's password.")
    log_in(page)
    expect(page.locator("#session")).to_contain_text("Operator")
    expect(page.locator("#lamps [data-key=producer]")).to_have_attribute("data-state", "online")
    page.get_by_role("button", name="New match").click()
    page.get_by_label("Home team").fill("Brighton <1901>")
    page.get_by_label("Away team").fill("Crystal Palace")
    page.get_by_role("button", name="Start the match").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator("#notice a", has_text="Brighton <1901> – Crystal Palace").click()
    expect(page.locator("#home-name")).to_have_text("Brighton <1901>")
    expect(page.locator("#competition")).to_contain_text("Simulated")
    expect(page.locator("#match-list [aria-current]")).to_contain_text("Simulated")
    expect(page.locator("#notice a")).to_have_count(0)
    expect(page.locator("#pill")).to_contain_text("Live")

    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#session")).to_contain_text("Watching")


def test_a_team_cannot_be_asked_to_play_itself(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    page = open_page(dashboard, "/login")
    log_in(page)
    expect(page.locator("#session")).to_contain_text("Operator")
    page.get_by_role("button", name="New match").click()
    page.get_by_label("Home team").fill("Inter")
    page.get_by_label("Away team").fill("Inter")
    page.get_by_role("button", name="Start the match").click()
    expect(page.get_by_role("alert")).to_contain_text("A team cannot play itself")


def test_without_an_airflow_one_line_says_so_and_nothing_asks_for_it(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    match = new_match()
    page = open_page(dashboard, "/login")
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    for path in (match.page, "/status"):
        page.goto(f"{dashboard.url}{path}")
        expect(page.locator("#airflow, #runs")).to_have_text(
            "Not set up: the dashboard is not connected to an Airflow."
        )
        expect(page.locator("#airflow button, #open-airflow")).to_have_count(0)
        expect(page.locator("#session")).to_contain_text("Watching")
    assert [url for url in asked if "/api/airflow" in url] == []


def test_where_airflow_is_set_up_its_controls_are_there_and_say_why_they_are_off(
    kafka: Broker, start_dashboard: StartDashboard, open_page: OpenPage
) -> None:
    dashboard = start_dashboard(kafka, events_topic=make_topic(kafka), airflow_url="http://127.0.0.1:9")
    page = open_page(dashboard)
    airflow = page.locator("#airflow")
    expect(airflow).to_contain_text("no password for Airflow")
    for button in ("Trigger", "Pause"):
        expect(airflow.get_by_role("button", name=button).first).to_be_disabled()
    expect(page.locator("#open-airflow")).to_have_attribute("href", "http://127.0.0.1:9")
    page.goto(f"{dashboard.url}/status")
    expect(page.locator("main")).to_contain_text("Airflow has not answered yet: it may still be starting.")


@pytest.mark.parametrize("path", ["/", "/status", "/login", "/evaluation"])
def test_no_page_has_markup_that_the_content_policy_forbids(
    dashboard: Dashboard, open_page: OpenPage, path: str
) -> None:
    page = open_page(dashboard, path)
    expect(page.locator("body")).to_be_visible()
    inline = page.evaluate(
        """async () => {
            const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
            return [...page.querySelectorAll("[style], style, script:not([src]):not([nonce])")]
                .map((node) => node.outerHTML)
                .concat([...page.querySelectorAll("*")].flatMap((node) => [...node.attributes])
                    .filter(({ name }) => name.startsWith("on")).map(({ name }) => name));
        }"""
    )
    assert inline == []
