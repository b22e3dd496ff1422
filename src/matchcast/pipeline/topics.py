"""The topics that a step writes to: made where they are missing."""

from __future__ import annotations

from matchcast.settings import Settings
from matchcast.stream.topics import catalogue, ensure_topics

_TIMEOUT = 10.0


def ensure_topic(settings: Settings, name: str) -> None:
    """Make a topic of the catalogue where it is missing.

    Raises:
        KafkaUnavailable: no broker answers.
    """
    wanted = [topic for topic in catalogue(settings) if topic.name == name]
    ensure_topics(settings.kafka_broker, wanted, _TIMEOUT)
