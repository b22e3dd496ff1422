"""Wishes for matches: each is granted once, whether a producer ran when it was made or not."""

from __future__ import annotations

import json
from typing import Any

from tests.stream.produce.conftest import REQUESTS, Run, match_of, matches_in, wait_until

from matchcast.local.broker import Broker
from matchcast.stream.writer import EventWriter


def wish(kafka: Broker, *wishes: dict[str, Any] | bytes) -> None:
    with EventWriter(kafka.bootstrap) as writer:
        for each in wishes:
            writer.write(REQUESTS, each if isinstance(each, bytes) else json.dumps(each).encode())


def test_a_match_that_is_asked_for_is_played_beside_the_others(own_kafka: Broker, run: Run) -> None:
    producer = run("produce", "--speed", "60", "--matches", "1")
    wait_until(lambda: "man_utd_liverpool" in matches_in(own_kafka.bootstrap))
    wish(
        own_kafka,
        {"request_id": "r1", "home_team": "Fulham", "away_team": "Leeds United", "requested_at": "now"},
        b"junk",
        {"request_id": "r2"},
        {"request_id": "r3", "home_team": "Everton", "away_team": "Everton"},
    )
    wait_until(lambda: {"fulham_leeds", "arsenal_chelsea"} <= matches_in(own_kafka.bootstrap).keys())
    wait_until(lambda: "wish refused" in producer.output)
    assert "a wish cannot be read" in producer.output
    assert match_of(matches_in(own_kafka.bootstrap)["fulham_leeds"]).competition == "Premier League"
    assert producer.stop() == 0


def test_a_wish_made_while_no_producer_runs_is_granted_once(own_kafka: Broker, run: Run) -> None:
    wish(own_kafka, {"request_id": "r1", "home_team": "Brazil", "away_team": "Peru"})
    for _ in range(2):
        producer = run("produce", "--speed", "60", "--matches", "1")
        wait_until(lambda: "match_id" in producer.output)  # noqa: B023
        wait_until(lambda: "brazil_peru" in matches_in(own_kafka.bootstrap))
        producer.kill()
    follower = run("produce", "--speed", "max", "--matches", "1", "--max-events", "4000")
    assert follower.wait() == 0
    assert not any(match_id.startswith("brazil_peru_") for match_id in matches_in(own_kafka.bootstrap))
