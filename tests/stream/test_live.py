"""The running matches of a process against a real Kafka and a real model API, whatever is killed meanwhile."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewPartitions

from matchcast.events.record import MatchInfo
from matchcast.live.service import LiveOptions
from matchcast.live.tracker import Tracker
from matchcast.local.broker import Broker
from matchcast.settings import Settings
from matchcast.stream.client import StreamRecord, connect_admin
from matchcast.stream.errors import UnknownTopic
from matchcast.stream.reader import EventReader, read_to_end
from matchcast.stream.topics import Observer, Topics, catalogue, ensure_topics
from matchcast.stream.writer import EventWriter

Wait = Callable[..., None]
Played = dict[MatchInfo, list[bytes]]
Matches = Callable[..., Played]


def interleave(played: Played) -> list[tuple[bytes, bytes]]:
    """The records of matches that run side by side, as (key, value)."""
    longest = max(len(records) for records in played.values())
    return [
        (info.id.encode(), records[n])
        for n in range(longest)
        for info, records in played.items()
        if n < len(records)
    ]


def send(options: LiveOptions, records: list[tuple[bytes, bytes]]) -> None:
    with EventWriter(options.broker, linger_ms=5) as writer:
        for key, value in records:
            writer.write(options.topics.events, value, key=key)


class Sender(threading.Thread):
    """Sends records at a steady pace, whatever happens to who reads them or to the broker."""

    def __init__(
        self, options: LiveOptions, records: list[tuple[bytes, bytes]], *, per_second: float
    ) -> None:
        super().__init__()
        self.sent = 0
        self._options = options
        self._records = records
        self._gap = 1 / per_second
        self.start()

    def run(self) -> None:
        with EventWriter(self._options.broker) as writer:
            for key, value in self._records:
                writer.write(self._options.topics.events, value, key=key)
                self.sent += 1
                time.sleep(self._gap)


def read_back(options: LiveOptions) -> list[StreamRecord]:
    with EventReader(options.broker, options.topics.events) as reader:
        reader.start_at_beginning()
        return [record for records in read_to_end(reader, 60) for record in records]


def fold(records: list[StreamRecord]) -> Tracker:
    """What the records in Kafka fold to, read straight through."""
    tracker = Tracker()
    tracker.ingest(records)
    return tracker


def check(told: dict[str, Any], expected: Tracker) -> None:
    """Hold what a follower knows against the fold: not one event, not one point more or less."""
    assert set(told["matches"]) == {match.match_id for match in expected}
    for match in expected:
        known = told["matches"][match.match_id]
        assert known["summary"] == msgspec.to_builtins(match.summary)
        wanted = match.ask()
        assert wanted is not None
        points = [(point.stream_id, point.kind) for point in wanted.points]
        assert [(point["stream_id"], point["kind"]) for point in known["history"]] == points
        assert all(point["model_version"] for point in known["history"])
        assert known["pre_match"] is not None
        if match.finished:
            assert sorted(known["forecast"][side] for side in ("home", "draw", "away")) == [0, 0, 1]


def settled(told: dict[str, Any], events: int) -> bool:
    folded = sum(match["summary"]["events"] for match in told["matches"].values())
    return folded >= events and all(match["settled"] for match in told["matches"].values())


@pytest.mark.parametrize("gevent", [False, True], ids=["threads", "gevent"])
def test_a_follower_that_is_killed_again_and_again_ends_with_what_was_sent(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait, gevent: bool
) -> None:
    records = interleave(matches(3))
    sender = Sender(options, records, per_second=1200)
    for share in (0.2, 0.4, 0.6, 0.8):
        follower.start(gevent=gevent)
        eventually(lambda: follower.ask()["ready"])
        eventually(lambda share=share: sender.sent > share * len(records))
        follower.kill()
    sender.join()
    follower.start(gevent=gevent)
    eventually(lambda: follower.ask()["ready"] and settled(follower.ask(), len(records)))
    told = follower.ask()
    check(told, fold(read_back(options)))
    # It went on from its checkpoints: what it counts is what it ever folded, not the tail alone.
    assert told["counters"]["events"] == len(records)


def test_a_follower_that_is_stopped_in_good_order_reads_nothing_twice(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait
) -> None:
    records = interleave(matches(2))
    sent = 0
    for part in (records[:1000], records[1000:2000], records[2000:]):
        follower.start()
        send(options, part)
        sent += len(part)
        eventually(lambda sent=sent: follower.ask()["counters"]["records"] == sent)
        follower.stop()
    follower.start()
    eventually(lambda: follower.ask()["ready"] and settled(follower.ask(), len(records)))
    told = follower.ask()
    assert told["counters"]["records"] == len(records)
    check(told, fold(read_back(options)))


def test_a_broker_that_is_killed_mid_match_loses_and_doubles_nothing(
    start_kafka: Callable[[], Broker],
    own_settings: Callable[[Broker], Settings],
    options: LiveOptions,
    follow: Callable[[LiveOptions], Any],
    matches: Matches,
    eventually: Wait,
) -> None:
    broker = start_kafka()
    settings = own_settings(broker)
    options = replace(options, broker=broker.bootstrap, topics=Topics(events=settings.events_topic))
    records = interleave(matches(3, seed=10))
    follower = follow(options)
    follower.start()
    eventually(lambda: follower.ask()["ready"])
    sender = Sender(options, records, per_second=1000)
    eventually(lambda: sender.sent > len(records) / 3)
    broker.kill()
    eventually(lambda: follower.ask()["kafka"]["state"] == "offline")
    told = follower.ask()
    assert told["kafka"]["reason"].startswith(f"Kafka at {broker.bootstrap} does not answer")
    assert told["kafka"]["since"] > told["kafka"]["last_success"]
    assert told["matches"], "what was known is still shown"
    broker.start()
    broker.wait_until_ready()
    eventually(lambda: follower.ask()["kafka"]["state"] == "online")
    sender.join()
    eventually(lambda: settled(follower.ask(), len(records)))
    check(follower.ask(), fold(read_back(options)))


def test_repeats_and_disorder_change_nothing(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait
) -> None:
    played = matches(2, seed=20, knockout=True)
    records = interleave(played)
    rng = random.Random(1)
    disordered = records + rng.sample(records, 1000)
    rng.shuffle(disordered)
    follower.start()
    send(options, disordered)
    eventually(lambda: settled(follower.ask(), len(records)))
    eventually(lambda: follower.ask()["counters"]["records"] == len(disordered))
    told = follower.ask()
    straight = Tracker()
    straight.ingest(StreamRecord("t", 0, n, key, value, 0) for n, (key, value) in enumerate(records))
    for match in straight:
        assert told["matches"][match.match_id]["summary"] == msgspec.to_builtins(match.summary)
    assert told["counters"]["repeats"] == 1000


@pytest.fixture
def broken_values() -> Callable[[int], Iterator[bytes | None]]:
    """Yields as many values as wanted that are no events, of every kind there is, huge ones among them."""

    def broken_values(count: int) -> Iterator[bytes | None]:
        good = json.dumps(
            {"id": 1, "minute": 3, "second": 4, "type": {"name": "Pass"}, "team": {"name": "Arsenal"}}
        )
        kinds: list[Callable[[int], bytes | None]] = [
            lambda n: good[: 1 + n % (len(good) - 2)].encode(),
            lambda n: good.replace("3", f'"{n}"').encode(),
            lambda n: good.replace("3", "NaN").encode(),
            lambda n: good.replace('"team"', f'"crowd{n}"').encode(),
            lambda n: b"[" * (1000 + n),
            lambda n: random.Random(n).randbytes(n % 3000),
            lambda n: None,
            lambda n: good.replace("3", str(-n)).encode(),
            lambda n: b'{"pad": "' + b"x" * (1_000_000 if n % 500 == 8 else 5000) + b'"}',
        ]
        for n in range(count):
            yield kinds[n % len(kinds)](n)

    return broken_values


def test_of_ten_thousand_broken_records_none_is_lost_and_the_good_ones_between_them_fold(
    options: LiveOptions,
    follow: Callable[[LiveOptions], Any],
    matches: Matches,
    broken_values: Callable[[int], Iterator[bytes | None]],
    eventually: Wait,
    tmp_path: Path,
) -> None:
    good = interleave(matches(2, seed=30))
    rng = random.Random(2)
    mixed: list[tuple[bytes, bytes | None]] = [*good]
    for value in broken_values(10_000):
        mixed.insert(rng.randrange(len(mixed)), (b"m%d" % rng.randrange(9), value))
    first, second = follow(options), follow(replace(options, checkpoint=tmp_path / "second"))
    for follower in (first, second):  # two processes read the same records and make one letter of each
        follower.start()
    sender = Sender(options, mixed, per_second=4000)  # type: ignore[arg-type]
    eventually(lambda: sender.sent > 6000)
    first.kill()
    first.start()
    sender.join()
    for follower in (first, second):
        eventually(lambda follower=follower: settled(follower.ask(), len(good)))
        eventually(lambda follower=follower: follower.ask()["dead_letters"]["count"] == 10_000)
    written = read_back(options)
    expected = fold(written)
    check(first.ask(), expected)
    check(second.ask(), expected)
    wrong = {one.record.place: one.record for one in Tracker().ingest(written).broken}
    assert len(wrong) == 10_000
    assert read_letters(options) == {
        place: (record.key, record.value or b"") for place, record in wrong.items()
    }
    newest = first.ask()["dead_letters"]["newest"]
    assert len(newest) == 20
    assert all(letter["key"] in wrong and letter["reason"] for letter in newest)


def read_letters(options: LiveOptions) -> dict[str, tuple[bytes | None, bytes | None]]:
    letters = {}
    with EventReader(options.broker, options.topics.dead_letters) as reader:
        reader.start_at_beginning()
        for records in read_to_end(reader, 60):
            for record in records:
                letters[(record.key or b"").decode()] = (dict(record.headers).get("key"), record.value)
    return letters


@pytest.mark.parametrize(
    "damage",
    [lambda file: file.write_bytes(b"garbage"), lambda file: file.write_bytes(file.read_bytes()[:-9])],
)
def test_a_damaged_checkpoint_is_refused_and_the_matches_rebuilt(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait, damage: Callable[[Path], Any]
) -> None:
    records = interleave(matches(2, seed=40))
    send(options, records[:1500])
    follower.start()
    eventually(lambda: settled(follower.ask(), 1500))
    follower.stop()
    kept = list(options.checkpoint.iterdir())
    assert kept
    for file in kept:
        damage(file)
    send(options, records[1500:])
    follower.start()
    eventually(lambda: follower.ask()["ready"] and settled(follower.ask(), len(records)))
    check(follower.ask(), fold(read_back(options)))


def test_the_checkpoint_before_is_taken_when_the_newest_is_damaged(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait
) -> None:
    records = interleave(matches(2, seed=50))
    follower.start()
    sender = Sender(options, records, per_second=2000)
    sender.join()
    eventually(lambda: settled(follower.ask(), len(records)))
    follower.kill()
    (newest,) = options.checkpoint.glob("*.checkpoint")
    newest.write_bytes(newest.read_bytes()[:-1])
    follower.start()
    eventually(lambda: follower.ask()["ready"] and settled(follower.ask(), len(records)))
    check(follower.ask(), fold(read_back(options)))


def test_a_topic_that_is_made_anew_is_noticed_and_read_from_its_beginning(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait, settings: Settings
) -> None:
    send(options, interleave(matches(1, seed=60)))
    follower.start()
    eventually(lambda: follower.ask()["ready"] and "m0" in follower.ask()["matches"])
    make_anew(options, settings)
    old = json.dumps(
        {"id": 1, "minute": 0, "second": 1, "type": {"name": "Pass"}, "team": {"name": "Leeds"}}
    ).encode()
    send(options, [(b"new", old)])
    eventually(lambda: set(follower.ask()["matches"]) == {"new"})
    told = follower.ask()
    assert "m0" in told["released"]
    assert told["kafka"]["state"] == "warning"
    assert "was made anew" in told["kafka"]["reason"]


def test_a_topic_that_was_made_anew_while_nobody_looked_is_noticed_too(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait, settings: Settings
) -> None:
    records = interleave(matches(1, seed=60))
    send(options, records[:200])
    follower.start()
    eventually(lambda: settled(follower.ask(), 200))
    follower.stop()
    make_anew(options, settings)
    others = [(b"new", value.replace(b'"m0"', b'"new"')) for _, value in records[:900]]
    send(options, others)  # more than there were: offsets alone would tell nothing
    follower.start()
    eventually(lambda: follower.ask()["ready"] and set(follower.ask()["matches"]) == {"new"})
    assert follower.ask()["matches"]["new"]["summary"]["events"] == 900


def make_anew(options: LiveOptions, settings: Settings) -> None:
    admin = connect_admin(options.broker)
    admin.delete_topics([options.topics.events])[options.topics.events].result(10)
    observer = Observer(options.broker)
    deadline = time.monotonic() + 20
    while True:
        try:
            observer.describe(options.topics.events)
        except UnknownTopic:
            break
        assert time.monotonic() < deadline
    ensure_topics(options.broker, catalogue(settings))


def test_records_that_retention_took_are_said_to_be_missing(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait
) -> None:
    records = interleave(matches(1, seed=70))
    send(options, records[:300])
    follower.start()
    eventually(lambda: settled(follower.ask(), 300))
    follower.stop()
    send(options, records[300:900])
    (partition,) = [
        number
        for number, high in Observer(options.broker).describe(options.topics.events).high.items()
        if high
    ]
    admin = connect_admin(options.broker)
    for future in admin.delete_records([TopicPartition(options.topics.events, partition, 500)]).values():
        future.result(10)
    follower.start()
    eventually(lambda: follower.ask()["ready"] and settled(follower.ask(), 700))
    told = follower.ask()
    assert told["kafka"]["state"] == "warning"
    assert f"offsets 300 to 499 of partition {partition} are gone" in told["kafka"]["reason"]
    assert told["kafka"]["gaps"] == 1
    assert told["matches"]["m0"]["missed"]


def test_a_match_whose_start_lies_too_far_back_is_said_to_lack_it(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait
) -> None:
    now = int(time.time() * 1000)
    with EventWriter(options.broker, linger_ms=5) as writer:
        for number, (key, value) in enumerate(interleave(matches(1, seed=80))):
            at = now - (9 * 3_600_000 if number < 1000 else 0)
            writer.write(options.topics.events, value, key=key, timestamp_ms=at)
    follower.start()
    eventually(lambda: follower.ask()["ready"])
    told = follower.ask()["matches"]["m0"]
    assert told["missed"]
    assert told["summary"]["status"] == "finished"
    assert 0 < told["summary"]["events"] < 1000


def test_partitions_that_the_topic_gains_are_followed(
    options: LiveOptions, follower: Any, matches: Matches, eventually: Wait
) -> None:
    follower.start()
    eventually(lambda: follower.ask()["ready"])
    admin = connect_admin(options.broker)
    admin.create_partitions([NewPartitions(options.topics.events, 12)])[options.topics.events].result(10)
    topic = options.topics.events
    eventually(lambda: len(Observer(options.broker).describe(topic).high) == 12)
    records = interleave(matches(3, seed=90))
    with EventWriter(options.broker, linger_ms=5) as writer:
        for number, (_, value) in enumerate(records):
            writer.write(topic, value, key=b"k%d" % (number % 50))  # each names its match, whatever the key
    eventually(lambda: settled(follower.ask(), len(records)))
    assert max(int(partition) for partition in follower.ask()["position"]) > 5


def test_without_a_model_api_the_score_goes_on_and_the_reason_is_said(
    options: LiveOptions, follow: Callable[[LiveOptions], Any], matches: Matches, eventually: Wait
) -> None:
    alone = follow(replace(options, api_url="http://127.0.0.1:1"))
    records = interleave(matches(1, seed=100))
    send(options, records)
    alone.start()
    eventually(lambda: alone.ask()["ready"] and alone.ask()["forecasts"]["reason"])
    told = alone.ask()
    assert told["matches"]["m0"]["summary"]["status"] == "finished"
    assert told["matches"]["m0"]["forecast"] is None
    assert told["matches"]["m0"]["problem"] == "No forecast from the model API: nothing listens there."
    assert not told["forecasts"]["available"]
    alone.stop()
    # With the API back, a later start fills in every point that was owed.
    again = follow(options)
    again.start()
    eventually(lambda: again.ask()["ready"] and settled(again.ask(), len(records)))
    check(again.ask(), fold(read_back(options)))


def test_kafka_may_come_after_the_follower(
    tmp_path: Path, options: LiveOptions, follow: Callable[[LiveOptions], Any], eventually: Wait
) -> None:
    broker = Broker(tmp_path / "late", heap="256m")
    options = replace(options, broker=broker.bootstrap)
    early = follow(options)
    early.start()
    eventually(lambda: early.ask()["kafka"]["state"] == "offline")
    assert not early.ask()["ready"]
    try:
        broker.start()
        broker.wait_until_ready()
        eventually(lambda: "no topic" in early.ask()["kafka"]["reason"])
        ensure_topics(broker.bootstrap, catalogue(Settings(events_topic=options.topics.events)))
        eventually(lambda: early.ask()["ready"] and early.ask()["kafka"]["state"] == "online")
    finally:
        broker.stop()


def test_producers_are_known_by_their_heartbeats(
    options: LiveOptions, follower: Any, eventually: Wait
) -> None:
    def beat(producer: str, *, at: float | None = None, state: str = "running") -> None:
        value = json.dumps(
            {"producer_id": producer, "host": "here", "pid": 7, "matches": ["m0"], "state": state}
        )
        stamp = None if at is None else int(at * 1000)
        with EventWriter(options.broker) as writer:
            writer.write(options.topics.producers, value.encode(), key=producer.encode(), timestamp_ms=stamp)

    names = [f"{options.topics.events}-{kind}" for kind in ("alive", "stale", "stopped", "broken")]
    alive, stale, stopped, broken = names
    beat(stale, at=time.time() - 60)
    with EventWriter(options.broker) as writer:
        writer.write(options.topics.producers, b"\xff{", key=broken.encode())
    follower.start()
    eventually(lambda: any(producer["producer_id"] == stale for producer in follower.ask()["producers"]))
    beat(alive)
    beat(stopped, state="stopped")

    def seen() -> dict[str, bool]:
        return {
            p["producer_id"]: p["alive"] for p in follower.ask()["producers"] if p["producer_id"] in names
        }

    eventually(lambda: seen() == {alive: True, stale: False, stopped: False})
    eventually(lambda: seen()[alive] is False)  # six seconds without a beat
