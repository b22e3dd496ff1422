"""Records through a real broker: delivered once and in order, read from wherever one likes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewPartitions

from matchcast.local.broker import Broker
from matchcast.settings import Settings
from matchcast.stream import reader as reader_module
from matchcast.stream.client import Consumer, KafkaError, StreamRecord, connect_admin, connect_consumer
from matchcast.stream.errors import KafkaUnavailable, UndeliveredRecords, UnknownTopic
from matchcast.stream.reader import EventReader, Gap
from matchcast.stream.topics import MAX_EVENT_BYTES, Observer, Topic, catalogue, ensure_topics
from matchcast.stream.writer import Delivery, EventWriter


@pytest.fixture
def topic(settings: Settings) -> str:
    return settings.events_topic


def write(broker: Broker, topic: str, count: int, *, start: int = 0, keys: int = 7) -> None:
    with EventWriter(broker.bootstrap, linger_ms=5) as writer:
        for number in range(start, start + count):
            writer.write(topic, b"%d" % number, key=b"m%d" % (number % keys))


def read_all(reader: EventReader) -> list[StreamRecord]:
    records: list[StreamRecord] = []
    deadline = time.monotonic() + 30
    while not reader.caught_up:
        records += reader.read(500, 0.1)
        assert time.monotonic() < deadline
    return records


def test_topics_are_made_once_and_as_wanted(kafka: Broker, settings: Settings) -> None:
    wanted = catalogue(settings)
    assert ensure_topics(kafka.bootstrap, wanted) == []
    observer = Observer(kafka.bootstrap)
    for want, view in zip(wanted, observer.describe_all([topic.name for topic in wanted]), strict=True):
        assert len(view.high) == want.partitions
        have = observer.configuration(want.name)
        assert {name: have.get(name) for name in want.config} == dict(want.config)


def test_what_is_written_is_read_in_the_order_of_each_key(kafka: Broker, topic: str) -> None:
    write(kafka, topic, 5000)
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_beginning()
        records = read_all(reader)
        assert reader.offsets == Observer(kafka.bootstrap).describe(topic).high
    assert Counter(record.value for record in records) == Counter(b"%d" % n for n in range(5000))
    for key in range(7):
        numbers = [int(record.value or b"") for record in records if record.key == b"m%d" % key]
        assert numbers == sorted(numbers)


def test_a_reader_goes_on_where_it_was(kafka: Broker, topic: str) -> None:
    write(kafka, topic, 100)
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_beginning()
        read_all(reader)
        offsets = reader.offsets
    write(kafka, topic, 50, start=100)
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at(offsets)
        assert sorted(int(record.value or b"") for record in read_all(reader)) == list(range(100, 150))


def test_a_reader_begins_at_a_time(kafka: Broker, topic: str) -> None:
    with EventWriter(kafka.bootstrap) as writer:
        for second in range(10):
            writer.write(topic, b"%d" % second, key=b"m", timestamp_ms=1_700_000_000_000 + 1000 * second)
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_time(1_700_000_000_000 + 6500)
        assert [record.value for record in read_all(reader)] == [b"7", b"8", b"9"]


def test_a_reader_at_the_end_reads_only_what_comes(kafka: Broker, topic: str) -> None:
    write(kafka, topic, 10)
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_end()
        assert reader.caught_up
        write(kafka, topic, 1, start=10)
        reader.aim_at_end()
        assert [record.value for record in read_all(reader)] == [b"10"]


def test_headers_keys_times_and_empty_values_come_through(kafka: Broker, topic: str) -> None:
    with EventWriter(kafka.bootstrap) as writer:
        writer.write(
            topic, b"", key=b"\x00\xff", headers={"why": b"\xfe", "how": b""}, timestamp_ms=1_700_000_000_123
        )
        writer.write(topic, None, key=b"\x00\xff")
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_beginning()
        first, second = read_all(reader)
    assert (first.key, first.value, first.timestamp_ms) == (b"\x00\xff", b"", 1_700_000_000_123)
    assert dict(first.headers) == {"why": b"\xfe", "how": b""}
    assert second.value is None


def test_offsets_that_kafka_no_longer_has_are_skipped_and_said(
    kafka: Broker, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    write(kafka, topic, 30, keys=1)
    view = Observer(kafka.bootstrap).describe(topic)
    (partition,) = [number for number, high in view.high.items() if high]
    delete_before(kafka, topic, partition, 12)
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at({partition: 5})
        assert reader.gaps == [Gap(partition, 5, 12)]
        assert [int(record.value or b"") for record in read_all(reader)] == list(range(12, 30))
    assert f"offsets 5 to 11 of partition {partition} are gone" in caplog.text


def test_an_offset_beyond_the_end_is_read_again_from_the_earliest(kafka: Broker, topic: str) -> None:
    write(kafka, topic, 3, keys=1)
    view = Observer(kafka.bootstrap).describe(topic)
    (partition,) = [number for number, high in view.high.items() if high]
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at({partition: 1000})
        assert "now ends before offset 1000" in str(reader.gaps[0])
        assert len(read_all(reader)) == 3


def test_partitions_that_a_topic_gains_are_read(kafka: Broker, topic: str) -> None:
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_beginning()
        admin = connect_admin(kafka.bootstrap)
        admin.create_partitions([NewPartitions(topic, 9)])[topic].result(10)
        deadline = time.monotonic() + 20
        gained: list[int] = []
        while not gained:
            gained = reader.add_partitions()
            assert time.monotonic() < deadline
        assert gained == [6, 7, 8]
        write(kafka, topic, 500, keys=100)
        reader.aim_at_end()
        records = read_all(reader)
    assert len(records) == 500
    assert {record.partition for record in records} >= {6, 7, 8}


def make_anew(kafka: Broker, topic: str) -> None:
    """Delete a topic and make another of its name."""
    admin = connect_admin(kafka.bootstrap)
    admin.delete_topics([topic])[topic].result(10)
    observer = Observer(kafka.bootstrap)
    deadline = time.monotonic() + 20
    while True:
        try:
            observer.describe(topic)
        except UnknownTopic:
            break
        assert time.monotonic() < deadline
    ensure_topics(kafka.bootstrap, [Topic(topic, 1, "")])


def test_a_topic_that_is_made_anew_has_another_id(kafka: Broker, topic: str) -> None:
    observer = Observer(kafka.bootstrap)
    before = observer.describe(topic).topic_id
    make_anew(kafka, topic)
    after = observer.describe(topic).topic_id
    assert after != before
    assert "/" not in after + before


def test_a_reader_of_a_topic_that_is_made_anew_reads_it_from_its_beginning_and_says_so(kafka: Broker) -> None:
    topic = f"remade_{time.time_ns()}"
    ensure_topics(kafka.bootstrap, [Topic(topic, 1, "")])
    write(kafka, topic, 10)
    with EventReader(kafka.bootstrap, topic) as reader:
        reader.start_at_beginning()
        read_all(reader)
        make_anew(kafka, topic)
        write(kafka, topic, 3, start=100)
        values: list[bytes | None] = []
        deadline = time.monotonic() + 60
        while len(values) < 3:
            values += [record.value for record in reader.read(100, 0.1)]
            assert time.monotonic() < deadline
        assert values == [b"100", b"101", b"102"]
        assert "now ends before offset 10" in str(reader.gaps[0])


def test_an_unknown_topic_is_said_to_be_so(kafka: Broker) -> None:
    with (
        EventReader(kafka.bootstrap, "nowhere") as reader,
        pytest.raises(UnknownTopic, match="no topic nowhere"),
    ):
        reader.start_at_beginning()


def test_a_record_that_kafka_refuses_is_said_to_be_undelivered(kafka: Broker, topic: str) -> None:
    noise = b"".join(n.to_bytes(4) for n in range(2 * MAX_EVENT_BYTES))
    writer = EventWriter(kafka.bootstrap)
    writer.write(topic, noise)
    with pytest.raises(
        UndeliveredRecords, match="1 record was not delivered to Kafka: Message size too large"
    ):
        writer.flush()


def test_a_delivery_is_reported_to_who_asked_for_it(kafka: Broker, topic: str) -> None:
    reports: list[Delivery] = []
    with EventWriter(kafka.bootstrap) as writer:
        for _ in range(3):
            writer.write(topic, b"x", key=b"k", on_delivery=reports.append)
    assert [report.failure for report in reports] == [None] * 3
    assert [report.offset for report in reports] == [0, 1, 2]
    assert {report.topic for report in reports} == {topic}


def test_no_record_is_lost_or_doubled_when_the_broker_is_killed(
    start_kafka: Callable[[], Broker], own_settings: Callable[[Broker], Settings]
) -> None:
    broker = start_kafka()
    topic = own_settings(broker).events_topic
    with EventWriter(broker.bootstrap) as writer, EventReader(broker.bootstrap, topic) as reader:
        reader.start_at_beginning()
        seen: list[int] = []
        for number in range(3000):
            writer.write(topic, b"%d" % number, key=b"one match")
            if number == 1500:
                broker.kill()
                broker.start()
        broker.wait_until_ready()
        writer.flush(60)
        deadline = time.monotonic() + 60
        while len(seen) < 3000:
            seen += [int(record.value or b"") for record in reader.read(500, 0.1)]
            assert time.monotonic() < deadline
        assert reader.problem is None
    assert seen == list(range(3000))


def test_a_reader_whose_broker_was_away_for_long_goes_on_by_a_new_client_where_it_was(
    start_kafka: Callable[[], Broker],
    own_settings: Callable[[Broker], Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = start_kafka()
    topic = own_settings(broker).events_topic
    clients: list[Consumer] = []

    def connect(address: str, client_id: str, on_error: Callable[[KafkaError], None]) -> Consumer:
        clients.append(connect_consumer(address, client_id, on_error))
        return clients[-1]

    monkeypatch.setattr(reader_module, "connect_consumer", connect)
    monkeypatch.setattr(reader_module, "PATIENCE_SECONDS", 1.0)
    write(broker, topic, 10)
    with EventReader(broker.bootstrap, topic) as reader:
        reader.start_at_beginning()
        assert len(read_all(reader)) == 10
        broker.kill()
        deadline = time.monotonic() + 60
        while len(clients) < 2:
            assert reader.read() == []
            assert time.monotonic() < deadline
        assert reader.problem is not None
        with pytest.raises(KafkaUnavailable):
            reader.aim_at_end(timeout=0.5)
        assert len(clients) == 3
        broker.start()
        broker.wait_until_ready()
        write(broker, topic, 5, start=10)
        seen: list[StreamRecord] = []
        while len(seen) < 5 or reader.problem is not None:
            seen += reader.read()
            assert time.monotonic() < deadline
    assert sorted(record.value or b"" for record in seen) == [b"10", b"11", b"12", b"13", b"14"]


def delete_before(kafka: Broker, topic: str, partition: int, offset: int) -> None:
    """Delete the records before an offset, as retention does."""
    admin = connect_admin(kafka.bootstrap)
    for future in admin.delete_records([TopicPartition(topic, partition, offset)]).values():
        future.result(10)
