"""How the parts around the running matches are, as far as this process can tell."""

from __future__ import annotations

import time
from collections import deque
from typing import Literal

from msgspec import Struct

from matchcast.forecast.drift_report import DriftReport

State = Literal["online", "offline", "warning", "unknown"]


class KafkaStatus(Struct, frozen=True):
    """How reading from Kafka goes.

    `warning` means that it is read, but something is amiss or it has not caught up. `since` and
    `last_success` are seconds since the epoch, `lag` is in records, `rate` in events a second over
    the last ten seconds, `gaps` how often records were gone before they could be read.
    """

    state: State
    reason: str
    since: float
    last_success: float | None
    lag: int | None
    rate: float
    gaps: int


class ForecastStatus(Struct, frozen=True):
    """How the model API answers this process; `reason` is there when it does not."""

    available: bool
    reason: str | None
    since: float
    last_success: float | None
    model_version: str | None


class DeadLetterInfo(Struct, frozen=True):
    """A dead letter without its bytes; `key` is ``topic/partition/offset``, `at` ISO 8601, `size` in bytes."""

    key: str
    reason: str
    at: str
    size: int


class DeadLetterStatus(Struct, frozen=True):
    """How many records wait to be mended and sent again, and the newest of them; None: not known."""

    count: int | None
    newest: list[DeadLetterInfo]


class OriginDrift(Struct, frozen=True):
    """The newest report on the matches of an origin.

    `since` is when the first report of those was made that have said the same ever since (ISO 8601), as
    far back as Kafka still had them: it may have been so for longer.
    """

    report: DriftReport
    since: str


class DriftStatus(Struct, frozen=True):
    """What is known of drift: by origin, and for each key of a report that cannot be read, why."""

    origins: list[OriginDrift] = []
    damaged: dict[str, str] = {}


class Rate:
    """Events a second over the last ten seconds."""

    SECONDS = 10

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque(maxlen=self.SECONDS + 1)

    def add(self, count: int) -> None:
        """Count events that came now."""
        second = int(time.monotonic())
        if self._counts and self._counts[-1][0] == second:
            count += self._counts.pop()[1]
        self._counts.append((second, count))

    def per_second(self) -> float:
        """Return the mean of the last whole seconds."""
        this = int(time.monotonic())
        return sum(n for second, n in self._counts if this - self.SECONDS <= second < this) / self.SECONDS
