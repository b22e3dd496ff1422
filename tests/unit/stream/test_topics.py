"""Topics as the settings want them."""

from __future__ import annotations

from matchcast.settings import load
from matchcast.stream.topics import catalogue


def test_events_keep_near_the_bytes_that_are_asked_for() -> None:
    events = catalogue(load(events_retention_bytes=80 * 1024**2))[0]
    assert events.config["retention.bytes"] == "83886080"
    assert events.config["segment.bytes"] == "10485760"


def test_events_without_a_bound_take_the_broker_s_own() -> None:
    events = catalogue(load(events_retention_bytes=0))[0]
    assert {"retention.bytes", "segment.bytes"} & set(events.config) == set()
