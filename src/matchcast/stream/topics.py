"""The topics: their names and settings, and how they are made and described."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matchcast.settings import Settings
from matchcast.stream.client import (
    AdminClient,
    ConfigResource,
    IsolationLevel,
    KafkaError,
    KafkaException,
    NewTopic,
    OffsetSpec,
    ResourceType,
    TopicCollection,
    TopicPartition,
    connect_admin,
    explain,
    is_connection_failure,
    settle,
)
from matchcast.stream.errors import InvalidTopicName, KafkaRefused, KafkaUnavailable, UnknownTopic

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_PASSING = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})
CLIENT_ID = "matchcast-observer"
_NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,237}")
"""What Kafka takes as the name of a topic, with room for the ending of the dead letters'."""
_URL_SAFE = str.maketrans("+/", "-_")
PRODUCER_STALE_SECONDS = 6.0
"""A producer whose newest heartbeat is older than this is gone: three of them have failed to come."""

MAX_EVENT_BYTES = 1_048_588
"""Kafka's own default for the longest (compressed) batch of a topic."""


@dataclass(frozen=True)
class Topic:
    """A topic as it should be; `config` holds Kafka's own names and values."""

    name: str
    partitions: int
    purpose: str
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Topics:
    """The names of the topics that belong together.

    Raises:
        InvalidTopicName: Kafka would not take the name of the events, or that of their dead letters.
    """

    events: str = "live_football_events"
    requests: str = "match_requests"
    producers: str = "producers"
    models: str = "models"
    drift_reports: str = "drift_reports"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.events):
            raise InvalidTopicName(
                f"{self.events!r} cannot be the name of a topic.",
                hint="set MATCHCAST_EVENTS_TOPIC to letters, digits, dots, dashes and underscores",
            )

    @property
    def dead_letters(self) -> str:
        """The topic of the records that could not be read."""
        return f"{self.events}.dead_letter"


@dataclass(frozen=True)
class TopicView:
    """A topic as the broker has it.

    `topic_id` tells a topic from a later one of the same name; `low` and `high` hold, for each
    partition, the first offset that is kept and the one that the next record will get.
    """

    name: str
    topic_id: str
    low: Mapping[int, int]
    high: Mapping[int, int]

    @property
    def records(self) -> int:
        """How many offsets are kept; compaction may have removed the records of some."""
        return sum(self.high[partition] - self.low[partition] for partition in self.high)


def _bounds(size: int) -> dict[str, str]:
    """Return the settings that bound a partition's bytes; of 0, none: the broker has bounds of its own."""
    if size == 0:
        return {}
    # Retention works on whole segments: eight of them keep it near what was asked.
    return {"retention.bytes": str(size), "segment.bytes": str(max(1024**2, min(1024**3, size // 8)))}


def catalogue(settings: Settings) -> list[Topic]:
    """Return all topics as these settings want them."""
    names = Topics(events=settings.events_topic)
    retention_ms = settings.events_retention_hours * _HOUR_MS
    return [
        Topic(
            names.events,
            settings.events_partitions,
            "events of the running matches, keyed by match id",
            {
                "retention.ms": str(retention_ms),
                **_bounds(settings.events_retention_bytes),
                "max.message.bytes": str(MAX_EVENT_BYTES),
            },
        ),
        Topic(
            names.dead_letters,
            1,
            "records that could not be read, keyed by topic/partition/offset",
            {
                "cleanup.policy": "compact,delete",
                "retention.ms": str(max(30 * _DAY_MS, retention_ms)),
                "retention.bytes": str(256 * 1024**2),
                # A reader may put a letter again as long as Kafka keeps the record; until then the
                # tombstone that says "sent again" has to stay beside it.
                "min.compaction.lag.ms": str(retention_ms),
                "delete.retention.ms": str(retention_ms),
                # A letter is as long as its record, and a little longer: key, reason, time.
                "max.message.bytes": str(MAX_EVENT_BYTES + 65_536),
            },
        ),
        Topic(names.requests, 1, "wishes for new matches", {"retention.ms": str(_DAY_MS)}),
        Topic(
            names.producers,
            1,
            "heartbeats of the producers, keyed by producer id",
            {
                "cleanup.policy": "compact,delete",
                # The last heartbeat says which ids were given and which matches are unfinished: kept for
                # longer than their events, so that no id comes twice.
                "retention.ms": str(retention_ms + _DAY_MS),
                "segment.ms": str(_HOUR_MS),
            },
        ),
        Topic(
            names.models,
            1,
            "models and what was done to them",
            # A model file may have 4 MB; its key and Kafka's own bytes come on top.
            {"cleanup.policy": "compact", "max.message.bytes": str(4 * 1024**2 + 65_536)},
        ),
        Topic(
            names.drift_reports,
            1,
            "the newest report of drift of each origin, keyed by it",
            {"cleanup.policy": "compact"},
        ),
    ]


def wait_for_broker(broker: str, timeout: float = 30) -> AdminClient:
    """Return a connected admin client once the broker answers.

    Raises:
        KafkaUnavailable: it did not answer within `timeout` seconds.
    """
    admin = connect_admin(broker)
    deadline = time.monotonic() + timeout
    reason = f"no answer within {timeout:g} s"
    while True:
        left = deadline - time.monotonic()
        try:
            admin.list_topics(timeout=max(0.1, min(2.0, left)))
        except KafkaException as error:
            if not is_connection_failure(error):
                reason = explain(error)
        else:
            return admin
        if time.monotonic() >= deadline:
            raise KafkaUnavailable(broker, reason)
        time.sleep(0.1)


def ensure_topics(broker: str, topics: Iterable[Topic], timeout: float = 30) -> list[str]:
    """Make those topics that are missing and return their names; the others stay as they are.

    Waits for the broker, and until the new topics can be written to, `timeout` seconds in all.
    """
    deadline = time.monotonic() + timeout
    admin = wait_for_broker(broker, timeout)
    wanted = {topic.name: topic for topic in topics}
    missing = [wanted[name] for name in wanted.keys() - admin.list_topics(timeout=5).topics.keys()]
    created = []
    if missing:
        # Replication is the broker's default: 1 on one node, 3 on a cluster.
        futures = admin.create_topics(
            [NewTopic(t.name, t.partitions, replication_factor=-1, config=dict(t.config)) for t in missing]
        )
        for name, future in futures.items():
            try:
                settle(broker, future, max(1.0, deadline - time.monotonic()))
                created.append(name)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise KafkaUnavailable(
                        broker, f"topic {name} cannot be made: {explain(error)}"
                    ) from error
    observer = Observer(broker)
    while True:
        try:
            observer.describe_all(list(wanted))
        except (KafkaUnavailable, UnknownTopic):
            # A partition has no leader at first, and says so.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return sorted(created)


class Observer:
    """Looks at topics from outside; its methods may be called from any thread."""

    def __init__(self, broker: str) -> None:
        self.broker = broker
        self._admin = connect_admin(broker, CLIENT_ID)

    def describe(self, topic: str, timeout: float = 5) -> TopicView:
        """Return a topic as it is now.

        Raises:
            KafkaUnavailable: no broker answers.
            UnknownTopic: there is no such topic.
        """
        return self.describe_all([topic], timeout)[0]

    def describe_all(self, topics: Sequence[str], timeout: float = 5) -> list[TopicView]:
        """Return several topics as they are now, as `describe` does."""
        try:
            return self._describe_all(topics, timeout)
        except KafkaUnavailable:
            # A client may stay cut off for good after its only broker was fenced, while a new one is answered at
            # once (seen with librdkafka 2.16).
            self._admin = connect_admin(self.broker, CLIENT_ID)
            raise

    def _describe_all(self, topics: Sequence[str], timeout: float) -> list[TopicView]:
        described = self._admin.describe_topics(TopicCollection(list(topics)), request_timeout=timeout)
        partitions: dict[str, tuple[str, list[int]]] = {}
        for name in topics:
            try:
                found = settle(self.broker, described[name], timeout)
            except KafkaException as error:
                if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise UnknownTopic(self.broker, name) from error
                raise KafkaRefused(self.broker, explain(error)) from error
            # As Kafka's own tools write it, and so fit for file names.
            topic_id = str(found.topic_id).translate(_URL_SAFE)
            partitions[name] = (topic_id, [partition.id for partition in found.partitions])
        places = [(name, partition) for name, (_, ids) in partitions.items() for partition in ids]
        low = self._offsets(places, OffsetSpec.earliest(), timeout)
        high = self._offsets(places, OffsetSpec.latest(), timeout)
        return [
            TopicView(
                name,
                topic_id,
                {partition: low[name, partition] for partition in ids},
                {partition: high[name, partition] for partition in ids},
            )
            for name, (topic_id, ids) in partitions.items()
        ]

    def _offsets(
        self, places: Sequence[tuple[str, int]], spec: OffsetSpec, timeout: float
    ) -> dict[tuple[str, int], int]:
        request = {TopicPartition(name, partition): spec for name, partition in places}
        deadline = time.monotonic() + timeout
        while True:
            futures = self._admin.list_offsets(
                request, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=timeout
            )
            try:
                return {
                    (at.topic, at.partition): settle(self.broker, future, timeout).offset
                    for at, future in futures.items()
                }
            except KafkaException as error:
                # A partition that was made just now, or whose broker went, has no leader for a moment.
                if error.args[0].code() not in _PASSING or time.monotonic() >= deadline:
                    raise KafkaRefused(self.broker, explain(error)) from error
            time.sleep(0.05)

    def configuration(self, topic: str, timeout: float = 5) -> dict[str, str]:
        """Return the settings of a topic that differ from the broker's defaults."""
        resource = ConfigResource(ResourceType.TOPIC, topic)
        (future,) = self._admin.describe_configs([resource], request_timeout=timeout).values()
        try:
            entries = settle(self.broker, future, timeout)
        except KafkaException as error:
            raise UnknownTopic(self.broker, topic) from error
        return {name: entry.value for name, entry in entries.items() if not entry.is_default}
