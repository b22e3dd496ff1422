"""Records that cannot be read: kept byte for byte, listed once, sent again without losing one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from matchcast.local.broker import Broker
from matchcast.settings import Settings
from matchcast.stream.client import StreamRecord, TopicPartition, connect_admin
from matchcast.stream.command import dead_letters
from matchcast.stream.dead_letters import (
    LetterBox,
    drop,
    read_letter,
    read_to_end,
    resend,
    write_letter,
)
from matchcast.stream.errors import UndeliveredRecords, UnknownLetter
from matchcast.stream.reader import EventReader
from matchcast.stream.topics import MAX_EVENT_BYTES, Topics
from matchcast.stream.writer import EventWriter

Run = Callable[..., str]


@pytest.fixture
def topics(settings: Settings) -> Topics:
    return Topics(events=settings.events_topic)


@pytest.fixture
def box(kafka: Broker, topics: Topics) -> Iterator[LetterBox]:
    box = LetterBox(kafka.bootstrap, topics.dead_letters)
    yield box
    box.close()


@pytest.fixture
def run(topics: Topics, kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `matchcast dead-letters` and returns what it printed."""
    monkeypatch.setenv("MATCHCAST_EVENTS_TOPIC", topics.events)

    def run(*arguments: str, status: int = 0) -> str:
        done = CliRunner().invoke(dead_letters, [*arguments, "--kafka-broker", kafka.bootstrap])
        assert done.exit_code == status, done.output
        return done.stdout_bytes.decode("utf-8", "surrogateescape")

    return run


def records_of(topics: Topics, count: int, *, key: bytes | None = b"m1") -> list[StreamRecord]:
    return [StreamRecord(topics.events, n % 6, n, key, b"broken \x00\xff %d" % n, 0) for n in range(count)]


def set_aside(kafka: Broker, topics: Topics, records: list[StreamRecord], *, topic_id: str = "") -> None:
    with EventWriter(kafka.bootstrap, linger_ms=5) as writer:
        for record in records:
            write_letter(writer, topics.dead_letters, record, "is not JSON", topic_id=topic_id)


@pytest.fixture
def longest(kafka: Broker, topics: Topics) -> bytes:
    """A value that the topic of the events has just taken, and that would not fit if it were longer."""
    value = os.urandom(MAX_EVENT_BYTES - 70)
    for size in range(len(value), 0, -1):
        try:
            with EventWriter(kafka.bootstrap) as writer:
                writer.write(topics.events, value[:size])
        except UndeliveredRecords:
            continue
        return value[:size]
    raise AssertionError


def read_events(kafka: Broker, topic: str) -> list[StreamRecord]:
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_beginning()
        return [record for records in read_to_end(reader, 30) for record in records]


def test_a_letter_holds_the_bytes_and_tells_the_rest(kafka: Broker, topics: Topics, box: LetterBox) -> None:
    record = StreamRecord(topics.events, 2, 41, b"\xff\x00", b'{"cut', 0)
    with EventWriter(kafka.bootstrap) as writer:
        write_letter(writer, topics.dead_letters, record, "is cut — short" + "!" * 9999)
    box.refresh()
    (letter,) = box
    assert letter.key == f"{topics.events}/2/41"
    assert letter.topic == topics.events
    assert letter.record_key == b"\xff\x00"
    assert letter.size == 5
    assert letter.reason.startswith("is cut — short!!!")
    assert len(letter.reason) <= 500
    assert read_letter(kafka.bootstrap, topics.dead_letters, letter) == b'{"cut'


def test_several_readers_of_one_record_make_one_letter(kafka: Broker, topics: Topics, box: LetterBox) -> None:
    for _ in range(3):
        set_aside(kafka, topics, records_of(topics, 4))
    box.refresh()
    assert len(box) == 4


def test_what_is_no_letter_is_passed_over_and_hides_no_letter(
    kafka: Broker, topics: Topics, box: LetterBox
) -> None:
    with EventWriter(kafka.bootstrap) as writer:
        for key in (b"", b"nobody", b"events/x/1", b"\xff/0/1"):
            writer.write(topics.dead_letters, b"by somebody else", key=key, headers={"topic_id": b"\xff"})
    set_aside(kafka, topics, records_of(topics, 2))
    box.refresh()
    assert [letter.key for letter in box.newest(9)] == [f"{topics.events}/1/1", f"{topics.events}/0/0"]


def test_letters_that_retention_took_are_not_open_any_more(
    kafka: Broker, topics: Topics, box: LetterBox
) -> None:
    set_aside(kafka, topics, records_of(topics, 5))
    box.refresh()
    places = [TopicPartition(topics.dead_letters, 0, 3)]
    admin = connect_admin(kafka.bootstrap)
    for future in admin.delete_records(places).values():
        future.result(30)
    box.refresh()
    assert {letter.key for letter in box} == {f"{topics.events}/3/3", f"{topics.events}/4/4"}


def test_the_newest_letters_come_first(kafka: Broker, topics: Topics, run: Run) -> None:
    set_aside(kafka, topics, records_of(topics, 5))
    listed = json.loads(run("list", "--json", "--limit", "2"))
    assert listed["count"] == 5
    assert [letter["key"].rpartition("/")[2] for letter in listed["letters"]] == ["4", "3"]
    lines = run("list").splitlines()
    assert len(lines) == 5
    assert f"{topics.events}/4/4" in lines[0]
    assert "is not JSON" in lines[0]


def test_a_record_is_sent_again_as_it_was_and_its_letter_closed(
    kafka: Broker, topics: Topics, run: Run, box: LetterBox
) -> None:
    records = records_of(topics, 3)
    set_aside(kafka, topics, records)
    assert run("retry", records[1].place) == "1 sent again\n"
    (sent,) = read_events(kafka, topics.events)
    assert (sent.key, sent.value) == (records[1].key, records[1].value)
    assert dict(sent.headers) == {"retried_from": records[1].place.encode()}
    box.refresh()
    assert {letter.key for letter in box} == {records[0].place, records[2].place}


def test_who_sends_again_is_told_what_becomes_of_a_record_that_still_cannot_be_read(
    kafka: Broker, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHCAST_EVENTS_TOPIC", topics.events)
    set_aside(kafka, topics, records_of(topics, 1))
    done = CliRunner().invoke(dead_letters, ["retry", "--all", "--kafka-broker", kafka.bootstrap])
    assert done.stderr == "What still cannot be read comes back as a new letter.\n"


@pytest.mark.parametrize("command", ["retry", "drop"])
def test_nothing_is_sent_or_dropped_unless_letters_are_named_or_all_are_meant(
    kafka: Broker, topics: Topics, run: Run, box: LetterBox, command: str
) -> None:
    records = records_of(topics, 2)
    set_aside(kafka, topics, records)
    run(command, status=2)
    run(command, "--all", records[0].place, status=2)
    box.refresh()
    assert len(box) == 2


def test_a_letter_is_shown_as_its_bytes_came(kafka: Broker, topics: Topics, run: Run) -> None:
    records = records_of(topics, 3)
    set_aside(kafka, topics, records)
    assert run("show", records[1].place).encode("utf-8", "surrogateescape") == records[1].value


def test_a_letter_that_is_not_open_cannot_be_shown(
    kafka: Broker, topics: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHCAST_EVENTS_TOPIC", topics.events)
    (record,) = records_of(topics, 1)
    set_aside(kafka, topics, [record])
    drop(kafka.bootstrap, topics.dead_letters)
    done = CliRunner().invoke(dead_letters, ["show", record.place, "--kafka-broker", kafka.bootstrap])
    assert isinstance(done.exception, UnknownLetter)
    assert record.place in done.exception.message


def test_a_dropped_letter_is_closed_for_good_and_its_record_not_sent(
    kafka: Broker, topics: Topics, run: Run, box: LetterBox
) -> None:
    records = records_of(topics, 3)
    set_aside(kafka, topics, records, topic_id="this")
    assert run("drop", records[0].place) == "1 dropped\n"
    set_aside(kafka, topics, records[:1], topic_id="this")
    box.refresh()
    assert {letter.key for letter in box} == {records[1].place, records[2].place}
    done = json.loads(run("drop", records[0].place, records[1].place, "--json", status=1))
    assert done == {"dropped": [records[1].place], "unknown": [records[0].place]}
    assert run("drop", "--all") == "1 dropped\n"
    assert run("list") == ""
    assert read_events(kafka, topics.events) == []


@pytest.mark.parametrize("value", [None, b"", b"x"])
@pytest.mark.parametrize("key", [None, b"", b"k"])
def test_keys_and_values_that_are_empty_or_missing_come_back_so(
    kafka: Broker, topics: Topics, key: bytes | None, value: bytes | None
) -> None:
    set_aside(kafka, topics, [StreamRecord(topics.events, 0, 0, key, value, 0)])
    assert len(resend(kafka.bootstrap, topics.dead_letters).sent) == 1
    (sent,) = read_events(kafka, topics.events)
    assert (sent.key, sent.value) == (key, value)


def test_all_are_sent_again_and_a_second_time_there_is_nothing_left(
    kafka: Broker, topics: Topics, run: Run
) -> None:
    records = records_of(topics, 1234)
    set_aside(kafka, topics, records)
    assert len(json.loads(run("retry", "--all", "--json"))["sent"]) == 1234
    assert Counter(r.value for r in read_events(kafka, topics.events)) == Counter(r.value for r in records)
    assert run("retry", "--all") == "0 sent again\n"
    assert run("list") == ""


def test_a_key_that_is_not_open_is_named_and_the_others_are_sent(
    kafka: Broker, topics: Topics, run: Run
) -> None:
    records = records_of(topics, 1)
    set_aside(kafka, topics, records)
    done = json.loads(run("retry", records[0].place, "no/0/1", "--json", status=1))
    assert done == {"sent": [records[0].place], "unknown": ["no/0/1"], "refused": {}}


def test_a_record_as_long_as_its_topic_takes_is_sent_again(
    kafka: Broker, topics: Topics, longest: bytes
) -> None:
    record = StreamRecord(topics.events, 0, 0, None, longest, 0)
    set_aside(kafka, topics, [record])
    assert resend(kafka.bootstrap, topics.dead_letters).sent == [record.place]
    values = [record.value for record in read_events(kafka, topics.events)]
    assert values == [longest, longest]


def test_a_record_that_kafka_refuses_stays_open_and_the_others_are_sent_once(
    kafka: Broker, topics: Topics, run: Run, longest: bytes
) -> None:
    good = [record._replace(value=b"good %d" % record.offset) for record in records_of(topics, 700)]
    refused = StreamRecord(topics.events, 0, 9999, b"m", longest + os.urandom(1000), 0)
    set_aside(kafka, topics, [*good[:100], refused, *good[100:]])
    for sent in (700, 0):
        done = json.loads(run("retry", "--all", "--json", status=1))
        assert len(done["sent"]) == sent
        assert list(done["refused"]) == [refused.place]
        assert "too large" in done["refused"][refused.place]
    assert sorted(r.value or b"" for r in read_events(kafka, topics.events) if r.value != longest) == sorted(
        r.value or b"" for r in good
    )
    listed = json.loads(run("list", "--json"))
    assert [letter["key"] for letter in listed["letters"]] == [refused.place]


def test_a_late_reader_does_not_open_a_letter_again_that_was_dealt_with(
    kafka: Broker, topics: Topics, box: LetterBox
) -> None:
    records = records_of(topics, 2)
    set_aside(kafka, topics, records, topic_id="this")
    resend(kafka.bootstrap, topics.dead_letters)
    set_aside(kafka, topics, records, topic_id="this")
    box.refresh()
    assert len(box) == 0
    set_aside(kafka, topics, records[:1], topic_id="another of the same name")
    box.refresh()
    assert len(box) == 1


def test_a_box_sees_what_others_did_since(kafka: Broker, topics: Topics, box: LetterBox) -> None:
    box.refresh()
    assert len(box) == 0
    records = records_of(topics, 3)
    set_aside(kafka, topics, records)
    box.refresh()
    assert [letter.key for letter in box.newest(2)] == [records[2].place, records[1].place]
    resend(kafka.bootstrap, topics.dead_letters, [records[2].place])
    box.refresh()
    assert [letter.key for letter in box.newest(2)] == [records[1].place, records[0].place]


def test_no_record_is_lost_when_sending_again_is_killed_half_way(kafka: Broker, topics: Topics) -> None:
    records = [
        StreamRecord(topics.events, n % 6, n, b"m", b"%d" % n + os.urandom(2000), 0) for n in range(20_000)
    ]
    set_aside(kafka, topics, records)
    command = [sys.executable, "-m", "matchcast", "dead-letters", "retry", "--all"]
    environment = {
        **os.environ,
        "MATCHCAST_EVENTS_TOPIC": topics.events,
        "MATCHCAST_KAFKA_BROKER": kafka.bootstrap,
    }
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    with EventReader(kafka.bootstrap, topics.events) as reader:
        reader.start_at_beginning()
        deadline = time.monotonic() + 60
        while not reader.read(1, 0.05):
            assert time.monotonic() < deadline
    process.send_signal(signal.SIGKILL)
    process.wait()
    box = LetterBox(kafka.bootstrap, topics.dead_letters)
    box.refresh()
    still_open = {letter.key for letter in box}
    box.close()
    sent = {record.value for record in read_events(kafka, topics.events)}
    assert still_open, "it was killed too late to show anything"
    assert all(record.place in still_open or record.value in sent for record in records)
    resend(kafka.bootstrap, topics.dead_letters)
    assert {record.value for record in read_events(kafka, topics.events)} == {
        record.value for record in records
    }
