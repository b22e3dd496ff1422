"""Matches that the stream has brought to their end: folded from history, one row each."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import groupby

import duckdb

from matchcast.events.record import decode
from matchcast.history.batches import Manifest, segments_of_batch
from matchcast.history.errors import InvalidBatch
from matchcast.history.files import STREAM, HistoryFolder
from matchcast.history.outcome import match_of
from matchcast.history.parquet import connect, damaged, read_facts, view_events, write_matches
from matchcast.history.played import gone_to
from matchcast.history.segments import Segment, files_of, segments_of
from matchcast.history.tables import Match
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise

log = logging.getLogger(__name__)

STAYS_OPEN_MINUTES = 15
"""How long after the last record of a match a record that names none may still belong to it."""

# What was in history when the batch was done: a retry finds the same, whatever came since.
_COVERED = """
CREATE TEMP TABLE covered AS
SELECT unnest(?::INTEGER[]) AS kafka_partition, unnest(?::BIGINT[]) AS first, unnest(?::BIGINT[]) AS last;
"""

# The matches that the batch has records of; a record that names none may be of any with its team.
_WANTED = """
CREATE TEMP TABLE new AS
SELECT DISTINCT match_id, team FROM fresh JOIN covered USING (kafka_partition)
WHERE kafka_offset BETWEEN covered.first AND covered.last;

CREATE TEMP TABLE wanted AS SELECT DISTINCT match_id FROM new WHERE match_id IS NOT NULL;
"""

_WANTED_BY_TEAM = """
INSERT INTO wanted SELECT DISTINCT match_id FROM records
WHERE match_id IS NOT NULL AND team IN (SELECT team FROM new WHERE match_id IS NULL)
AND match_id NOT IN (FROM wanted);
"""

_KNOWN = """
CREATE TEMP VIEW known AS
SELECT records.*, kafka_offset >= covered.first AS is_new FROM records JOIN covered USING (kafka_partition)
WHERE kafka_offset <= covered.last AND (match_id IS NULL OR match_id IN (FROM wanted));

CREATE TEMP TABLE named AS
SELECT match_id, bool_or(is_new) AS is_touched, min(recorded_at) AS first_at, max(recorded_at) AS last_at,
       bool_or(type IN ('Half End', 'Match End') AND (period >= 2 OR type = 'Match End')) AS may_be_over,
       bool_or(origin IN ('simulated', 'replay')) AS is_played
FROM known WHERE match_id IS NOT NULL GROUP BY match_id;
"""

# A record that names no match belongs to the match that ran at its time and has its team. It is of no match that
# producers of ours play: they name it in every record.
_UNNAMED = f"""
CREATE TEMP TABLE adopted AS
SELECT orphan.kafka_partition, orphan.kafka_offset, arg_max(named.match_id, named.first_at) AS match_id
FROM (SELECT * FROM known WHERE match_id IS NULL) AS orphan
JOIN (SELECT DISTINCT match_id, team FROM known WHERE match_id IS NOT NULL) AS plays USING (team)
JOIN named ON named.match_id = plays.match_id
WHERE NOT named.is_played AND orphan.recorded_at BETWEEN named.first_at AND named.last_at + INTERVAL {STAYS_OPEN_MINUTES} MINUTE
GROUP BY ALL;
"""  # noqa: S608 - a number of ours

_FOLDED = """
SELECT coalesce(known.match_id, adopted.match_id) AS match_id, value, strftime(recorded_at, '%Y-%m-%dT%H:%M:%S')
FROM known LEFT JOIN adopted USING (kafka_partition, kafka_offset)
WHERE coalesce(known.match_id, adopted.match_id) IN (
    SELECT named.match_id FROM named WHERE may_be_over AND (is_touched OR named.match_id IN (
        SELECT adopted.match_id FROM adopted JOIN known USING (kafka_partition, kafka_offset) WHERE is_new)))
ORDER BY 1, kafka_partition, kafka_offset
"""


def fold_finished(history: HistoryFolder, manifest: Manifest) -> list[Match]:
    """Write the matches that are over and of which the batch has records; return them by id.

    Each is folded from all its records up to the batch's end, so that late ones count; `matches`
    shows the fold of most events. Doing it again gives the same file.

    Raises:
        HistoryBusy: a drain runs.
        InvalidBatch: the batch is not drained yet, or its records were dropped since.
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    with history.locked(STREAM):
        fresh = segments_of_batch(history, manifest)
        _require_whole(manifest, fresh)
        topic = segments_of(history, manifest.topic_id)
        with connect() as database:
            try:
                view_events(database, "fresh", files_of(fresh))
                view_events(database, "records", [path for some in topic.values() for path in files_of(some)])
                matches = list(_fold(database, manifest))
            except duckdb.Error as error:
                raise damaged(history.events, error) from error
        write_matches(history.matches_of_batch(manifest.batch), matches)
    return matches


def _require_whole(manifest: Manifest, segments: list[Segment]) -> None:
    """Refuse a batch whose records were dropped since: its matches stay as they were folded."""
    for wanted in manifest.ranges:
        held = [segment for segment in segments if segment.partition == wanted.partition]
        if wanted.first <= wanted.last and not (
            held
            and held[0].first <= wanted.first
            and held[-1].last >= wanted.last
            and all(gone_to(read_facts(path)) < wanted.first for path in files_of(held))
        ):
            raise InvalidBatch(
                f"History does not hold all records of batch {manifest.batch} "
                f"(partition {wanted.partition}, offsets {wanted.first} to {wanted.last}).",
                hint="drain the batch first; once its records are dropped, its matches stay as they were",
            )


def _fold(database: duckdb.DuckDBPyConnection, manifest: Manifest) -> Iterator[Match]:
    ranges = manifest.ranges
    database.execute(
        _COVERED,
        [[one.partition for one in ranges], [one.first for one in ranges], [one.last for one in ranges]],
    )
    database.execute(_WANTED)
    database.execute(_WANTED_BY_TEAM)
    database.execute(_KNOWN)
    database.execute(_UNNAMED)
    records = database.execute(_FOLDED)
    for match_id, rows in groupby(_rows(records), key=lambda row: row[0]):
        state = MatchState(match_id)
        first_at = ""
        for _, value, at in rows:
            first_at = min(first_at or at, at)
            try:
                state.apply(decode(value))
            except Exception:
                log.exception("an event of history cannot be folded", extra={"match_id": match_id})
        match = match_of(summarise(state), source=manifest.topic_id, first_at=first_at)
        if match is not None:
            yield match


def _rows(records: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, bytes, str]]:
    while rows := records.fetchmany(10_000):
        yield from rows
