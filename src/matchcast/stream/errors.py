"""What can go wrong between this process and Kafka."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class InvalidBrokerAddress(MatchcastError):
    """An address of a broker that is not `host:port`."""


class KafkaUnavailable(MatchcastError):
    """No broker answers, or the one that answers cannot do what was asked.

    Attributes:
        broker: the address that was tried.
        reason: what the client library says.
    """

    def __init__(self, broker: str, reason: str) -> None:
        super().__init__(
            f"Kafka at {broker} does not answer: {reason}.",
            hint="start a broker with `matchcast up`, or set MATCHCAST_KAFKA_BROKER to the address of yours",
        )
        self.broker = broker
        self.reason = reason


class UnknownTopic(MatchcastError):
    """A topic that the broker does not have."""

    def __init__(self, broker: str, topic: str) -> None:
        super().__init__(f"Kafka at {broker} has no topic {topic}.", hint="make it with `matchcast topics`")
        self.topic = topic


class UndeliveredRecords(MatchcastError):
    """Records that were written here and did not reach Kafka.

    Attributes:
        count: how many.
        reason: why the first of them failed.
    """

    def __init__(self, count: int, reason: str) -> None:
        records = "1 record was" if count == 1 else f"{count} records were"
        super().__init__(
            f"{records} not delivered to Kafka: {reason}.",
            hint="see that the broker runs and has room, then send them again",
        )
        self.count = count
        self.reason = reason
