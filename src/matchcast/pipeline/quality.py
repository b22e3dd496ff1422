"""Whether a batch is as it should be: its records, its finished matches, its forecasts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import duckdb
from msgspec import Struct

from matchcast.forecast.snapshots import MINUTES
from matchcast.history.batches import Manifest, Report, segments_of_batch
from matchcast.history.parquet import connect, damaged, view_events
from matchcast.history.segments import files_of
from matchcast.history.tables import EVENTS, Match
from matchcast.pipeline.features import Snapshot
from matchcast.pipeline.files import BatchFiles, write_json
from matchcast.pipeline.scoring import Scored

MOST_BROKEN = 0.01
"""Share of records that may be unreadable; those are dead letters, which the operator looks at."""

LAST_MINUTE = 150
"""Extra time ends at 120, stoppage comes on top."""

_NEVER_EMPTY = ("origin", "source", "event_id", "period", "minute", "second", "type", "team", "value")


class Check(Struct, frozen=True):
    """Something that was checked: of how many things, how many failed, and which is the first."""

    name: str
    of: int
    faults: int
    example: str | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return self.faults == 0


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
        *check_matches(matches),
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
    return Check("columns have their types", len(EVENTS), len(wrong), wrong[0] if wrong else None)


def check_matches(matches: Sequence[Match]) -> Iterator[Check]:
    """Check finished matches: goals against score and shots, shots by themselves."""
    yield _each("goals add up to the score", matches, _adds_up)
    yield _each("each goal but own goals is a shot that scored", matches, _goals_are_shots)
    yield _each("shots are on the pitch and worth 0 to 1 goals", matches, _shots_are_sound)


def _each(name: str, matches: Sequence[Match], sound: Callable[[Match], bool]) -> Check:
    faulty = [match.match_id for match in matches if not sound(match)]
    return Check(name, len(matches), len(faulty), faulty[0] if faulty else None)


def _adds_up(match: Match) -> bool:
    sides = Counter(goal.side for goal in match.goals or ())
    return (sides["home"], sides["away"]) == (match.home_goals, match.away_goals)


def _goals_are_shots(match: Match) -> bool:
    goals = Counter(goal.side for goal in match.goals or () if not goal.own_goal)
    scored = Counter(shot.side for shot in match.shots or () if shot.goal)
    return goals == scored


def _shots_are_sound(match: Match) -> bool:
    return all(
        0 <= shot.xg <= 1
        and (shot.x is None or 0 <= shot.x <= 120)
        and (shot.y is None or 0 <= shot.y <= 80)
        and (shot.on_target or not shot.goal)
        for shot in match.shots or ()
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
    return Check("each moment has one forecast", len(snapshots), len(wrong), wrong[0] if wrong else None)
