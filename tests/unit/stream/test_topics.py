"""Topics as the settings want them."""

from __future__ import annotations

import pytest

from matchcast.local.ports import free_port
from matchcast.settings import load
from matchcast.stream import topics
from matchcast.stream.client import AdminClient, connect_admin
from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.topics import Observer, catalogue


def test_events_keep_near_the_bytes_that_are_asked_for() -> None:
    events = catalogue(load(events_retention_bytes=80 * 1024**2))[0]
    assert events.config["retention.bytes"] == "83886080"
    assert events.config["segment.bytes"] == "10485760"


def test_events_without_a_bound_take_the_broker_s_own() -> None:
    events = catalogue(load(events_retention_bytes=0))[0]
    assert {"retention.bytes", "segment.bytes"} & set(events.config) == set()


def test_after_a_look_that_got_no_answer_the_next_one_does_not_ask_by_the_same_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[AdminClient] = []

    def connect(broker: str, client_id: str) -> AdminClient:
        made.append(connect_admin(broker, client_id))
        return made[-1]

    monkeypatch.setattr(topics, "connect_admin", connect)
    observer = Observer(f"127.0.0.1:{free_port()}")
    for looks in (1, 2):
        with pytest.raises(KafkaUnavailable):
            observer.describe("live_football_events", 0.2)
        assert len(made) == 1 + looks
