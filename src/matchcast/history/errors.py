"""What can go wrong with the history and with bringing it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from matchcast.errors import MatchcastError


class HistoryUnwritable(MatchcastError):
    """A file of the history cannot be written: the disk is full, or the folder is not ours."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be written: {reason}.",
            hint="make room or give this user the folder, then run it again: nothing is lost or counted twice",
        )


class NothingToExport(MatchcastError):
    """The history has no finished match of the origins that were asked for."""

    def __init__(self, history: Path) -> None:
        super().__init__(
            f"{history} has no finished match to export.",
            hint="simulated matches and replays stay out unless --with-simulated; bring real ones with "
            "`matchcast history fetch` or `matchcast history add`",
        )


class HistoryDamaged(MatchcastError):
    """The files of the history do not fit together, or one of them cannot be read."""


class HistoryGap(MatchcastError):
    """Records that belong into the history are not in Kafka any more.

    Attributes:
        gaps: (partition, first, last) of the offsets that are missing.
    """

    def __init__(self, topic: str, gaps: Iterable[tuple[int, int, int]]) -> None:
        self.gaps = sorted(gaps)
        places = "; ".join(
            f"offsets {first} to {last} of partition {partition}" for partition, first, last in self.gaps
        )
        super().__init__(
            f"Kafka no longer has records of {topic} that the history lacks: {places}.",
            hint="keep events for longer (MATCHCAST_EVENTS_RETENTION_HOURS) or drain more often; "
            "`matchcast history drain --accept-gap` writes the loss down and goes on",
        )


class TopicChanged(MatchcastError):
    """The topic is not the one that a batch was planned for, or has become shorter."""


class HistoryBusy(MatchcastError):
    """Another process writes the same part of the history."""


class InvalidBatch(MatchcastError):
    """A batch whose name or manifest cannot be used."""


class OriginUnreachable(MatchcastError):
    """The place that open data comes from does not answer, or goes on breaking off."""


class OriginRefused(MatchcastError):
    """The place that open data comes from answers, but not with the file."""


class WrongChecksum(MatchcastError):
    """A file that was fetched is not the one that was pinned."""

    def __init__(self, url: str, expected: str, found: str) -> None:
        super().__init__(
            f"{url} is not the file that was pinned: its checksum is {found}, expected {expected}.",
            hint="do not use it; see whether a proxy changes downloads, then fetch again",
        )


class UnreadableMatches(MatchcastError):
    """A file of matches is not in the format that it should have."""


class UnknownData(MatchcastError):
    """A name of an open data set, competition or origin that is not known."""


class InvalidQuery(MatchcastError):
    """A statement that DuckDB cannot run over the history."""
