"""Takes the events topic in: connects, reads, folds, keeps; begins anew when the topic does."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Executor, Future
from typing import NamedTuple

from matchcast.errors import MatchcastError
from matchcast.live.forecasting import Forecasting
from matchcast.live.keeping import Keeper
from matchcast.live.letters import Letters
from matchcast.live.options import LiveOptions
from matchcast.live.publishing import Publisher
from matchcast.live.status import Rate
from matchcast.live.surroundings import Surroundings
from matchcast.live.tracker import Ingested, Tracker
from matchcast.stream.client import StreamRecord
from matchcast.stream.reader import EventReader, Gap

log = logging.getLogger(__name__)

READ_AT_ONCE = 2_000
READ_SECONDS = 0.2

SLICE = 200
"""Records that are folded at a stretch, about 2 ms; then others have their turn."""

SHOWN_EVENTS = 50
"""Newest events that are passed on at a time."""

STEP_SECONDS = 0.002
RECONNECT_SECONDS = 1.0


class Ingest:
    """The loop from Kafka into the tracker, in a thread (or greenlet) of its own.

    Args:
        options: what to read, and from how far back.
        lock: guards the matches.
        executor: runs what blocks outside Python.
        stopping: ends the loop when it is set.
        surroundings, letters, keeper, publisher, forecasting: whom it works with.

    Attributes:
        tracker: the matches; another one once the topic was made anew.
        offsets: the next offset of each partition.
        ready: whether all that was in Kafka at the start has been taken in.
        problem: why reading fails at present.
        notice: what went missing last and when, in seconds since the epoch.
        gaps: how often records were found gone before they could be read.
        rate: events that were folded, a second.
    """

    def __init__(
        self,
        options: LiveOptions,
        lock: threading.RLock,
        executor: Executor,
        stopping: threading.Event,
        surroundings: Surroundings,
        letters: Letters,
        keeper: Keeper,
        publisher: Publisher,
        forecasting: Forecasting,
    ) -> None:
        self.tracker = Tracker()
        self.offsets: dict[int, int] = {}
        self.ready = False
        self.problem: str | None = None
        self.notice: tuple[float, str] | None = None
        self.gaps = 0
        self.rate = Rate()
        self._options = options
        self._lock = lock
        self._executor = executor
        self._surroundings = surroundings
        self._letters = letters
        self._keeper = keeper
        self._publisher = publisher
        self._forecasting = forecasting
        self._topic_id = ""
        self._cut_short: set[int] = set()
        self._saving: Future[None] | None = None
        self._stopping = stopping
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def wait(self, timeout: float) -> None:
        """Wait until the loop has ended and its last checkpoint is written."""
        self._thread.join(timeout)

    def _run(self) -> None:
        self._restore()
        while not self._stopping.is_set():
            reader: EventReader | None = None
            try:
                reader = self._connect()
                self.problem = None
                self._read_on(reader)
            except MatchcastError as error:
                self.problem = error.message
            except Exception:
                self.problem = "Reading failed of an error in this process, see its log."
                log.exception("reading failed")
            finally:
                if reader is not None:
                    self._executor.submit(reader.close).result()
            self._stopping.wait(RECONNECT_SECONDS)
        self._finish()

    def _restore(self) -> None:
        kept = self._executor.submit(self._keeper.load).result()
        if kept is None:
            return
        with self._lock:
            self.tracker, self.offsets, self._topic_id = kept.tracker, kept.offsets, kept.topic_id
            for match in self.tracker:
                self._publisher.touch(match)
        log.info(
            "restored %d matches from the checkpoint", len(kept.tracker), extra={"offsets": kept.offsets}
        )

    def _connect(self) -> EventReader:
        """Return a reader that goes on where the matches are, or begins when they begin anew."""
        topic_id = self._executor.submit(self._surroundings.topic_id).result()
        if self._topic_id and topic_id != self._topic_id:
            self._begin_anew()
        self._topic_id = self._letters.topic_id = topic_id
        begins = not self.offsets
        reader = self._executor.submit(self._open_reader).result()
        with self._lock:
            self.offsets = reader.offsets
        if begins:
            # What lies before was not read: matches that had begun by then lack their start.
            self._cut_short = {partition for partition, offset in self.offsets.items() if offset > 0}
        return reader

    def _open_reader(self) -> EventReader:
        options = self._options
        reader = EventReader(options.broker, options.topics.events, client_id="matchcast-live")
        try:
            if self.offsets:
                reader.start_at(self.offsets)
            else:
                reader.start_at_time(int((time.time() - options.rebuild_hours * 3600) * 1000))
        except BaseException:
            reader.close()
            raise
        return reader

    def _begin_anew(self) -> None:
        anew = f"Topic {self._options.topics.events} was made anew: the matches from before are let go."
        log.error("%s", anew)
        with self._lock:
            self._publisher.release([match.match_id for match in self.tracker])
            self._forecasting.clear()
            self._letters.forget()
            self.tracker = Tracker()
            self.offsets = {}
            self.notice = (time.time(), anew)

    def _read_on(self, reader: EventReader) -> None:
        reading = self._executor.submit(_read, reader)
        try:
            while not self._stopping.is_set():
                batch = reading.result()
                topic = self._surroundings.kafka.topic
                if topic is not None and topic.topic_id != self._topic_id:
                    return
                if topic is not None and topic.high.keys() - self.offsets.keys():
                    gained = self._executor.submit(reader.add_partitions).result()
                    with self._lock:
                        self.offsets.update(dict.fromkeys(gained, 0))
                reading = self._executor.submit(_read, reader)  # ahead, while these are folded
                self.problem = batch.problem
                self._note_gaps(batch.gaps)
                self._take(batch.records)
                if batch.caught_up and not self.ready:
                    self._become_ready()
                self._keep(reading)
                while self._letters.full and not self._stopping.is_set():
                    self._executor.submit(self._letters.poll, 0.5).result()
        finally:
            reading.exception()  # the reader is not to be closed while it reads

    def _take(self, records: list[StreamRecord]) -> None:
        for start in range(0, len(records), SLICE):
            part = records[start : start + SLICE]
            with self._lock:
                events = self.tracker.counters.events
                done = self.tracker.ingest(part)
                self.offsets.update({record.partition: record.offset + 1 for record in part})
                self._letters.put(done.broken)
                events = self.tracker.counters.events - events
                self.rate.add(events)
                for match in done.changed.values():
                    self._forecasting.want(match)
                for match_id in done.released:
                    self._forecasting.forget(match_id)
                if self.ready:
                    self._tell(done, events)
            time.sleep(0)

    def _tell(self, done: Ingested, events: int) -> None:
        for match in done.changed.values():
            self._publisher.touch(match)
        if done.released:
            self._publisher.release(done.released)
        newest = min(events, SHOWN_EVENTS)
        if newest:
            self._publisher.add_events(list(self.tracker.recent)[-newest:], SHOWN_EVENTS)

    def _become_ready(self) -> None:
        with self._lock:
            self.ready = True
            for match in self.tracker:
                if match.partition in self._cut_short and match.began_late:
                    match.note_missed()
                self._publisher.touch(match)
                if match.wants_forecast:
                    self._forecasting.want(match)
        self._forecasting.resume()
        log.info("caught up", extra={"matches": len(self.tracker), "events": self.tracker.counters.events})

    def _note_gaps(self, gaps: list[Gap]) -> None:
        for gap in gaps:
            self.gaps += 1
            self.notice = (time.time(), f"Records are missing: {gap}.")
            self._cut_short.add(gap.partition)
            with self._lock:
                for match in self.tracker:
                    if match.partition == gap.partition and not match.finished:
                        match.note_missed()
                        self._publisher.touch(match)

    def _keep(self, reading: Future[_Batch]) -> None:
        if self._saving is not None and self._saving.done():
            self._saving = None
        with self._lock:
            if self._saving is None and self._keeper.due(self.tracker):
                self._keeper.begin(self.tracker, self._letters.safe(self.offsets), self._topic_id)
        while self._keeper.encoding:
            with self._lock:
                done = self._keeper.step(self.tracker, STEP_SECONDS)
            if done:
                self._saving = self._executor.submit(self._keeper.save)
            time.sleep(0)
            if reading.done():
                return

    def _finish(self) -> None:
        try:
            self._executor.submit(self._letters.close, 5.0).result()
        except MatchcastError as error:
            log.warning("%s", error.message)
        if self._saving is not None:
            self._saving.result()
        if self.offsets:
            with self._lock:
                while self._keeper.encoding:
                    self._keeper.step(self.tracker, 1.0)
                self._keeper.begin(self.tracker, self._letters.safe(self.offsets), self._topic_id)
                while self._keeper.encoding:
                    self._keeper.step(self.tracker, 1.0)
            self._executor.submit(self._keeper.save).result()


class _Batch(NamedTuple):
    records: list[StreamRecord]
    caught_up: bool
    problem: str | None
    gaps: list[Gap]


def _read(reader: EventReader) -> _Batch:
    records = reader.read(READ_AT_ONCE, READ_SECONDS)
    gaps, reader.gaps = reader.gaps, []
    return _Batch(records, reader.caught_up, reader.problem, gaps)
