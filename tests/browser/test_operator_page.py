"""Whoever may look may not act: only the operator starts a match."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from matchcast.local.broker import Broker
from matchcast.stream.reader import EventReader

from ..stream.dashboard.processes import PASSWORD, Dashboard, wait_for
from .conftest import NewMatch, OpenPage


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def test_a_stranger_sees_that_a_new_match_needs_the_login_and_cannot_start_one(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    page = open_page(dashboard, new_match().page)
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


def test_the_operator_logs_in_and_starts_a_match_between_two_teams(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage, kafka: Broker
) -> None:
    match = new_match()
    page = open_page(dashboard, "/login")
    log_in(page, "guess")
    expect(page.get_by_role("alert")).to_have_text("That is not the operator's password.")
    log_in(page)
    expect(page.locator("#session")).to_contain_text("Operator")
    page.goto(f"{dashboard.url}{match.page}")

    with EventReader(kafka.bootstrap, "match_requests") as wishes:
        wishes.start_at_end()
        page.get_by_role("button", name="New match").click()
        page.get_by_label("Home team").fill("Brighton <1901>")
        page.get_by_label("Away team").fill("Crystal Palace")
        page.get_by_role("button", name="Start the match").click()
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#notice")).to_contain_text("Brighton <1901>, Crystal Palace")
        (wish,) = wait_for("the wish", lambda: wishes.read())
    asked = json.loads(wish.value)
    assert (asked["home_team"], asked["away_team"]) == ("Brighton <1901>", "Crystal Palace")

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


def test_airflows_controls_are_off_and_say_why_while_there_is_no_airflow(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    page = open_page(dashboard, new_match().page)
    airflow = page.locator("#airflow")
    expect(airflow).to_contain_text("not connected to an Airflow")
    for button in ("Trigger", "Pause"):
        expect(airflow.get_by_role("button", name=button).first).to_be_disabled()
    expect(page.locator("#open-airflow")).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("path", ["/", "/status", "/login"])
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
