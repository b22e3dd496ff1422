"""Fewer and larger files of the stream's records, and no older ones than somebody wants.

A drain that runs every few minutes leaves many small files. Merged, they are one that is written
aside and renamed; from that moment on it counts and they do not. They are removed by the next tidy,
so that who reads them just now can end. What is dropped goes from a partition's beginning, never
its last file: that says what comes next.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from matchcast.history.batches import BrokenRecord
from matchcast.history.columns import KEPT_BROKEN
from matchcast.history.files import STREAM, HistoryFolder, sweep
from matchcast.history.parquet import merge_events, newest_record, read_facts
from matchcast.history.segments import Segment, merged_away, path_of, segments_of, topics_of

log = logging.getLogger(__name__)

LARGEST_FILE = 64 * 1024**2
"""Bytes up to which files are merged into one."""


class Tidied(NamedTuple):
    """How many files were merged into fewer, and how many were dropped."""

    merged: int
    dropped: int


def tidy(history: HistoryFolder, *, keep: timedelta | None = None, largest: int = LARGEST_FILE) -> Tidied:
    """Merge the small files of the stream's records and drop the old ones; matches stay.

    Args:
        keep: how old a file's newest record may be; None drops nothing.
        largest: bytes up to which files are merged into one.

    Raises:
        HistoryBusy: a drain runs.
        HistoryUnwritable, HistoryDamaged: as for `drain`.
    """
    merged = dropped = 0
    with history.locked(STREAM):
        for folder in history.of_stream():
            sweep(folder)
        for topic_id in topics_of(history):
            _remove(merged_away(history, topic_id))
            for segments in segments_of(history, topic_id).values():
                old = [] if keep is None else list(_old(segments, datetime.now(UTC) - keep))
                _remove(old)
                dropped += len(old)
                for group in _groups(segments[len(old) :], largest):
                    _merge(history, topic_id, group)
                    merged += len(group)
    return Tidied(merged, dropped)


def _remove(segments: Iterable[Segment]) -> None:
    """Remove the files of segments, in their order."""
    for segment in segments:
        segment.path.unlink(missing_ok=True)


def _old(segments: list[Segment], since: datetime) -> Iterator[Segment]:
    for segment in segments[:-1]:
        newest = None if segment.lost else newest_record(segment.path)
        if newest is not None and newest >= since.replace(tzinfo=None):
            break
        yield segment


def _groups(segments: list[Segment], largest: int) -> Iterator[list[Segment]]:
    """Yield runs of at least two neighbours that fit into one file."""
    group: list[Segment] = []
    size = 0
    for segment in segments:
        grown = size + segment.path.stat().st_size
        if segment.lost or grown > largest:
            if len(group) > 1:
                yield group
            group, size = ([], 0) if segment.lost else ([segment], segment.path.stat().st_size)
        else:
            group, size = [*group, segment], grown
    if len(group) > 1:
        yield group


def _merge(history: HistoryFolder, topic_id: str, group: list[Segment]) -> None:
    facts = [read_facts(segment.path) for segment in group]
    broken = [
        record
        for one in facts
        for record in msgspec.json.decode(one["broken_records"], type=list[BrokenRecord])
    ]
    target = path_of(history, topic_id, group[0].partition, group[0].first, group[-1].last)
    merge_events(
        target,
        [segment.path for segment in group],
        {
            "broken": str(sum(int(one["broken"]) for one in facts)),
            "unattributed": str(sum(int(one["unattributed"]) for one in facts)),
            "broken_records": msgspec.json.encode(broken[:KEPT_BROKEN]).decode(),
        },
    )
    log.info("%d files merged into one", len(group), extra={"path": str(target)})
