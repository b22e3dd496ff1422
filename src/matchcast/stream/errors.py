"""What can go wrong between this process and Kafka."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class InvalidBrokerAddress(MatchcastError):
    """An address of a broker that is not `host:port`."""


class InvalidTopicName(MatchcastError):
    """A name that Kafka gives no topic."""


class KafkaUnavailable(MatchcastError):
    """No broker answers.

    Attributes:
        broker: the address that was tried.
        reason: what the client library says.
    """

    _said = "does not answer"
    _remedy = "start a broker with `matchcast up`, or set MATCHCAST_KAFKA_BROKER to the address of yours"

    def __init__(self, broker: str, reason: str) -> None:
        super().__init__(f"Kafka at {broker} {self._said}: {reason}.", hint=self._remedy)
        self.broker = broker
        self.reason = reason


class KafkaRefused(KafkaUnavailable):
    """A broker answers, but not with what was asked for."""

    _said = "refuses what was asked"
    _remedy = "see the broker's log for the cause"


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


class UnknownLetter(MatchcastError):
    """No open dead letter has such a key."""
