"""What a history holds, in numbers."""

from __future__ import annotations

import duckdb
import msgspec
from msgspec import Struct

from matchcast.history.batches import Manifest
from matchcast.history.files import HistoryFolder
from matchcast.history.origins import attributions
from matchcast.history.parquet import damaged, open_history


class MatchCount(Struct, frozen=True):
    """How many matches of an origin there are, of what kind, and from when to when (ISO dates)."""

    origin: str
    kind: str
    matches: int
    first: str
    last: str


class EventCount(Struct, frozen=True):
    """How many events of an origin there are, of how many matches."""

    origin: str
    events: int
    matches: int


class LastBatch(Struct, frozen=True):
    """The newest batch that was drained."""

    batch: str
    made_at: str
    done: bool
    events: int
    broken: int


class Overview(Struct, frozen=True):
    """What a history holds."""

    folder: str
    matches: list[MatchCount]
    events: list[EventCount]
    bytes: int
    last_batch: LastBatch | None
    attributions: list[str]


def look_over(history: HistoryFolder) -> Overview:
    """Count what a history holds.

    Raises:
        HistoryDamaged: a file cannot be read.
    """
    with open_history(history) as database:
        try:
            matches = database.execute(
                "SELECT origin, kind, count(*), min(date)::VARCHAR, max(date)::VARCHAR "
                "FROM matches GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            events = database.execute(
                "SELECT origin, count(*), count(DISTINCT (source, match_id)) FROM events GROUP BY ALL ORDER BY ALL"
            ).fetchall()
        except duckdb.Error as error:
            raise damaged(history.path, error) from error
    counted = [MatchCount(*row) for row in matches]
    return Overview(
        str(history.path),
        counted,
        [EventCount(*row) for row in events],
        sum(path.stat().st_size for path in history.path.rglob("*.parquet")),
        _last_batch(history),
        attributions({row.origin for row in counted}),
    )


def _last_batch(history: HistoryFolder) -> LastBatch | None:
    manifests = sorted(history.path.glob("batches/*.json"), key=lambda path: path.stat().st_mtime)
    if not manifests:
        return None
    newest = msgspec.json.decode(manifests[-1].read_bytes(), type=Manifest)
    report = newest.report
    return LastBatch(
        newest.batch,
        newest.made_at,
        report is not None,
        report.events if report else 0,
        report.broken if report else 0,
    )
