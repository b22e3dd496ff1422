"""The files of the stream's records: their names say which offsets they hold, and so what comes next.

A segment is ``FIRST-LAST.parquet`` in the folder of its topic and partition. The segments of a
partition join without a hole; where records were lost for good and somebody said to go on,
``FIRST-LAST.lost`` stands in their place.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from matchcast.history.errors import HistoryDamaged
from matchcast.history.files import HistoryFolder

_NAME = re.compile(r"(\d{20})-(\d{20})\.(parquet|lost)")
_FOLDER = re.compile(r"partition=(\d+)")


class Segment(NamedTuple):
    """A file of records, or the mark of lost ones: offsets `first` to `last` of a partition."""

    partition: int
    first: int
    last: int
    path: Path
    lost: bool


def path_of(history: HistoryFolder, topic_id: str, partition: int, first: int, last: int) -> Path:
    """Return where the records of these offsets belong."""
    return history.partition(topic_id, partition) / f"{first:020}-{last:020}.parquet"


def segments_of(history: HistoryFolder, topic_id: str) -> dict[int, list[Segment]]:
    """Return the segments of a topic by partition, in the order of their offsets.

    Raises:
        HistoryDamaged: two of them overlap, or there is a hole between two.
    """
    found: dict[int, list[Segment]] = {}
    for folder in (history.events / f"topic={topic_id}").glob("partition=*"):
        named = _FOLDER.fullmatch(folder.name)
        if named is not None and folder.is_dir():
            partition = int(named[1])
            found[partition] = _joined(folder, partition)
    return found


def _joined(folder: Path, partition: int) -> list[Segment]:
    segments = []
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        if match is not None:
            segments.append(Segment(partition, int(match[1]), int(match[2]), path, match[3] == "lost"))
    segments.sort(key=lambda segment: segment.first)
    for before, after in pairwise(segments):
        if after.first != before.last + 1:
            raise HistoryDamaged(
                f"{before.path} and {after.path.name} do not join: one ends at offset {before.last}, "
                f"the next begins at {after.first}.",
                hint="bring back the file that is missing, or remove the one that is too many",
            )
    return segments


def next_offsets(history: HistoryFolder, topic_id: str) -> dict[int, int]:
    """Return the offset after the last one that is in history, by partition."""
    return {
        partition: segments[-1].last + 1
        for partition, segments in segments_of(history, topic_id).items()
        if segments
    }
