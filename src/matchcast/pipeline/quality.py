"""Whether a batch is as it should be: its records, its finished matches, its forecasts."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import duckdb
from msgspec import Struct

from matchcast.forecast.snapshots import MINUTES
from matchcast.history.batches import Manifest, Report, segments_of_batch
from matchcast.history.parquet import connect, damaged, view_events
from matchcast.history.segments import files_of
from matchcast.history.tables import EVENTS, MATCHES, Match, sql_type
from matchcast.pipeline.checks import LAST_MINUTE, Check, check_of
from matchcast.pipeline.features import FEATURES, TEAM_SIZE, Snapshot
from matchcast.pipeline.files import BatchFiles, write_json
from matchcast.pipeline.match_quality import check_matches
from matchcast.pipeline.scoring import FORECASTS, Scored

MOST_BROKEN = 0.01
"""Share of records that may be unreadable; those are dead letters, which the operator looks at."""

_NEVER_EMPTY = ("origin", "source", "event_id", "period", "minute", "second", "type", "team", "value")


class Quality(Struct, frozen=True):
    """What came of checking a batch; `log_loss` is that of its forecasts, None where it has none."""

    batch: str
    passed: bool
    checks: list[Check]
    log_loss: float | None


def check(files: BatchFiles) -> Quality:
    """Check a batch and keep what came of it.

    Raises:
        StepMissing: the batch has not been through the steps before.
        HistoryDamaged: a file cannot be read.
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    manifest, report = files.drained()
    matches = files.read(files.matches, Match, "features")
    snapshots = files.read(files.features, Snapshot, "features")
    scored = files.read(files.forecasts, Scored, "score")
    checks = [
        *_of_records(files, manifest, report),
        _columns(files),
        *check_matches(matches),
        check_snapshots(matches, snapshots),
        _forecasts(snapshots, scored),
    ]
    log_loss = math.fsum(one.log_loss for one in scored) / len(scored) if scored else None
    quality = Quality(files.batch, all(one.passed for one in checks), checks, log_loss)
    write_json(files.checks, quality)
    return quality


def _of_records(files: BatchFiles, manifest: Manifest, report: Report) -> Iterator[Check]:
    ranges = manifest.ranges
    with connect() as database:
        try:
            view_events(database, "held", files_of(segments_of_batch(files.history, manifest)))
            database.execute(
                "CREATE TEMP TABLE covered AS SELECT unnest(?::INTEGER[]) AS kafka_partition, "
                "unnest(?::BIGINT[]) AS first, unnest(?::BIGINT[]) AS last",
                [
                    [one.partition for one in ranges],
                    [one.first for one in ranges],
                    [one.last for one in ranges],
                ],
            )
            database.execute(
                "CREATE TEMP TABLE records AS SELECT held.* FROM held JOIN covered USING (kafka_partition) "
                "WHERE kafka_offset BETWEEN covered.first AND covered.last"
            )
            (rows, places), *_ = database.execute(
                "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM records"
            ).fetchall()
            yield Check("each record is there once", rows, rows - places)
            missing = max(report.offsets - report.broken - places, 0)
            yield Check("every record that can be read is there", report.offsets, missing)
            yield _readable(report)
            empty = " OR ".join(f"{column} IS NULL" for column in _NEVER_EMPTY)
            yield _rows_where(database, "what every record has is told", empty)
            yield _rows_where(
                database,
                "times are those of a match",
                f"period NOT BETWEEN 0 AND 5 OR minute NOT BETWEEN 0 AND {LAST_MINUTE} OR second NOT BETWEEN 0 AND 59",
            )
            yield _schema(database)
        except duckdb.Error as error:
            raise damaged(files.history.events, error) from error


def _readable(report: Report) -> Check:
    too_many = report.broken > MOST_BROKEN * report.offsets
    example = report.broken_records[0].reason if too_many and report.broken_records else None
    return Check("nearly all records can be read", report.offsets, report.broken if too_many else 0, example)


def _rows_where(database: duckdb.DuckDBPyConnection, name: str, fault: str) -> Check:
    ((of, faults, partition, offset),) = database.execute(
        f"SELECT count(*), count(*) FILTER ({fault}), "  # noqa: S608 - conditions of ours
        f"min(kafka_partition) FILTER ({fault}), "
        f"arg_min(kafka_offset, kafka_partition) FILTER ({fault}) FROM records"
    ).fetchall()
    return Check(name, of, faults, f"partition {partition}, offset {offset}" if faults else None)


def _schema(database: duckdb.DuckDBPyConnection) -> Check:
    found = {row[0]: row[1] for row in database.execute("DESCRIBE records").fetchall()}
    wrong = [name for name, kind in EVENTS.items() if found.get(name) != kind]
    return check_of("columns have their types", len(EVENTS), wrong)


def _columns(files: BatchFiles) -> Check:
    """The columns of what the steps wrote, as DuckDB finds them."""
    wanted = {
        files.matches: MATCHES,
        files.features: FEATURES,
        files.forecasts: FORECASTS,
    }
    wrong = []
    with connect() as database:
        for path, columns in wanted.items():
            try:
                rows = database.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()
            except duckdb.Error as error:
                raise damaged(path, error) from error
            found = {row[0]: row[1].replace('"', "") for row in rows}
            wrong += [
                f"{name} of {path.parent.name}"
                for name, column in columns.items()
                if found.get(name) != sql_type(column).replace('"', "")
            ]
    return check_of(
        "matches, features and forecasts have their columns", sum(map(len, wanted.values())), wrong
    )


def check_snapshots(matches: Sequence[Match], snapshots: Sequence[Snapshot]) -> Check:
    """Check the snapshots of matches: all are there, goals are never taken back, the result is the match's."""
    seen: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for snapshot in sorted(snapshots, key=lambda one: one.minute):
        seen[snapshot.source, snapshot.match_id].append(snapshot)
    wrong = []
    over = [match for match in matches if match.status == "finished" and match.kind == "detailed"]
    for match in over:
        moments = seen.pop((match.source, match.match_id), [])
        if [one.minute for one in moments] != MINUTES.tolist() or not _follows(match, moments):
            wrong.append(match.match_id)
    wrong += [match_id for _, match_id in seen]
    return check_of("snapshots follow from their match", len(over), wrong)


def _follows(match: Match, moments: Sequence[Snapshot]) -> bool:
    home, away = match.home_goals_90, match.away_goals_90
    if home is None or away is None:
        home, away = match.home_goals, match.away_goals
    result = "home" if home > away else "away" if home < away else "draw"
    course = [(0, 0), *((one.home_goals, one.away_goals) for one in moments), (home, away)]
    return all(one.result == result and abs(one.men) < TEAM_SIZE for one in moments) and all(
        before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(course)
    )


def _forecasts(snapshots: Sequence[Snapshot], scored: Sequence[Scored]) -> Check:
    """Each moment has one forecast of a sound shape, each match all of its moments."""
    wanted = Counter((one.source, one.match_id, one.minute) for one in snapshots)
    wrong = [f"{match_id} at {minute}" for _, match_id, minute in wanted if minute not in MINUTES]
    told = Counter((one.source, one.match_id, one.minute) for one in scored)
    wrong += [f"{match_id} at {minute}" for _, match_id, minute in (wanted - told) + (told - wanted)]
    for one in scored:
        chances = (one.home, one.draw, one.away)
        if min(chances) < 0 or abs(math.fsum(chances) - 1) > 1e-6:
            wrong.append(f"{one.match_id} at {one.minute}")
    return check_of("each moment has one forecast", len(snapshots), wrong)
