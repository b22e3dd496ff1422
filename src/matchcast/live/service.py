"""The running matches of a process, live: reads Kafka, folds, asks for forecasts, keeps, and tells.

It runs under gevent as under plain threads, and imports neither: its loops are `threading.Thread`s
and its locks `threading`'s, which gevent's monkey-patching turns into greenlets and their locks.
What blocks outside Python (Kafka's client, writing files) goes to an executor of native threads
that is handed in: `gevent.threadpool.ThreadPoolExecutor`, or `concurrent.futures.ThreadPoolExecutor`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from matchcast.errors import MatchcastError
from matchcast.live.forecasting import Forecasting
from matchcast.live.keeping import Keeper
from matchcast.live.letters import Letters
from matchcast.live.model_api import ModelApi
from matchcast.live.producers import Producer
from matchcast.live.publishing import Listener, Publisher
from matchcast.live.running import RunningMatch
from matchcast.live.status import DeadLetterStatus, ForecastStatus, KafkaStatus, Rate, State
from matchcast.live.surroundings import Surroundings
from matchcast.live.tracker import Counters, Ingested, RecentEvent, Tracker
from matchcast.stream.client import StreamRecord
from matchcast.stream.reader import EventReader, Gap
from matchcast.stream.topics import Topics
from matchcast.stream.writer import EventWriter

log = logging.getLogger(__name__)

EXECUTOR_THREADS = 5
"""Native threads that the service wants: reading, two looking around, writing a checkpoint, one to spare."""

READ_AT_ONCE = 2_000
READ_SECONDS = 0.2
SLICE = 200
"""Records that are folded at a stretch, about 2 ms; then others have their turn."""

STEP_SECONDS = 0.002
RECONNECT_SECONDS = 1.0
GAP_SHOWN_SECONDS = 600.0
"""How long it is shown that records were gone before they could be read."""
SHOWN_EVENTS = 50


@dataclass(frozen=True)
class LiveOptions:
    """What the service is to work with.

    Attributes:
        broker: addresses of Kafka.
        api_url: where the model API is.
        checkpoint: folder of the checkpoints.
        topics: names of the topics.
        rebuild_hours: without a checkpoint, how far back reading starts.
        checkpoint_seconds: least time between two checkpoints.
    """

    broker: str
    api_url: str
    checkpoint: Path
    topics: Topics = field(default_factory=Topics)
    rebuild_hours: float = 6
    checkpoint_seconds: float = 5


class LiveService:
    """The running matches. Make it, `start` it, and `stop` it at the end.

    Listeners are called with `lock` held. Whoever looks at matches from another thread holds it
    too; under gevent nothing yields while it is held, so that one greenlet need not take it.
    """

    def __init__(self, options: LiveOptions, executor: Executor, listeners: Sequence[Listener] = ()) -> None:
        self.options = options
        self.lock = threading.RLock()
        self.ready = False
        """Whether all that was in Kafka at the start has been taken in; stays so when Kafka goes away."""
        self._executor = executor
        self._stopping = threading.Event()
        self._tracker = Tracker()
        self._next: dict[int, int] = {}
        self._topic_id = ""
        self._gaps = 0
        self._rate = Rate()
        self._publisher = Publisher(self.lock, listeners)
        self._forecasting = Forecasting(
            ModelApi(options.api_url), self.lock, self._note_forecast, self._note_outage
        )
        self._letters = Letters(
            EventWriter(options.broker, client_id="matchcast-dead-letters"), options.topics.dead_letters
        )
        self._keeper = Keeper(options.checkpoint, options.topics.events, options.checkpoint_seconds)
        self._surroundings = Surroundings(options.broker, options.topics, executor, self._stopping)
        self._reader_problem: str | None = None
        self._gap: tuple[float, str] | None = None
        self._saving: Future[None] | None = None
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)

    def listen(self, listener: Listener) -> None:
        """Tell one more listener what changes; to be called before `start`."""
        self._publisher.listen(listener)

    # -- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin; returns at once. `ready` tells when the matches are up to date."""
        self._publisher.start()
        self._forecasting.start()
        self._surroundings.start(self._letters)
        self._thread.start()

    def stop(self, timeout: float = 15) -> None:
        """End: no more records, a last checkpoint, listeners told, connections let go."""
        self._stopping.set()
        self._thread.join(timeout)
        self._forecasting.stop()
        self._publisher.stop()
        self._surroundings.stop(timeout)

    # -- what it knows ------------------------------------------------------------------------

    @property
    def position(self) -> dict[int, int]:
        """The offset of the last record taken in, for each partition that has had one."""
        return {partition: offset - 1 for partition, offset in self._next.items() if offset > 0}

    def matches(self) -> list[RunningMatch]:
        """Return the matches: those that run first, each kind by its newest record."""
        return self._tracker.listed()

    def match(self, match_id: str) -> RunningMatch | None:
        """Return a match, or None when it is not (or no more) kept."""
        return self._tracker.get(match_id)

    def forecast_problem(self, match: RunningMatch) -> str | None:
        """Return why a match has no forecast of its newest situation at present; None when all is well."""
        if match.rejected is not None:
            return f"The model cannot forecast this match: {match.rejected}"
        if match.forecast is not None and not match.is_behind:
            return None
        if self._forecasting.problem is not None:
            return f"The model API does not answer: {self._forecasting.problem}."
        return None if match.forecast is not None else "The first forecast is on its way."

    def recent_events(self, limit: int = SHOWN_EVENTS) -> list[RecentEvent]:
        """Return the newest events, the newest first."""
        events = list(self._tracker.recent)
        return events[: -limit - 1 : -1]

    def counters(self) -> Counters:
        """Return what became of all records so far."""
        return self._tracker.counters

    def kafka(self) -> KafkaStatus:
        """Return how reading from Kafka goes."""
        seen = self._surroundings.kafka
        state: State = "online"
        reason = "It is read as it comes."
        if seen.last_success is None and seen.problem is None:
            state, reason = "unknown", "Not looked at yet."
        elif seen.problem is not None:
            state, reason = "offline", seen.problem
        elif self._reader_problem is not None:
            state, reason = "warning", self._reader_problem
        elif not self.ready:
            state, reason = "warning", "Catching up with the events that came before."
        elif self._letters.full:
            state, reason = "warning", "Dead letters cannot be written, so reading waits."
        elif self._gap is not None and time.time() - self._gap[0] < GAP_SHOWN_SECONDS:
            state, reason = "warning", self._gap[1]
        lag = None
        if seen.topic is not None:
            lag = sum(max(0, high - self._next.get(p, high)) for p, high in seen.topic.high.items())
        return KafkaStatus(
            state, reason, seen.since, seen.last_success, lag, self._rate.per_second(), self._gaps
        )

    def forecasts(self) -> ForecastStatus:
        """Return how the model API answers."""
        asking = self._forecasting
        return ForecastStatus(
            asking.problem is None, asking.problem, asking.since, asking.last_success, asking.model_version
        )

    def producers(self) -> list[Producer]:
        """Return the producers of the last day, those that live first."""
        return self._surroundings.producers()

    def dead_letters(self) -> DeadLetterStatus:
        """Return how many records wait to be mended, and the newest of them."""
        return self._surroundings.dead_letters()

    def dead_letter(self, key: str) -> bytes | None:
        """Return the bytes of an open dead letter, read from Kafka; None when there is none of that key.

        Raises:
            KafkaUnavailable: they cannot be read.
        """
        return self._surroundings.dead_letter(key)

    # -- reading ------------------------------------------------------------------------------

    def _run(self) -> None:
        self._restore()
        while not self._stopping.is_set():
            reader: EventReader | None = None
            try:
                reader = self._connect()
                self._reader_problem = None
                self._read_on(reader)
            except MatchcastError as error:
                self._reader_problem = error.message
            except Exception:
                self._reader_problem = "Reading failed of an error in this process, see its log."
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
        with self.lock:
            self._tracker, self._next, self._topic_id = kept.tracker, kept.offsets, kept.topic_id
            for match in self._tracker:
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
        reader = self._executor.submit(self._open_reader).result()
        with self.lock:
            self._next = reader.offsets
        return reader

    def _open_reader(self) -> EventReader:
        reader = EventReader(self.options.broker, self.options.topics.events, client_id="matchcast-live")
        if self._next:
            reader.start_at(self._next)
        else:
            reader.start_at_time(int((time.time() - self.options.rebuild_hours * 3600) * 1000))
        return reader

    def _begin_anew(self) -> None:
        log.error(
            "topic %s was made anew: the matches from before are let go and all of it is read",
            self.options.topics.events,
        )
        with self.lock:
            self._publisher.release([match.match_id for match in self._tracker])
            self._forecasting.clear()
            self._letters.forget()
            self._tracker = Tracker()
            self._next = {}

    def _read_on(self, reader: EventReader) -> None:
        reading = self._executor.submit(_read, reader)
        try:
            while not self._stopping.is_set():
                batch = reading.result()
                topic = self._surroundings.kafka.topic
                if topic is not None and topic.topic_id != self._topic_id:
                    return
                if topic is not None and topic.high.keys() - self._next.keys():
                    gained = self._executor.submit(reader.add_partitions).result()
                    self._next.update(dict.fromkeys(gained, 0))
                reading = self._executor.submit(_read, reader)  # ahead, while these are folded
                self._reader_problem = batch.problem
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
            with self.lock:
                events = self._tracker.counters.events
                done = self._tracker.ingest(part)
                self._next.update({record.partition: record.offset + 1 for record in part})
                self._letters.put(done.broken)
                events = self._tracker.counters.events - events
                self._rate.add(events)
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
            self._publisher.add_events(self.recent_events(newest)[::-1], SHOWN_EVENTS)

    def _become_ready(self) -> None:
        with self.lock:
            self.ready = True
            for match in self._tracker:
                self._publisher.touch(match)
                if match.wants_forecast:
                    self._forecasting.want(match)
        self._forecasting.resume()
        log.info("caught up", extra={"matches": len(self._tracker), "events": self._tracker.counters.events})

    def _note_gaps(self, gaps: list[Gap]) -> None:
        for gap in gaps:
            self._gaps += 1
            self._gap = (time.time(), f"Records are missing: {gap}.")
            with self.lock:
                for match in self._tracker:
                    if match.partition == gap.partition and not match.finished:
                        match.note_missed()
                        self._publisher.touch(match)

    def _note_forecast(self, match: RunningMatch) -> None:
        if self._tracker.get(match.match_id) is match:
            self._publisher.touch(match)

    def _note_outage(self) -> None:
        for match in self._tracker:
            self._publisher.touch(match)

    # -- keeping ------------------------------------------------------------------------------

    def _keep(self, reading: Future[_Batch]) -> None:
        if self._saving is not None and self._saving.done():
            self._saving = None
        with self.lock:
            if self._saving is None and self._keeper.due(self._tracker):
                self._keeper.begin(self._tracker, self._letters.safe(self._next), self._topic_id)
        while self._keeper.encoding:
            with self.lock:
                done = self._keeper.step(self._tracker, STEP_SECONDS)
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
        if self._next:
            with self.lock:
                while self._keeper.encoding:
                    self._keeper.step(self._tracker, 1.0)
                self._keeper.begin(self._tracker, self._letters.safe(self._next), self._topic_id)
                while self._keeper.encoding:
                    self._keeper.step(self._tracker, 1.0)
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
