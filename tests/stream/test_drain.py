"""The stream goes into history once, whatever happens to the process that brings it: with a real Kafka."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from matchcast.history.batches import plan, save_manifest
from matchcast.history.drain import drain
from matchcast.history.errors import HistoryBusy, HistoryGap, TopicChanged
from matchcast.history.files import STREAM, HistoryFolder
from matchcast.history.finished import fold_finished
from matchcast.history.parquet import open_history
from matchcast.local.broker import Broker
from matchcast.stream.client import TopicPartition, connect_admin
from matchcast.stream.errors import KafkaUnavailable, UnknownTopic
from matchcast.stream.topics import Observer, Topic, ensure_topics
from matchcast.stream.writer import EventWriter

PARTITIONS = 3


def _event(number: int, **fields: object) -> bytes:
    event = {"id": number, "minute": 1, "second": 2, "type": {"name": "Pass"}, "team": {"name": "Arsenal"}}
    return json.dumps({**event, **fields}).encode()


class Stream:
    """A topic of a test's own, and the history that it is drained into."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker = broker.bootstrap
        self.topic = f"football-{uuid.uuid4().hex}"
        self.history = HistoryFolder(folder)
        self.admin = connect_admin(self.broker)
        self.written = 0
        self.make()

    def make(self) -> None:
        ensure_topics(self.broker, [Topic(self.topic, PARTITIONS, "")])

    def write(self, count: int, value: Callable[[int], bytes] = _event) -> None:
        with EventWriter(self.broker, linger_ms=5) as writer:
            for number in range(self.written, self.written + count):
                writer.write(self.topic, value(number), key=f"match {number % 7}".encode())
        self.written += count

    def begin(self, batch: str) -> None:
        """Leave a batch as a run does that ended after it had written down what the batch covers."""
        topic = Observer(self.broker).describe(self.topic)
        save_manifest(self.history, plan(self.history, batch, topic, accept_gap=False))

    def drained(self) -> list[tuple[int, int, str]]:
        """What history has, as (partition, offset, event id)."""
        with open_history(self.history) as database:
            return database.execute(
                "SELECT kafka_partition, kafka_offset, event_id FROM events ORDER BY ALL"
            ).fetchall()

    def require_all(self) -> None:
        rows = self.drained()
        assert sorted(int(row[2]) for row in rows) == list(range(self.written))
        assert len({row[:2] for row in rows}) == self.written

    def forget(self, partition: int, before: int) -> None:
        """Let the broker drop the records before an offset, as retention does."""
        (dropped,) = self.admin.delete_records([TopicPartition(self.topic, partition, before)]).values()
        dropped.result(10)


@pytest.fixture
def stream(kafka: Broker, tmp_path: Path) -> Stream:
    return Stream(kafka, tmp_path / "history")


def test_each_record_comes_into_history_once(stream: Stream) -> None:
    stream.write(1000)
    report = drain(stream.history, stream.broker, stream.topic, "b1").report
    assert report is not None
    assert (report.events, report.offsets, report.broken) == (1000, 1000, 0)
    stream.require_all()
    stream.write(500)
    report = drain(stream.history, stream.broker, stream.topic, "b2").report
    assert report is not None
    assert report.events == 500
    stream.require_all()


def test_a_batch_that_is_asked_for_again_does_the_same_work(stream: Stream) -> None:
    stream.write(100)
    first = drain(stream.history, stream.broker, stream.topic, "b1")
    stream.write(100)
    assert drain(stream.history, stream.broker, stream.topic, "b1") == first
    assert len(stream.drained()) == 100


def test_nothing_new_is_a_batch_of_nothing(stream: Stream) -> None:
    stream.write(10)
    drain(stream.history, stream.broker, stream.topic, "b1")
    report = drain(stream.history, stream.broker, stream.topic, "b2").report
    assert report is not None
    assert (report.offsets, report.files) == (0, [])


def test_broken_records_are_counted_and_do_not_stop_the_others(stream: Stream) -> None:
    stream.write(50)
    with EventWriter(stream.broker) as writer:
        writer.write(stream.topic, b"{", key=b"match 1")
        writer.write(stream.topic, None, key=b"match 1")
    stream.write(50)
    report = drain(stream.history, stream.broker, stream.topic, "b1").report
    assert report is not None
    assert (report.offsets, report.events, report.broken) == (102, 100, 2)
    assert {broken.reason for broken in report.broken_records} == {
        "has no value",
        "is not JSON: Input data was truncated",
    }
    stream.require_all()
    after = drain(stream.history, stream.broker, stream.topic, "b2").report
    assert after is not None
    assert after.offsets == 0


def test_a_topic_of_broken_records_alone_is_drained_too(stream: Stream) -> None:
    with EventWriter(stream.broker) as writer:
        writer.write(stream.topic, b"{", key=b"match 1")
    report = drain(stream.history, stream.broker, stream.topic, "b1").report
    assert report is not None
    assert (report.events, report.broken) == (0, 1)
    assert stream.drained() == []


def test_more_than_memory_may_hold_is_written_in_pieces(stream: Stream) -> None:
    stream.write(5000)
    report = drain(stream.history, stream.broker, stream.topic, "b1", most_buffered=20_000).report
    assert report is not None
    assert report.events == 5000
    assert len(report.files) > PARTITIONS
    stream.require_all()


def test_two_drains_at_once_are_refused(stream: Stream) -> None:
    with stream.history.locked(STREAM), pytest.raises(HistoryBusy):
        drain(stream.history, stream.broker, stream.topic, "b1")


def test_records_that_retention_took_before_they_came_are_an_error_until_somebody_says_to_go_on(
    stream: Stream,
) -> None:
    stream.write(300)
    drain(stream.history, stream.broker, stream.topic, "b1")
    taken = max(offset for partition, offset, _ in stream.drained() if partition == 0) + 1
    stream.write(300)
    stream.forget(0, taken + 5)
    with pytest.raises(HistoryGap, match=f"offsets {taken} to {taken + 4} of partition 0"):
        drain(stream.history, stream.broker, stream.topic, "b2")
    assert len(stream.drained()) == 300
    for batch in ("b2", "b3"):
        manifest = drain(stream.history, stream.broker, stream.topic, batch, accept_gap=True)
    assert manifest.lost == []
    assert len(stream.drained()) == 595


def test_records_that_go_while_a_batch_is_begun_are_an_error(stream: Stream) -> None:
    stream.write(300)
    stream.begin("b1")
    stream.forget(0, 5)
    with pytest.raises(HistoryGap, match="offsets 0 to 4 of partition 0"):
        drain(stream.history, stream.broker, stream.topic, "b1")
    assert not [row for row in stream.drained() if row[0] == 0]


def test_a_drain_that_found_no_room_says_so_and_succeeds_when_it_is_run_again(stream: Stream) -> None:
    stream.write(3000)
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))\n"
        "import sys; from matchcast.cli import main; sys.exit(main())"
    )
    arguments = ["history", "--history", str(stream.history.path), "drain", "--batch", "b1"]
    command = [sys.executable, "-c", code, *arguments, "--kafka-broker", stream.broker]
    environment = {**os.environ, "MATCHCAST_EVENTS_TOPIC": stream.topic}
    failed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert re.search(r"✘ .*parquet cannot be written: .*\nTry: make room", failed.stderr), failed.stderr
    stream.write(30)
    report = drain(stream.history, stream.broker, stream.topic, "b1").report
    assert report is not None
    assert report.events == 3000


def test_a_batch_that_another_overtook_finds_its_records_in_history(stream: Stream) -> None:
    stream.write(300)
    stream.begin("b1")
    stream.write(300)
    drain(stream.history, stream.broker, stream.topic, "b2")
    drain(stream.history, stream.broker, stream.topic, "b1")
    stream.require_all()


def test_a_topic_that_was_made_anew_is_drained_from_its_beginning(stream: Stream) -> None:
    stream.write(100)
    drain(stream.history, stream.broker, stream.topic, "b1")
    stream.write(20)
    stream.begin("b2")
    stream.admin.delete_topics([stream.topic])[stream.topic].result(10)
    stream.make()
    with pytest.raises(TopicChanged, match="made anew since batch b2 began"):
        drain(stream.history, stream.broker, stream.topic, "b2")
    stream.write(60)
    report = drain(stream.history, stream.broker, stream.topic, "b3").report
    assert report is not None
    assert report.events == 60


def test_a_dead_broker_and_a_missing_topic_are_told(stream: Stream) -> None:
    with pytest.raises(UnknownTopic):
        drain(stream.history, stream.broker, "no-such-topic", "b1")
    with pytest.raises(KafkaUnavailable):
        drain(stream.history, "127.0.0.1:1", stream.topic, "b1")
    stream.write(10)
    drain(stream.history, stream.broker, stream.topic, "b1")
    stream.require_all()


def test_a_match_that_ended_on_the_stream_is_a_row(stream: Stream) -> None:
    match = {
        "id": "final",
        "home_team": "Arsenal",
        "away_team": "Chelsea",
        "kick_off": "2025-08-16T14:00:00Z",
    }

    def told(number: int) -> bytes:
        kind = "Match End" if number == 99 else "Own Goal For" if number % 50 == 0 else "Pass"
        return _event(number, type={"name": kind}, period=2, index=number, match=match)

    stream.write(100, told)
    manifest = drain(stream.history, stream.broker, stream.topic, "b1")
    (row,) = fold_finished(stream.history, manifest)
    assert (row.match_id, row.home_goals, row.away_goals, row.date) == ("final", 2, 0, "2025-08-16")


# Ends itself, as by a power cut, at the Nth time that it is about to touch a file of the history.
_DIES = """
import os, signal, sys
from pathlib import Path
from matchcast.history.drain import drain
from matchcast.history.files import HistoryFolder
from matchcast.history.finished import fold_finished
from matchcast.history.tidy import tidy

def run(folder, broker, topic, last):
    touched = 0
    def count(event, arguments):
        nonlocal touched
        if event in TOUCHES and any(folder in str(argument) for argument in arguments):
            touched += 1
            if touched == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    history = HistoryFolder(Path(folder))
    fold_finished(history, drain(history, broker, topic, "batch", most_buffered=60_000))
    tidy(history)

TOUCHES = {"open", "os.rename", "os.remove", "os.mkdir", "fcntl.flock"}
folder, broker, topic = sys.argv[1:4]
last, deaths = 0, 0
while True:
    last += 1
    child = os.fork()  # before any thread of Kafka's client or DuckDB
    if child == 0:
        run(f"{folder}/{last}", broker, topic, last)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status):
        break
    deaths += 1
    child = os.fork()
    if child == 0:
        run(f"{folder}/{last}", broker, topic, 0)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, last
print(deaths)
sys.exit(status)
"""


def test_a_drain_and_a_tidy_that_are_killed_at_any_touch_of_a_file_lose_and_double_nothing(
    stream: Stream, tmp_path: Path
) -> None:
    stream.write(1500)
    folder = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, "-c", _DIES, str(folder), stream.broker, stream.topic],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    deaths = int(done.stdout)
    assert deaths > 20
    for histories in range(1, deaths + 2):
        stream.history = HistoryFolder(folder / str(histories))
        stream.require_all()
        assert not list(stream.history.path.rglob("*.part"))


def test_a_drain_that_is_killed_while_it_reads_goes_on_where_it_was(stream: Stream) -> None:
    stream.write(20_000)
    code = (
        "import sys; from pathlib import Path; from matchcast.history.drain import drain\n"
        "from matchcast.history.files import HistoryFolder\n"
        "drain(HistoryFolder(Path(sys.argv[1])), sys.argv[2], sys.argv[3], 'batch', most_buffered=100_000)"
    )
    command = [sys.executable, "-c", code, str(stream.history.path), stream.broker, stream.topic]
    killed = 0
    with subprocess.Popen(command) as process:
        while process.poll() is None and not list(stream.history.path.rglob("*.parquet")):
            os.sched_yield()
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed = process.wait()
    assert killed == -signal.SIGKILL
    subprocess.run(command, check=True)
    stream.require_all()
