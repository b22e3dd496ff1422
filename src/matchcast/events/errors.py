"""What can be wrong with a record."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class InvalidRecord(MatchcastError):
    """Bytes that are not an event.

    Attributes:
        reason: what is wrong, for a dead letter or a log line.
        path: where in the record, as ``$.shot.xG``; empty when the whole is not JSON.
    """

    def __init__(self, reason: str, *, path: str = "") -> None:
        where = f" at {path}" if path else ""
        super().__init__(
            f"The record cannot be read{where}: {reason}",
            hint="see its JSON Schema, which `python -m matchcast.events.schema` prints",
        )
        self.reason = reason
        self.path = path
