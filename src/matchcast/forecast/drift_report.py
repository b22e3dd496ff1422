"""What the pipeline found of drift, as it is kept, published and shown."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from matchcast.forecast.errors import DamagedDriftReport

Origin = Literal["real", "simulated"]
"""Matches that were played, and matches that never were: looked at apart."""


class Sign(Struct, frozen=True):
    """One thing that was looked at: its value, the limit on its size, whether it fires, in words."""

    name: str
    value: float
    limit: float
    fires: bool
    text: str


class DriftReport(Struct, frozen=True):
    """The signs of the newest matches of an origin beside those before them.

    `at` is when it was made (ISO 8601, UTC), `batch` the run that made it, `model_version` the model whose
    forecasts were looked at last. `drifted` says whether a sign fires; `matches` are compared with
    `reference` matches. Too few of either show no signs.
    """

    at: str
    batch: str
    origin: Origin
    model_version: str
    drifted: bool
    matches: int
    reference: int
    signs: list[Sign]

    def __post_init__(self) -> None:
        if datetime.fromisoformat(self.at).utcoffset() != timedelta(0):
            raise ValueError(f"{self.at} is not told in UTC")

    @property
    def key(self) -> bytes:
        """Its key on the topic: the newest report of each origin stays."""
        return self.origin.encode()

    def encode(self) -> bytes:
        """Its bytes on the topic: JSON."""
        return msgspec.json.encode(self)


_decoder = msgspec.json.Decoder(DriftReport)


def decode(raw: bytes | None) -> DriftReport:
    """Read a report from its bytes on the topic.

    Raises:
        DamagedDriftReport: the bytes are no report.
    """
    try:
        return _decoder.decode(raw or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedDriftReport(
            f"A report of drift cannot be read: {error}.",
            hint="the next run of football_pipeline writes a new one",
        ) from error
