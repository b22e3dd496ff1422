"""Looks at what is around the running matches: Kafka, the producers, dead letters, reports of drift."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor

from matchcast.errors import MatchcastError
from matchcast.live.drift import DriftBoard
from matchcast.live.letters import Letters
from matchcast.live.producers import Producer, ProducerBoard
from matchcast.live.status import DeadLetterInfo, DeadLetterStatus, DriftStatus
from matchcast.stream.dead_letters import LetterBox, read_letter
from matchcast.stream.errors import UnknownTopic
from matchcast.stream.topics import Observer, Topics, TopicView

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 3.0
SHOWN_LETTERS = 20


class KafkaSight:
    """What the last look at Kafka found: `problem` is None when it answered, or was not looked at yet.

    Times in s since the epoch.
    """

    def __init__(self) -> None:
        self.problem: str | None = None
        self.since = time.time()
        self.last_success: float | None = None
        self.topic: TopicView | None = None


class Surroundings:
    """Looks about once a second, off the loop, at Kafka and, apart from that, at the other topics."""

    def __init__(self, broker: str, topics: Topics, executor: Executor, stopping: threading.Event) -> None:
        self.kafka = KafkaSight()
        self._broker = broker
        self._topics = topics
        self._executor = executor
        self._stopping = stopping
        self._observer = Observer(broker)
        self._producers = ProducerBoard(broker, topics.producers)
        self._letter_box = LetterBox(broker, topics.dead_letters)
        self._dead_letters = DeadLetterStatus(None, [])
        self._drift_board = DriftBoard(broker, topics.drift_reports)
        self._drift: DriftStatus | None = None
        self._threads: list[threading.Thread] = []

    def start(self, letters: Letters) -> None:
        """Begin to look, and to take the confirmations of dead letters."""

        def look_around() -> None:
            if letters.waiting:
                letters.poll(0.1)
            self._look_at_boards()

        for name, look in (("kafka", self._look_at_kafka), ("boards", look_around)):
            thread = threading.Thread(
                target=self._keep_looking, args=(look,), name=f"look-{name}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout: float) -> None:
        """Wait until nothing looks any more, and let go of the connections."""
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for board in (self._producers, self._letter_box, self._drift_board):
            self._executor.submit(board.close).result()

    def topic_id(self) -> str:
        """Ask Kafka which topic of the events' name it has now.

        Raises:
            KafkaUnavailable: no broker answers.
            UnknownTopic: there is none.
        """
        return self._observer.describe(self._topics.events, ANSWER_SECONDS).topic_id

    def producers(self) -> list[Producer]:
        """Return the producers of the last day, those that live first."""
        return self._producers.producers()

    def dead_letters(self) -> DeadLetterStatus:
        """Return how many records wait to be mended, and the newest of them."""
        return self._dead_letters

    def dead_letter(self, key: str) -> bytes | None:
        """Return the bytes of an open letter, None when there is none of that key."""
        letter = self._letter_box.get(key)
        if letter is None:
            return None
        return self._executor.submit(read_letter, self._broker, self._topics.dead_letters, letter).result()

    def drift(self) -> DriftStatus | None:
        """Return what the newest reports say of drift; None while they were not read yet."""
        return self._drift

    def _keep_looking(self, look: Callable[[], None]) -> None:
        while not self._stopping.is_set():
            try:
                self._executor.submit(look).result()
            except Exception:
                log.exception("looking around failed")
            self._stopping.wait(LOOK_SECONDS)

    def _look_at_kafka(self) -> None:
        sight = self.kafka
        try:
            topic = self._observer.describe(self._topics.events, ANSWER_SECONDS)
        except MatchcastError as error:
            if sight.problem is None:
                sight.since = time.time()
                log.warning("%s", error.message)
            sight.problem = error.message
            return
        if sight.problem is not None or sight.last_success is None:
            sight.since = time.time()
        sight.problem, sight.topic, sight.last_success = None, topic, time.time()

    def _look_at_boards(self) -> None:
        try:
            self._producers.refresh()
        except MatchcastError as error:
            log.debug("%s", error.message)
        try:
            self._letter_box.refresh()
        except UnknownTopic:
            self._dead_letters = DeadLetterStatus(0, [])
        except MatchcastError as error:
            log.debug("%s", error.message)
        else:
            newest = self._letter_box.newest(SHOWN_LETTERS)
            self._dead_letters = DeadLetterStatus(
                len(self._letter_box),
                [DeadLetterInfo(one.key, one.reason, one.at, one.size) for one in newest],
            )
        try:
            self._drift = self._drift_board.refresh()
        except UnknownTopic:
            self._drift = DriftStatus()
        except MatchcastError as error:
            log.debug("%s", error.message)
