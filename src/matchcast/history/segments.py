"""The files of the stream's records: their names say which offsets they hold, and so what comes next.

A segment is ``FIRST-LAST.parquet`` in the folder of its topic and partition. The segments of a
partition join without a hole; where records were lost for good and somebody said to go on,
``FIRST-LAST.lost`` stands in their place. A segment whose offsets another one holds too was merged
into that one and does not count any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from matchcast.history.errors import HistoryDamaged
from matchcast.history.files import ADDED, HistoryFolder

_NAME = re.compile(r"(\d{20})-(\d{20})\.(parquet|lost)")
_TOPIC = "topic="
_FOLDER = re.compile(r"partition=(\d+)")


class Segment(NamedTuple):
    """A file of records, or the mark of lost ones: offsets `first` to `last` of a partition."""

    partition: int
    first: int
    last: int
    path: Path
    lost: bool

    def overlaps(self, first: int, last: int) -> bool:
        """Say whether it holds one of the offsets from `first` to `last`."""
        return first <= last and self.first <= last and first <= self.last


class _Found(NamedTuple):
    valid: list[Segment]
    merged_away: list[Segment]


def path_of(history: HistoryFolder, topic_id: str, partition: int, first: int, last: int) -> Path:
    """Return where the records of these offsets belong."""
    return history.partition(topic_id, partition) / f"{first:020}-{last:020}.parquet"


def topics_of(history: HistoryFolder) -> list[str]:
    """Return the ids of the topics that a history has records of."""
    return sorted(path.name.removeprefix(_TOPIC) for path in history.events.glob(f"{_TOPIC}*"))


def segments_of(history: HistoryFolder, topic_id: str) -> dict[int, list[Segment]]:
    """Return the segments of a topic by partition, in the order of their offsets.

    Raises:
        HistoryDamaged: two of them overlap, or there is a hole between two.
    """
    return {partition: found.valid for partition, found in _find(history, topic_id).items()}


def merged_away(history: HistoryFolder, topic_id: str) -> list[Segment]:
    """Return the segments of a topic that others hold too."""
    return [segment for found in _find(history, topic_id).values() for segment in found.merged_away]


def next_offsets(history: HistoryFolder, topic_id: str) -> dict[int, int]:
    """Return the offset after the last one that is in history, by partition."""
    return {
        partition: segments[-1].last + 1
        for partition, segments in segments_of(history, topic_id).items()
        if segments
    }


def event_files(history: HistoryFolder) -> list[Path]:
    """Return all files of `events`: those of the stream, and those that were added."""
    files = sorted((history.events / ADDED).glob("[!.]*.parquet"))
    for topic_id in topics_of(history):
        files += files_of(
            segment for segments in segments_of(history, topic_id).values() for segment in segments
        )
    return files


def files_of(segments: Iterable[Segment]) -> list[Path]:
    """Return the files of segments that have one."""
    return [segment.path for segment in segments if not segment.lost]


def _find(history: HistoryFolder, topic_id: str) -> dict[int, _Found]:
    found = {}
    for folder in sorted((history.events / f"{_TOPIC}{topic_id}").glob("partition=*")):
        named = _FOLDER.fullmatch(folder.name)
        if named is not None and folder.is_dir():
            found[int(named[1])] = _joined(folder, int(named[1]))
    return found


def _joined(folder: Path, partition: int) -> _Found:
    segments = []
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        if match is not None:
            segments.append(Segment(partition, int(match[1]), int(match[2]), path, match[3] == "lost"))
    segments.sort(key=lambda segment: (segment.first, -segment.last))
    found = _Found([], [])
    for segment in segments:
        before = found.valid[-1] if found.valid else None
        if before is not None and segment.last <= before.last:
            found.merged_away.append(segment)
        elif before is not None and segment.first != before.last + 1:
            raise HistoryDamaged(
                f"{before.path} and {segment.path.name} do not join: one ends at offset {before.last}, "
                f"the next begins at {segment.first}.",
                hint="bring back the file that is missing, or remove the one that is too many",
            )
        else:
            found.valid.append(segment)
    return found
