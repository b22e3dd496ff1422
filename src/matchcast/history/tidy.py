"""Fewer and larger files of the stream's records, and no older ones than somebody wants.

A drain that runs every few minutes leaves many small files. Merged, they are one that is written
aside and renamed; from that moment on it counts and they do not. They are removed by the next tidy,
so that who reads them just now can end. What is dropped goes from a partition's beginning, never
its last file: that says what comes next.

Before that, the records of simulated matches and replays go from files that are old enough: rewritten
without them, a file keeps its name.

What the steps of pipelines leave of a batch (its features, forecasts, checks, the models of a run of
retraining) is removed when nobody has written to it for a month. Manifests, records and matches stay.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from matchcast.history.batches import BrokenRecord
from matchcast.history.columns import KEPT_BROKEN
from matchcast.history.files import STREAM, HistoryFolder, sweep
from matchcast.history.parquet import merge_events, merge_matches, newest_record, read_facts
from matchcast.history.played import KEEP_PLAYED, drop_played, facts_of_gone
from matchcast.history.segments import Segment, merged_away, path_of, segments_of, topics_of

log = logging.getLogger(__name__)

LARGEST_FILE = 64 * 1024**2
"""Bytes up to which files are merged into one."""


KEEP_WORK = timedelta(days=30)
"""How long what the steps of a batch left is kept: long enough to look into a run that went wrong."""


_OF = "of"
"""In the facts of the merged matches: the names of the files that were merged last."""


class Tidied(NamedTuple):
    """How many files were merged into fewer, how many lost old records, and how many things of steps were removed."""

    merged: int
    dropped: int
    removed: int


def tidy(
    history: HistoryFolder,
    *,
    keep: timedelta | None = None,
    keep_played: timedelta | None = KEEP_PLAYED,
    keep_work: timedelta = KEEP_WORK,
    largest: int = LARGEST_FILE,
    patience: float = 0.0,
) -> Tidied:
    """Merge the small files of the stream's records, drop the old ones, clear away what steps left.

    Args:
        keep: how old a file's newest record may be; None drops nothing.
        keep_played: the same, of the records of simulated matches and replays alone.
        keep_work: how long ago a step may have written last to what it left of a batch.
        patience: seconds to wait for a drain that runs.
        largest: bytes up to which files are merged into one.

    Raises:
        HistoryBusy: a drain runs.
        HistoryUnwritable, HistoryDamaged: as for `drain`.
    """
    merged = dropped = 0
    with history.locked(STREAM, patience):
        for folder in history.of_stream():
            sweep(folder)
        for topic_id in topics_of(history):
            _remove(merged_away(history, topic_id))
            for segments in segments_of(history, topic_id).values():
                old = [] if keep is None else list(_old(segments, datetime.now(UTC) - keep))
                _remove(old)
                left = segments[len(old) :]
                dropped += len(old)
                if keep_played is not None:
                    dropped += drop_played(left, datetime.now(UTC) - keep_played)
                for group in _groups(left, largest):
                    _merge(history, topic_id, group)
                    merged += len(group)
        long_ago = time.time() - keep_work.total_seconds()
        merged += _merge_matches(history, long_ago)
    return Tidied(merged, dropped, _clear_work(history, long_ago))


def _merge_matches(history: HistoryFolder, before: float) -> int:
    """Merge the matches of batches that were folded before a time into one file; return how many files it was.

    They are removed by the next tidy, as those of records are; until then each match is read once.
    """
    target = history.merged_matches
    kept = []
    if target.exists():
        kept.append(target)
        merged_at = target.stat().st_mtime
        for name in msgspec.json.decode(read_facts(target)[_OF], type=list[str]):
            path = target.with_name(name)
            if path.exists() and path.stat().st_mtime <= merged_at:  # else it was folded anew since
                path.unlink()
    old = [path for path in target.parent.glob("[!_.]*.parquet") if path.stat().st_mtime < before]
    if old:
        names = msgspec.json.encode(sorted(path.name for path in old)).decode()
        merge_matches(target, [*kept, *old], {_OF: names})
    return len(old)


def _clear_work(history: HistoryFolder, before: float) -> int:
    """Remove what steps left to which nobody has written since a time; return how much of it is gone.

    A run of retraining writes to its folder as a whole: its newest file tells. What may not be removed
    is left and told.
    """
    old = [path for path in history.work() if _last_written(path) < before]
    return sum(map(_removed, old))


def _removed(path: Path) -> bool:
    """Remove a file or a folder, as much of it as may be; say whether it is not there any more."""
    problem: OSError | None = None
    for part in (*sorted(path.rglob("*"), reverse=True), path):  # what a folder holds before the folder
        try:
            if part.is_dir() and not part.is_symlink():
                part.rmdir()
            else:
                part.unlink(missing_ok=True)
        except OSError as error:
            problem = problem or error
    if problem is not None:
        log.warning("%s was not removed: %s", path, problem.strerror)
    return problem is None


def _last_written(path: Path) -> float:
    try:
        return max(file.stat().st_mtime for file in (path, *path.rglob("*")))
    except FileNotFoundError:  # a step has just renamed it into place
        return math.inf


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
            **facts_of_gone(facts),
        },
    )
    log.info("%d files merged into one", len(group), extra={"path": str(target)})
