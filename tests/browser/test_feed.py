"""What dies is said to be dead, with the age of what is on the screen, and comes back by itself."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from matchcast.local.broker import Broker

from ..stream.dashboard.processes import Dashboard
from .conftest import NewMatch, OpenPage, StartDashboard, make_topic

LIVE = re.compile(r"^Live · \d+ s ago$")
STALE = re.compile(r"^Stale since 5:\d\d$")
RECOVERY_MS = 60_000


def expect_live(page: Page) -> None:
    expect(page.locator("#pill")).to_have_text(LIVE, timeout=RECOVERY_MS)
    expect(page.locator("#content")).not_to_have_attribute("data-dimmed", "")
    expect(page.locator("#notice")).to_be_hidden()


def test_when_kafka_dies_the_page_dims_what_it_shows_and_says_since_when(
    start_kafka: Callable[[], Broker],
    start_dashboard: StartDashboard,
    new_match: NewMatch,
    open_page: OpenPage,
) -> None:
    broker = start_kafka()
    topic = make_topic(broker)
    match = new_match("Celtic", "Rangers", broker=broker, topic=topic)
    match.reach(5)
    page = open_page(start_dashboard(broker, events_topic=topic), match.page)
    expect_live(page)

    broker.stop()
    expect(page.locator("#pill")).to_have_text(STALE, timeout=RECOVERY_MS)
    expect(page.locator("#content")).to_have_attribute("data-dimmed", "")
    expect(page.locator("#notice")).to_contain_text("Kafka does not answer")
    expect(page.locator("#notice")).to_contain_text(re.compile(r"Shown as of \d\d:\d\d:\d\d\."))
    expect(page.locator("#lamps [data-state=offline]")).to_contain_text("Kafka")
    expect(page.locator("#score")).to_have_text("0–0")

    broker.start()
    broker.wait_until_ready()
    match.score("Celtic", "Maeda")
    expect(page.locator("#score")).to_have_text("1–0", timeout=RECOVERY_MS)
    expect_live(page)


def test_when_the_dashboard_dies_the_page_reconnects_to_the_next_one(
    kafka: Broker,
    start_dashboard: StartDashboard,
    new_match: NewMatch,
    open_page: OpenPage,
) -> None:
    topic = make_topic(kafka)
    match = new_match("Ajax", "PSV", topic=topic)
    match.reach(5)
    dashboard = start_dashboard(kafka, events_topic=topic)
    page = open_page(dashboard, match.page)
    expect_live(page)

    dashboard.kill()
    expect(page.locator("#pill")).to_have_text("Reconnecting…")
    match.score("Ajax", "Klaassen")
    start_dashboard(kafka, events_topic=topic, port=dashboard.port)
    expect(page.locator("#score")).to_have_text("1–0", timeout=RECOVERY_MS)
    expect_live(page)


def test_a_stream_that_falls_silent_is_taken_for_dead(
    kafka: Broker,
    start_dashboard: StartDashboard,
    new_match: NewMatch,
    open_page: OpenPage,
) -> None:
    topic = make_topic(kafka)
    match = new_match("Sporting", "Braga", topic=topic)
    match.reach(5)
    dashboard = start_dashboard(kafka, events_topic=topic)
    page = open_page(dashboard, match.page)
    expect_live(page)

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
    kafka: Broker,
    start_dashboard: StartDashboard,
    new_match: NewMatch,
    open_page: OpenPage,
) -> None:
    topic = make_topic(kafka)
    match = new_match("Lyon", "Nice", topic=topic)
    match.reach(5)
    dashboard = start_dashboard(kafka, events_topic=topic, max_streams=1)
    first = open_page(dashboard, match.page)
    expect_live(first)
    second = open_page(dashboard, match.page)
    expect(second.locator("#pill")).to_have_text(re.compile(r"^Every 5 s · \d+ s ago$"))
    expect(second.locator("#notice")).to_contain_text("This page asks every 5 seconds instead.")
    match.score("Lyon", "Lacazette")
    expect(second.locator("#score")).to_have_text("1–0")
    first.context.close()
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
    kafka: Broker, start_dashboard: StartDashboard, new_match: NewMatch, open_page: OpenPage, tmp_path: Path
) -> None:
    topic = make_topic(kafka)
    match = new_match("Genk", "Gent", topic=topic)
    dashboard = start_dashboard(kafka, events_topic=topic)
    page = open_page(dashboard, match.page)
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
