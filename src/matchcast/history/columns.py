"""Records on their way to a file of `events`: columns that grow, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from matchcast.events.errors import InvalidRecord
from matchcast.events.record import MAX_NAME, Event, decode
from matchcast.history.batches import BrokenRecord
from matchcast.history.parquet import NO_NUMBER
from matchcast.history.tables import EVENTS
from matchcast.stream.client import StreamRecord

KEPT_BROKEN = 100
"""Broken records of a file whose place and reason are kept; all are counted."""

ORIGIN_UNSAID = "live"
"""The origin of a record that names no match, as `MatchInfo` has it."""


class EventColumns:
    """Rows of `events` of one source.

    Attributes:
        bytes: size of the values so far.
        broken: how many records could not be read.
        unattributed: how many rows belong to no match by their own word or key.
    """

    def __init__(self, source: str) -> None:
        self.bytes = 0
        self.broken = 0
        self.unattributed = 0
        self._source = source
        self._broken: list[BrokenRecord] = []
        self._columns: dict[str, list[Any]] = {name: [] for name in EVENTS}
        self._append = [column.append for column in self._columns.values()]

    def __len__(self) -> int:
        return len(self._columns["value"])

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """The columns, as `write_events` takes them."""
        return self._columns

    @property
    def facts(self) -> dict[str, str]:
        """What is to be kept in the file's metadata beside the rows."""
        return {
            "broken": str(self.broken),
            "unattributed": str(self.unattributed),
            "broken_records": msgspec.json.encode(self._broken).decode(),
        }

    def take(self, record: StreamRecord) -> None:
        """Add a record of the stream, or count it as broken."""
        value = record.value
        try:
            event = decode(value or b"")
        except InvalidRecord as error:
            reason = "has no value" if value is None else error.reason
            if error.path and value is not None:
                reason = f"{error.path}: {reason}"
            self._set_aside(record, reason)
            return
        if event.match is not None:
            match_id = event.match.id
        elif record.key:
            match_id = record.key.decode("utf-8", "backslashreplace")[:MAX_NAME]
        else:
            match_id = ""
            self.unattributed += 1
        self.add(event, value or b"", match_id, record.timestamp_ms, record.partition, record.offset)

    def add(
        self,
        event: Event,
        value: bytes,
        match_id: str,
        at_ms: int,
        partition: int = NO_NUMBER,
        offset: int = NO_NUMBER,
        *,
        origin: str | None = None,
    ) -> None:
        """Add an event with its bytes."""
        row = (
            origin or (event.match.origin if event.match is not None else ORIGIN_UNSAID),
            self._source,
            match_id,
            str(event.id),
            NO_NUMBER if event.index is None else event.index,
            event.period_or_inferred,
            event.minute,
            event.second,
            event.type.name,
            event.team.name,
            event.player.name if event.player is not None else "",
            at_ms,
            partition,
            offset,
            value,
        )
        for append, cell in zip(self._append, row, strict=True):
            append(cell)
        self.bytes += len(value)

    def _set_aside(self, record: StreamRecord, reason: str) -> None:
        self.broken += 1
        if len(self._broken) < KEPT_BROKEN:
            self._broken.append(BrokenRecord(record.partition, record.offset, reason[:500]))
