"""A dashboard as its users run it: a process of its own, with a real Kafka and a real model API."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from matchcast.local.broker import Broker
from matchcast.settings import load
from matchcast.stream.topics import catalogue, ensure_topics

from .processes import Api, Dashboard
from .producing import Feed


@pytest.fixture
def topic(kafka: Broker) -> str:
    """An events topic of the test's own, with all topics beside it made."""
    name = f"events-{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka.bootstrap, catalogue(load(events_topic=name)))
    return name


@pytest.fixture
def feed(kafka: Broker, topic: str) -> Iterator[Feed]:
    """Plays events of one match into the topic."""
    with Feed(kafka.bootstrap, topic) as feed:
        yield feed


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A model API with the package's champion."""
    with Api(tmp_path_factory.mktemp("api")) as api:
        api.wait_until_ready()
        yield api


StartDashboard = Callable[..., Dashboard]


@pytest.fixture
def start_dashboard(kafka: Broker, api: Api, topic: str, tmp_path: Path) -> Iterator[StartDashboard]:
    """Start dashboards, by default beside the session's Kafka and API; they end with the test."""
    with ExitStack() as running:

        def start(*, ready: bool = True, **settings: object) -> Dashboard:
            given = {
                "kafka_broker": kafka.bootstrap,
                "events_topic": topic,
                "api_url": api.url,
                "state_dir": tmp_path / "state",
                **settings,
            }
            dashboard = running.enter_context(Dashboard(tmp_path, **given))
            if ready:
                dashboard.wait_until_ready()
            return dashboard

        yield start
