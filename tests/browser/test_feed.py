"""What dies is said to be dead, with the age of what is on the screen, and comes back by itself."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from matchcast.local.broker import Broker

from ..stream.dashboard.processes import Dashboard
from .conftest import NewMatch, OpenPage, StartDashboard, make_topic
from .playing import Match

LIVE = re.compile(r"^Live · \d+ s ago$")
STALE = re.compile(r"^Stale since 5:\d\d$")
RECOVERY_MS = 60_000


class Watched(NamedTuple):
    """A match in minute 6 on a dashboard of its own, and a page that follows it live."""

    match: Match
    dashboard: Dashboard
    page: Page
    topic: str


Watch = Callable[..., Watched]


@pytest.fixture
def watch(start_dashboard: StartDashboard, new_match: NewMatch, open_page: OpenPage) -> Watch:
    """Watch a match between two teams, on a broker, with settings of the dashboard."""

    def watch(broker: Broker, home: str, away: str, **settings: object) -> Watched:
        topic = make_topic(broker)
        match = new_match(home, away, broker=broker, topic=topic)
        match.reach(5)
        dashboard = start_dashboard(broker, events_topic=topic, **settings)
        page = open_page(dashboard, match.page)
        expect_live(page)
        return Watched(match, dashboard, page, topic)

    return watch


def expect_live(page: Page) -> None:
    expect(page.locator("#pill")).to_have_text(LIVE, timeout=RECOVERY_MS)
    expect(page.locator("#content")).not_to_have_attribute("data-dimmed", "")
    expect(page.locator("#notice")).to_be_hidden()


def test_when_kafka_dies_the_page_dims_what_it_shows_and_says_since_when(
    start_kafka: Callable[[], Broker], watch: Watch
) -> None:
    broker = start_kafka()
    match, _, page, _ = watch(broker, "Celtic", "Rangers")

    broker.stop()
    expect(page.locator("#pill")).to_have_text(STALE, timeout=RECOVERY_MS)
    expect(page.locator("#content")).to_have_attribute("data-dimmed", "")
    expect(page.locator("#notice")).to_contain_text("Kafka does not answer")
    expect(page.locator("#notice")).to_contain_text(re.compile(r"Shown as of \d\d:\d\d:\d\d\."))
    expect(page.locator("#lamps [data-key=kafka]")).to_have_attribute("data-state", "offline")
    expect(page.locator("#score")).to_have_text("0–0")

    broker.start()
    broker.wait_until_ready()
    match.score("Celtic", "Maeda")
    expect(page.locator("#score")).to_have_text("1–0", timeout=RECOVERY_MS)
    expect_live(page)


def test_when_the_dashboard_dies_the_page_reconnects_to_the_next_one(
    kafka: Broker, start_dashboard: StartDashboard, watch: Watch
) -> None:
    match, dashboard, page, topic = watch(kafka, "Ajax", "PSV")

    dashboard.kill()
    expect(page.locator("#pill")).to_have_text("Reconnecting…")
    match.score("Ajax", "Klaassen")
    start_dashboard(kafka, events_topic=topic, port=dashboard.port)
    expect(page.locator("#score")).to_have_text("1–0", timeout=RECOVERY_MS)
    expect_live(page)


def test_a_stream_that_falls_silent_is_taken_for_dead(kafka: Broker, watch: Watch) -> None:
    match, dashboard, page, _ = watch(kafka, "Sporting", "Braga")

    os.killpg(dashboard.process.pid, signal.SIGSTOP)
    try:
        expect(page.locator("#notice")).to_contain_text("connection to the dashboard", timeout=RECOVERY_MS)
        expect(page.locator("#pill")).to_have_text(STALE)
    finally:
        os.killpg(dashboard.process.pid, signal.SIGCONT)
    match.score("Sporting", "Trincão")
    expect(page.locator("#score")).to_have_text("1–0", timeout=RECOVERY_MS)
    expect_live(page)


def test_past_the_cap_of_streams_the_page_asks_instead_and_says_so(
    kafka: Broker, open_page: OpenPage, watch: Watch
) -> None:
    match, dashboard, first, _ = watch(kafka, "Lyon", "Nice", max_streams=1)
    second = open_page(dashboard, match.page)
    expect(second.locator("#pill")).to_have_text(re.compile(r"^Every 5 s · \d+ s ago$"))
    expect(second.locator("#notice")).to_contain_text("This page asks every 5 seconds instead.")
    match.score("Lyon", "Lacazette")
    expect(second.locator("#score")).to_have_text("1–0")
    first.context.close()
    expect(second.locator("#notice")).not_to_contain_text(
        "This page asks every 5 seconds", timeout=RECOVERY_MS
    )
    match.play("Pass")
    expect_live(second)


def test_a_match_whose_producer_has_gone_is_not_shown_as_live(
    dashboard: Dashboard, new_match: NewMatch, open_page: OpenPage
) -> None:
    match = new_match("Rennes", "Lens")
    match.reach(5)
    page = open_page(dashboard, match.page)
    expect_live(page)
    expect(page.locator("#pill")).to_have_text(STALE, timeout=RECOVERY_MS)
    expect(page.locator("#notice")).to_contain_text("No producer is sending this match.")
    match.play("Pass")
    expect_live(page)


def test_a_hidden_tab_gives_its_stream_back_and_takes_one_when_it_is_looked_at(
    kafka: Broker, watch: Watch
) -> None:
    match, _, page, _ = watch(kafka, "Genk", "Gent")
    page.clock.install()
    page.reload()
    expect(page.locator("#pill")).to_contain_text("Live")
    show = """(state) => {
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(show, "hidden")
    page.clock.fast_forward(61_000)
    match.score(match.home, "Heymans", seconds=60)
    page.clock.fast_forward(1_000)
    expect(page.locator("#score")).to_have_text("0–0")
    page.evaluate(show, "visible")
    expect(page.locator("#score")).to_have_text("1–0")
