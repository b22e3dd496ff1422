"""Addresses of brokers, and what is said when none answers."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from matchcast.errors import MatchcastError
from matchcast.stream.client import StreamRecord, parse_broker
from matchcast.stream.command import dead_letters, topics
from matchcast.stream.errors import (
    InvalidBrokerAddress,
    InvalidTopicName,
    KafkaUnavailable,
    UndeliveredRecords,
)
from matchcast.stream.reader import EventReader
from matchcast.stream.topics import Topics, ensure_topics
from matchcast.stream.writer import EventWriter

NOBODY = "127.0.0.1:1"


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("localhost:9092", "localhost:9092"),
        (" a.example:1 , b.example:65535,", "a.example:1,b.example:65535"),
        ("[::1]:9092", "[::1]:9092"),
    ],
)
def test_addresses_are_host_and_port(text: str, parsed: str) -> None:
    assert parse_broker(text) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "localhost",
        "localhost:",
        ":9092",
        "localhost:0",
        "localhost:65536",
        "http://a:1",
        "a b:1",
        "a:٣",
    ],
)
def test_what_is_no_address_is_refused_with_the_form_that_is(text: str) -> None:
    with pytest.raises(InvalidBrokerAddress) as caught:
        parse_broker(text)
    assert caught.value.hint is not None
    assert "host:port" in caught.value.hint


def test_a_record_knows_its_place() -> None:
    assert StreamRecord("events", 3, 17, None, b"", 0).place == "events/3/17"


def test_the_dead_letters_are_named_after_their_events() -> None:
    assert Topics().dead_letters == "live_football_events.dead_letter"
    assert Topics(events="mine").dead_letters == "mine.dead_letter"


def test_without_a_broker_topics_are_waited_for_no_longer_than_told() -> None:
    with pytest.raises(KafkaUnavailable, match=f"Kafka at {NOBODY} does not answer"):
        ensure_topics(NOBODY, [], timeout=0.3)


def test_without_a_broker_a_reader_says_so() -> None:
    with EventReader(NOBODY, "events") as reader, pytest.raises(KafkaUnavailable):
        reader.start_at_beginning(timeout=0.3)


def test_what_no_broker_takes_is_said_to_be_undelivered() -> None:
    writer = EventWriter(NOBODY, delivery_timeout_s=0.2)
    writer.write("events", b"one")
    writer.write("events", b"two")
    with pytest.raises(
        UndeliveredRecords, match=f"2 records were not delivered to Kafka: no broker at {NOBODY} took it"
    ) as caught:
        writer.flush(10)
    assert caught.value.count == 2
    writer.flush(1)  # told once


def test_a_flush_ends_in_time_when_records_are_still_on_their_way() -> None:
    writer = EventWriter(NOBODY, delivery_timeout_s=60)
    writer.write("events", b"one")
    with pytest.raises(UndeliveredRecords, match=f"no answer from {NOBODY} within 0.2 s"):
        writer.flush(0.2)
    assert writer.pending == 1


@pytest.mark.parametrize("command", [topics, dead_letters])
def test_commands_without_a_broker_end_in_one_sentence_with_a_hint(command: object) -> None:
    arguments = ["list"] if command is dead_letters else ["--check"]
    done = CliRunner().invoke(command, [*arguments, "--kafka-broker", NOBODY])  # type: ignore[arg-type]
    assert isinstance(done.exception, MatchcastError)
    assert done.exception.message.startswith(f"Kafka at {NOBODY} does not answer")
    assert done.exception.hint is not None
    assert "matchcast up" in done.exception.hint


@pytest.mark.parametrize("arguments", [[], ["--all", "events/0/1"]])
def test_retry_wants_either_keys_or_all(arguments: list[str]) -> None:
    done = CliRunner().invoke(dead_letters, ["retry", *arguments])
    assert done.exit_code == 2
    assert "--all" in done.output


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "spiel-ü", "a" * 238])
def test_a_name_that_kafka_gives_no_topic_is_refused_before_it_is_asked(name: str) -> None:
    with pytest.raises(InvalidTopicName, match="cannot be the name of a topic"):
        Topics(events=name)


def test_the_commands_say_which_variable_names_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHCAST_EVENTS_TOPIC", "")
    result = CliRunner().invoke(topics, ["--check"])
    assert isinstance(result.exception, InvalidTopicName)
    assert "MATCHCAST_EVENTS_TOPIC" in (result.exception.hint or "")
