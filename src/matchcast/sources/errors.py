"""What can be wrong with an event file."""

from __future__ import annotations

from pathlib import Path

from matchcast.errors import MatchcastError


class UnreadableFile(MatchcastError):
    """A file that is not the event file it should be.

    Attributes:
        path: the file.
        place: where in it, as ``$[12].minute``; empty when it is the file as a whole.
    """

    def __init__(self, path: Path, reason: str, *, place: str = "", hint: str) -> None:
        where = f" at {place}" if place else ""
        super().__init__(f"{path} cannot be read{where}: {reason}.", hint=hint)
        self.path = path
        self.place = place


class UnknownProvider(MatchcastError):
    """A provider of event data that nothing here reads."""


class MissingCompanion(MatchcastError):
    """A provider whose events come in two files, given without the second one."""
