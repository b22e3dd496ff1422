"""The running matches of a process, live: reads Kafka, folds, asks for forecasts, keeps, and tells.

It runs under gevent as under plain threads, and imports neither: its loops are `threading.Thread`s
and its locks `threading`'s, which gevent's monkey-patching turns into greenlets and their locks.
What blocks outside Python (Kafka's client, writing files) goes to an executor of native threads
that is handed in: `gevent.threadpool.ThreadPoolExecutor`, or `concurrent.futures.ThreadPoolExecutor`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Executor

from matchcast.live.forecasting import Forecasting
from matchcast.live.ingest import Ingest
from matchcast.live.keeping import Keeper
from matchcast.live.letters import Letters
from matchcast.live.model_api import ModelApi
from matchcast.live.options import LiveOptions
from matchcast.live.producers import Producer
from matchcast.live.publishing import Listener, Publisher
from matchcast.live.running import RunningMatch
from matchcast.live.status import DeadLetterStatus, DriftStatus, ForecastStatus, KafkaStatus, State
from matchcast.live.surroundings import Surroundings
from matchcast.live.tracker import Counters, RecentEvent
from matchcast.stream.writer import EventWriter

__all__ = ["EXECUTOR_THREADS", "LiveOptions", "LiveService"]

EXECUTOR_THREADS = 5
"""Native threads that the service wants: reading, two looking around, writing a checkpoint, one to spare."""

NOTICE_SECONDS = 600.0
"""How long it is shown that records were gone before they could be read, or the topic made anew."""


class LiveService:
    """The running matches. Make it, `start` it, and `stop` it at the end.

    Listeners are called with `lock` held. Whoever looks at matches from another thread holds it
    too; under gevent nothing yields while it is held, so that one greenlet need not take it.
    """

    def __init__(self, options: LiveOptions, executor: Executor, listeners: Sequence[Listener] = ()) -> None:
        self.lock = threading.RLock()
        self._stopping = threading.Event()
        self._publisher = Publisher(self.lock, listeners)
        self._forecasting = Forecasting(
            ModelApi(options.api_url), self.lock, self._note_forecast, self._note_outage
        )
        self._letters = Letters(
            EventWriter(options.broker, client_id="matchcast-dead-letters"), options.topics.dead_letters
        )
        self._surroundings = Surroundings(options.broker, options.topics, executor, self._stopping)
        self._ingest = Ingest(
            options,
            self.lock,
            executor,
            self._stopping,
            self._surroundings,
            self._letters,
            Keeper(options.checkpoint, options.topics.events, options.checkpoint_seconds),
            self._publisher,
            self._forecasting,
        )

    def listen(self, listener: Listener) -> None:
        """Tell one more listener what changes; to be called before `start`."""
        self._publisher.listen(listener)

    def start(self) -> None:
        """Begin; returns at once. `ready` tells when the matches are up to date."""
        self._publisher.start()
        self._forecasting.start()
        self._surroundings.start(self._letters)
        self._ingest.start()

    def stop(self, timeout: float = 15) -> None:
        """End: no more records, a last checkpoint, listeners told, connections let go."""
        self._stopping.set()
        self._ingest.wait(timeout)
        self._forecasting.stop()
        self._publisher.stop()
        self._surroundings.stop(timeout)

    @property
    def ready(self) -> bool:
        """Whether all that was in Kafka at the start has been taken in; stays so when Kafka goes away."""
        return self._ingest.ready

    @property
    def position(self) -> dict[int, int]:
        """The offset of the last record taken in, for each partition that has had one."""
        return {partition: offset - 1 for partition, offset in self._ingest.offsets.items() if offset > 0}

    def matches(self) -> list[RunningMatch]:
        """Return the matches: those that run first, each kind by its newest record."""
        return self._ingest.tracker.listed()

    def match(self, match_id: str) -> RunningMatch | None:
        """Return a match, or None when it is not (or no more) kept."""
        return self._ingest.tracker.get(match_id)

    def forecast_problem(self, match: RunningMatch) -> str | None:
        """Return why a match has no forecast of its newest situation at present; None when all is well."""
        if match.rejected is not None:
            return f"The model cannot forecast this match: {match.rejected}"
        if match.forecast is not None and not match.is_behind:
            return None
        if self._forecasting.problem is not None:
            return f"No forecast from the model API: {self._forecasting.problem.rstrip('.')}."
        return None if match.forecast is not None else "The first forecast is on its way."

    def recent_events(self, limit: int = 50) -> list[RecentEvent]:
        """Return the newest events, the newest first."""
        events = list(self._ingest.tracker.recent)
        return events[: -limit - 1 : -1]

    def counters(self) -> Counters:
        """Return what became of all records so far."""
        return self._ingest.tracker.counters

    def kafka(self) -> KafkaStatus:
        """Return how reading from Kafka goes."""
        seen, reading = self._surroundings.kafka, self._ingest
        state: State = "online"
        reason = "It is read as it comes."
        if seen.last_success is None and seen.problem is None:
            state, reason = "unknown", "Not looked at yet."
        elif seen.problem is not None:
            state, reason = "offline", seen.problem
        elif reading.problem is not None:
            state, reason = "warning", reading.problem
        elif not reading.ready:
            state, reason = "warning", "Catching up with the events that came before."
        elif self._letters.full:
            state, reason = "warning", "Dead letters cannot be written, so reading waits."
        elif reading.notice is not None and time.time() - reading.notice[0] < NOTICE_SECONDS:
            state, reason = "warning", reading.notice[1]
        lag = None
        if seen.topic is not None:
            lag = sum(max(0, high - reading.offsets.get(p, high)) for p, high in seen.topic.high.items())
        return KafkaStatus(
            state, reason, seen.since, seen.last_success, lag, reading.rate.per_second(), reading.gaps
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

    def drift(self) -> DriftStatus | None:
        """Return what the newest reports say of drift; None while they were not read yet."""
        return self._surroundings.drift()

    def _note_forecast(self, match: RunningMatch) -> None:
        if self.match(match.match_id) is match:
            self._publisher.touch(match)

    def _note_outage(self) -> None:
        for match in self._ingest.tracker:
            if match.wants_forecast:
                self._publisher.touch(match)
