"""The one module that imports confluent_kafka: connections, and its errors in our words.

`writer`, `reader` and `topics` are built on what is here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple, Protocol, TypeVar

from confluent_kafka import (
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType

from matchcast.stream.errors import InvalidBrokerAddress, KafkaUnavailable

__all__ = [
    "AdminClient",
    "ConfigResource",
    "Consumer",
    "IsolationLevel",
    "KafkaError",
    "KafkaException",
    "Message",
    "NewTopic",
    "OffsetSpec",
    "Producer",
    "ReceivedMessage",
    "ResourceType",
    "StreamRecord",
    "TopicCollection",
    "TopicPartition",
    "connect_admin",
    "connect_consumer",
    "connect_producer",
    "explain",
    "parse_broker",
    "settle",
]

_log = logging.getLogger("matchcast.stream.librdkafka")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
_ORIGIN = re.compile(r"\b(?:Local|Broker): ")

_CONNECTION: Mapping[str, Any] = {
    # A broker that comes back is found within a second, not within librdkafka's ten.
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "socket.connection.setup.timeout.ms": 5000,
    "socket.keepalive.enable": True,
    "allow.auto.create.topics": False,
    "log.connection.close": False,
    # Only what breaks the client for good (levels 0 to 2); what passes comes back as an error, with a reason.
    "log_level": 2,
}

MAX_REQUEST_BYTES = 1_000_000_000
"""Longest record that is written, before compression: librdkafka's most. A topic's own limit, after
compression, is the broker's to check; a dead letter must not fail where its record passed."""

T = TypeVar("T")


class StreamRecord(NamedTuple):
    """A record as it lies in Kafka; `timestamp_ms` is in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def place(self) -> str:
        """Where the record lies: ``topic/partition/offset``."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class ReceivedMessage(Protocol):
    """What a `Message` that came from Kafka has; its own type allows for those that did not."""

    def topic(self) -> str: ...  # noqa: D102
    def partition(self) -> int: ...  # noqa: D102
    def offset(self) -> int: ...  # noqa: D102
    def key(self) -> bytes | None: ...  # noqa: D102
    def value(self) -> bytes | None: ...  # noqa: D102
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102
    def headers(self) -> list[tuple[str, bytes | None]] | None: ...  # noqa: D102
    def error(self) -> KafkaError | None: ...  # noqa: D102


def parse_broker(text: str) -> str:
    """Return the addresses of `host:port[,host:port…]` without blanks.

    Raises:
        InvalidBrokerAddress: one of them is not an address.
    """
    addresses = [address.strip() for address in text.split(",") if address.strip()]
    for address in addresses or [text]:
        match = _ADDRESS.fullmatch(address)
        if match is None or not 0 < int(match[2]) <= 65535:
            raise InvalidBrokerAddress(
                f"{address!r} is not the address of a Kafka broker.",
                hint="write host:port, as 127.0.0.1:9092; several are parted by commas",
            )
    return ",".join(addresses)


def _connection(broker: str, client_id: str) -> dict[str, Any]:
    return {"bootstrap.servers": parse_broker(broker), "client.id": client_id, "logger": _log, **_CONNECTION}


def connect_admin(broker: str, client_id: str = "matchcast") -> AdminClient:
    """Return a client for topics and offsets; it connects when it is used."""
    return AdminClient(_connection(broker, client_id))


def connect_producer(broker: str, client_id: str, *, linger_ms: float, delivery_timeout_s: float) -> Producer:
    """Return an idempotent producer (acks from all in-sync replicas, order kept, zstd)."""
    return Producer(
        {
            **_connection(broker, client_id),
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "zstd",
            "linger.ms": linger_ms,
            "delivery.timeout.ms": int(delivery_timeout_s * 1000),
            "message.max.bytes": MAX_REQUEST_BYTES,
            "queue.buffering.max.messages": 100_000,
            # Java's partitioner, so that records of a match lie together whoever sends them.
            "partitioner": "murmur2_random",
        }
    )


def connect_consumer(broker: str, client_id: str, on_error: Callable[[KafkaError], None]) -> Consumer:
    """Return a consumer for `assign`: no group, no commits, errors instead of silent resets.

    `on_error` is called, while the consumer is read, with what belongs to no partition.
    """
    return Consumer(
        {
            **_connection(broker, client_id),
            "error_cb": on_error,
            "group.id": "matchcast-unused",  # librdkafka demands one; assign() without commits never joins it
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 100,
            "fetch.error.backoff.ms": 100,
            # The default of a second makes catching up stall each time the local queue has been full.
            "fetch.queue.backoff.ms": 10,
            "queued.max.messages.kbytes": 65_536,
        }
    )


def explain(error: KafkaError | KafkaException | Exception) -> str:
    """Return what an error of the client library says, without its codes and final stop."""
    cause = error.args[0] if isinstance(error, KafkaException) and error.args else error
    text = cause.str() if isinstance(cause, KafkaError) else str(cause)
    return _ORIGIN.sub("", text).strip().rstrip(".") or type(error).__name__


def settle(broker: str, future: Future[T], timeout: float) -> T:
    """Wait for an answer to an administrator's request.

    Raises:
        KafkaUnavailable: no answer within `timeout` seconds, or the connection failed.
        KafkaException: the broker answered with an error of another kind.
    """
    try:
        return future.result(timeout)
    except TimeoutError as error:
        raise KafkaUnavailable(broker, f"no answer within {timeout:g} s") from error
    except KafkaException as error:
        if is_connection_failure(error):
            raise KafkaUnavailable(broker, explain(error)) from error
        raise


def is_connection_failure(error: KafkaException) -> bool:
    """Say whether an error means that no broker could be reached."""
    code = error.args[0].code() if error.args and isinstance(error.args[0], KafkaError) else None
    return code in {
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._RESOLVE,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
    }
