"""Schedules: each firing plays the next events, and the one after a match's end kicks off the next."""

from __future__ import annotations

from tests.stream.produce.conftest import Run, match_of, matches_in, wait_until, whole_match

from matchcast.events.record import decode
from matchcast.local.broker import Broker


def test_each_firing_plays_the_next_max_events_of_the_running_match(own_kafka: Broker, run: Run) -> None:
    producer = run("produce", "--schedule-interval", "0.5", "--max-events", "40", "--speed", "max")
    wait_until(lambda: len(matches_in(own_kafka.bootstrap).get("man_utd_liverpool", [])) >= 120)
    assert producer.stop() == 0
    ((match_id, records),) = matches_in(own_kafka.bootstrap).items()
    assert match_id == "man_utd_liverpool"
    assert len(records) % 40 == 0
    assert records == whole_match(match_of(records))[: len(records)]


def test_the_firing_after_the_end_of_a_match_kicks_off_the_next_one(own_kafka: Broker, run: Run) -> None:
    producer = run("produce", "--schedule-interval", "1", "--max-events", "5000", "--speed", "max")
    wait_until(lambda: len(matches_in(own_kafka.bootstrap)) >= 2)
    assert producer.stop() == 0
    first = matches_in(own_kafka.bootstrap)["man_utd_liverpool"]
    assert decode(first[-1]).type.name == "Match End"
    assert "arsenal_chelsea" in matches_in(own_kafka.bootstrap)


def test_two_named_teams_meet_again_on_a_schedule(own_kafka: Broker, run: Run) -> None:
    teams = ("--home-team", "Peru", "--away-team", "Chile", "--knockout")
    producer = run("produce", *teams, "--schedule-interval", "1", "--speed", "max")
    wait_until(lambda: "peru_chile_2" in matches_in(own_kafka.bootstrap))
    assert producer.stop() == 0
    first = matches_in(own_kafka.bootstrap)["peru_chile"]
    assert first == whole_match(match_of(first))
    assert match_of(first).knockout
