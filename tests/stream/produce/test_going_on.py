"""A producer that ends, however it ends, is gone on with: no event is lost and none comes twice."""

from __future__ import annotations

import signal
import time

import msgspec
from tests.stream.produce.conftest import (
    EVENTS,
    PRODUCERS,
    Run,
    RunOn,
    heartbeats,
    match_of,
    matches_in,
    wait_until,
    whole_match,
)

from matchcast.events.record import decode
from matchcast.local.broker import Broker
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise
from matchcast.produce.heartbeat import BEAT_SECONDS, encode
from matchcast.stream.topics import PRODUCER_STALE_SECONDS
from matchcast.stream.writer import EventWriter

FIRST_FIVE = {
    "man_utd_liverpool",
    "arsenal_chelsea",
    "man_city_tottenham",
    "newcastle_aston_villa",
    "everton_west_ham",
}


def events_in(kafka: Broker) -> int:
    return sum(map(len, matches_in(kafka.bootstrap).values()))


def assert_whole(kafka: Broker, match_ids: set[str]) -> None:
    """Each match is in Kafka from its first to its last event, each event once and in order."""
    found = matches_in(kafka.bootstrap)
    assert set(found) == match_ids
    for records in found.values():
        match = match_of(records)
        assert records == whole_match(match)
        state = MatchState(match.id)
        assert all(state.apply(decode(record)) for record in records)
        assert summarise(state).status == "finished"


def test_after_being_killed_again_and_again_every_match_is_whole(own_kafka: Broker, run: Run) -> None:
    sent = 0
    for _ in range(3):
        producer = run("produce", "--speed", "600", "--once")
        wait_until(lambda: own_kafka and events_in(own_kafka) > sent + 300)  # noqa: B023
        producer.kill()
        sent = events_in(own_kafka)
    assert run("produce", "--speed", "max", "--once").wait() == 0
    assert_whole(own_kafka, FIRST_FIVE)


def test_a_producer_that_is_asked_to_end_says_goodbye_and_is_gone_on_with(
    own_kafka: Broker, run: Run
) -> None:
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        producer = run("produce", "--speed", "600", "--once", "--seed", "7")
        before = events_in(own_kafka)
        wait_until(lambda: events_in(own_kafka) > 100 + before)  # noqa: B023
        assert producer.stop(number) == code
        assert "Traceback" not in producer.output
        (beat,) = heartbeats(own_kafka.bootstrap).values()
        assert beat.state == "stopped"
        assert set(beat.matches) == FIRST_FIVE
    assert run("produce", "--speed", "max", "--once").wait() == 0
    assert_whole(own_kafka, FIRST_FIVE)


def test_a_second_producer_is_refused_while_the_first_one_lives(own_kafka: Broker, run: Run) -> None:
    first = run("produce", "--speed", "60")
    wait_until(lambda: events_in(own_kafka) > 0)
    second = run("produce")
    assert second.wait() == 1
    assert f"Another producer (process {first.process.pid} on" in second.output
    assert "Try: " in second.output
    same = run("produce", "--home-team", "Man United", "--away-team", "Liverpool")
    assert same.wait() == 1
    assert "plays man_utd_liverpool" in same.output
    other = run(
        "produce", "--home-team", "Fulham", "--away-team", "Leeds", "--max-events", "20", "--delay", "0"
    )
    assert other.wait() == 0
    assert len(matches_in(own_kafka.bootstrap)["fulham_leeds"]) == 20
    assert first.process.poll() is None
    assert first.stop() == 0


def test_a_producer_that_stood_still_stands_down_for_the_one_that_went_on(
    own_kafka: Broker, run: Run
) -> None:
    still = run("produce", "--speed", "20", "--matches", "1")
    wait_until(lambda: events_in(own_kafka) > 20)
    still.process.send_signal(signal.SIGSTOP)
    heard = time.monotonic()
    wait_until(lambda: time.monotonic() - heard > PRODUCER_STALE_SECONDS + BEAT_SECONDS)
    other = run("produce", "--speed", "20", "--matches", "1")
    wait_until(lambda: "match goes on" in other.output)
    wait_until(lambda: any(b.pid == other.process.pid for b in heartbeats(own_kafka.bootstrap).values()))
    still.process.send_signal(signal.SIGCONT)
    assert still.wait() == 1
    assert "has gone on with man_utd_liverpool" in still.output
    assert other.process.poll() is None
    assert other.stop() == 0


def test_max_events_counts_the_whole_run_and_the_next_run_plays_on(own_kafka: Broker, run: Run) -> None:
    teams = ("--home-team", "Fulham", "--away-team", "Brentford", "--delay", "0", "--max-events", "150")
    for times in (1, 2, 3):
        assert run("produce", *teams).wait() == 0
        assert len(matches_in(own_kafka.bootstrap)["fulham_brentford"]) == 150 * times
    (records,) = matches_in(own_kafka.bootstrap).values()
    assert records == whole_match(match_of(records))[:450]


def test_a_match_that_this_release_plays_differently_is_ended_as_abandoned(
    own_kafka: Broker, run: Run
) -> None:
    teams = ("--home-team", "Fulham", "--away-team", "Brentford", "--delay", "0")
    assert run("produce", *teams, "--max-events", "100").wait() == 0
    (beat,) = heartbeats(own_kafka.bootstrap).values()
    # What an older release left: the same match, whose last record no seed of this one gives.
    records = matches_in(own_kafka.bootstrap)["fulham_brentford"]
    alien = msgspec.json.decode(records[-1]) | {"id": 101, "index": 101, "of_an_older_release": True}
    with EventWriter(own_kafka.bootstrap) as writer:
        writer.write(EVENTS, msgspec.json.encode(alien), key=b"fulham_brentford")
        writer.write(PRODUCERS, encode(beat), key=beat.producer_id.encode())
    assert run("produce", *teams).wait() == 0
    found = matches_in(own_kafka.bootstrap)
    state = MatchState("fulham_brentford")
    for record in found["fulham_brentford"]:
        assert state.apply(decode(record))
    assert summarise(state).status == "abandoned"
    assert len(found["fulham_brentford"]) == 102


def test_a_broker_that_dies_in_mid_match_costs_no_event(kafka_to_kill: Broker, run_on: RunOn) -> None:
    producer = run_on(kafka_to_kill, "produce", "--speed", "300", "--once", "--matches", "2")
    wait_until(lambda: events_in(kafka_to_kill) > 300)
    kafka_to_kill.kill()
    time.sleep(2)  # long enough for several events of each match to fall due
    kafka_to_kill.start()
    kafka_to_kill.wait_until_ready()
    assert producer.wait(120) == 0
    assert_whole(kafka_to_kill, {"man_utd_liverpool", "arsenal_chelsea"})
