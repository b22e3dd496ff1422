"""The page in a real browser, on a real Kafka, model API and dashboard."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from matchcast.local.broker import Broker
from matchcast.settings import load
from matchcast.stream.topics import catalogue, ensure_topics

from ..stream.dashboard.processes import Api, Dashboard
from .playing import Match

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 15_000

StartDashboard = Callable[..., Dashboard]
OpenPage = Callable[..., Page]
NewMatch = Callable[..., Match]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("there is no chromium here: install it, as `apt-get install chromium` does")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


def make_topic(broker: Broker) -> str:
    """Make an events topic that nobody else writes to, and all topics beside it."""
    name = f"browser-{uuid.uuid4().hex[:8]}"
    ensure_topics(broker.bootstrap, catalogue(load(events_topic=name)))
    return name


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A model API with the package's champion."""
    with Api(tmp_path_factory.mktemp("api")) as api:
        api.wait_until_ready()
        yield api


@pytest.fixture(scope="session")
def topic(kafka: Broker) -> str:
    """The events topic of the shared dashboard."""
    return make_topic(kafka)


@pytest.fixture(scope="session")
def dashboard(
    kafka: Broker, api: Api, topic: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    """The dashboard that most tests share; each plays a match of its own."""
    folder = tmp_path_factory.mktemp("dashboard")
    with Dashboard(
        folder,
        kafka_broker=kafka.bootstrap,
        events_topic=topic,
        api_url=api.url,
        state_dir=folder / "state",
    ) as dashboard:
        dashboard.wait_until_ready()
        yield dashboard


@pytest.fixture
def start_dashboard(api: Api, tmp_path: Path) -> Iterator[StartDashboard]:
    """Start a dashboard of the test's own, which it may kill, stop and start again."""
    with ExitStack() as running:

        def start(broker: Broker, **settings: object) -> Dashboard:
            given = {
                "kafka_broker": broker.bootstrap,
                "api_url": api.url,
                "state_dir": tmp_path / "state",
                **settings,
            }
            dashboard = running.enter_context(Dashboard(tmp_path, **given))
            dashboard.wait_until_ready()
            return dashboard

        yield start


@pytest.fixture
def new_match(kafka: Broker, topic: str) -> Iterator[NewMatch]:
    """Start matches on the shared dashboard, or on another broker and topic."""
    with ExitStack() as playing:

        def start(home: str = "Arsenal", away: str = "Chelsea", **given: Any) -> Match:
            broker, events = given.pop("broker", kafka), given.pop("topic", topic)
            return playing.enter_context(Match(broker.bootstrap, events, home, away, **given))

        yield start


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open pages, each as a visitor of its own: no request may leave the site, no script may fail."""
    with ExitStack() as visitors:
        strangers: list[str] = []
        failures: list[str] = []

        def open_page(dashboard: Dashboard, path: str = "/", **context: Any) -> Page:
            visitor = browser.new_context(locale="en-GB", timezone_id="Europe/London", **context)
            visitors.callback(visitor.close)
            visitor.set_default_timeout(PATIENCE_MS)
            page = visitor.new_page()
            site = urlsplit(dashboard.url).netloc
            page.on(
                "request",
                lambda sent: urlsplit(sent.url).netloc not in (site, "") and strangers.append(sent.url),
            )
            page.on("pageerror", lambda error: failures.append(str(error)))
            page.on(
                "console",
                lambda said: "Content Security Policy" in said.text and failures.append(said.text),
            )
            page.goto(f"{dashboard.url}{path}")
            return page

        yield open_page
        assert not strangers, "requests left the site"
        assert not failures, "scripts failed, or did what the policy forbids"
