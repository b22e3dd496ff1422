"""The records of simulated matches and replays, which history need not keep as long as those of real matches.

Segments keep their names and so their offsets; only rows go. They go from a partition's beginning, so
that one number in a file's facts says up to which offset they are gone, whatever it is merged with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from matchcast.history.parquet import count_of_origins, newest_record, read_facts, rewrite_without
from matchcast.history.segments import Segment
from matchcast.history.selection import REPLAY, SIMULATED

PLAYED = (SIMULATED, REPLAY)
KEEP_PLAYED = timedelta(days=14)
"""How long the records of matches that were played onto the stream are kept unless somebody says otherwise."""

_GONE_TO = "played_gone_to"
"""In the facts of a file: the last offset up to which these records were dropped."""


def drop_played(segments: Iterable[Segment], since: datetime) -> int:
    """Drop the records of simulated matches and replays from a partition's old files; return from how many.

    Args:
        segments: Those of the partition, in their order.
        since: A file whose newest record is older is old.

    Raises:
        HistoryUnwritable, HistoryDamaged: as for `drain`.
    """
    thinned = 0
    for segment in segments:
        if segment.lost or gone_to(read_facts(segment.path)) >= segment.last:
            continue
        newest = newest_record(segment.path)
        if newest is not None and newest >= since.replace(tzinfo=None):
            break
        if count_of_origins(segment.path, PLAYED):
            facts = {name: value for name, value in read_facts(segment.path).items() if name != "rows"}
            rewrite_without(segment.path, PLAYED, {**facts, _GONE_TO: str(segment.last)})
            thinned += 1
    return thinned


def gone_to(facts: Mapping[str, str]) -> int:
    """Return the last offset up to which a file, by its facts, lacks these records; -1 where it lacks none."""
    return int(facts.get(_GONE_TO, -1))


def facts_of_gone(merged: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return what the facts of a file must say where it is made of files with the facts given."""
    last = max(map(gone_to, merged))
    return {_GONE_TO: str(last)} if last >= 0 else {}
