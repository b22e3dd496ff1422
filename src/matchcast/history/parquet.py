"""Parquet through DuckDB: rows in, files out, and the two tables to query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
from msgspec import Struct

from matchcast.history.errors import HistoryDamaged, HistoryUnwritable
from matchcast.history.files import HistoryFolder, written_aside
from matchcast.history.segments import event_files
from matchcast.history.tables import EVENTS, MATCHES, Column, Match, sql_type

MATCH_TYPES = {name: sql_type(column) for name, column in MATCHES.items()}
_ONCE = "QUALIFY row_number() OVER (PARTITION BY source, match_id ORDER BY events DESC NULLS LAST) = 1"
_DISK_FULL = ("No space left", '"errno":"28"')

NO_NUMBER = -1
"""Stands for an integer that is not known, in the columns of `write_events`; text has ""."""


def connect() -> duckdb.DuckDBPyConnection:
    """Return a database in memory that loads nothing from the network."""
    return duckdb.connect(
        config={
            "threads": "2",
            "memory_limit": "1GB",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
        }
    )


def write_events(target: Path, columns: Mapping[str, Sequence[Any]], facts: Mapping[str, str]) -> None:
    """Write a file of `events`; its columns are lists of one length, `facts` go into its metadata.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    given: dict[str, Any] = {}
    chosen = []
    for name, kind in EVENTS.items():
        if kind in ("VARCHAR", "BLOB"):
            given[name] = _objects(columns[name])
            chosen.append(f"""nullif("{name}", '') AS "{name}\"""" if kind == "VARCHAR" else f'"{name}"')
        else:
            given[name] = np.array(columns[name], dtype=np.int64)
            known = f'nullif("{name}", {NO_NUMBER})'
            chosen.append(
                f'make_timestamp_ms({known}) AS "{name}"'
                if kind == "TIMESTAMP"
                else f'CAST({known} AS {kind}) AS "{name}"'
            )
    _copy(target, f"SELECT {', '.join(chosen)} FROM given", given, facts)  # noqa: S608


def write_matches(target: Path, matches: Iterable[Match]) -> int:
    """Write a file of `matches`; return how many it has.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    return write_rows(target, MATCHES, matches)


def write_rows(target: Path, columns: Mapping[str, Column], rows: Iterable[Struct]) -> int:
    """Write a file of rows with the given columns; return how many it has.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    lines = [msgspec.json.encode(row).decode() for row in rows]
    if lines:
        shape = msgspec.json.encode(columns).decode()
        select = f"SELECT unnest(from_json(line, '{shape}')) FROM given"  # noqa: S608
        _copy(target, select, {"line": _objects(lines)}, {})
    else:
        _copy(target, _no_rows({name: sql_type(column) for name, column in columns.items()}), {}, {})
    return len(lines)


def _objects(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _no_rows(columns: Mapping[str, str]) -> str:
    listed = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns.items())
    return f"SELECT {listed} WHERE false"


def _copy(target: Path, select: str, given: Mapping[str, Any], facts: Mapping[str, str]) -> None:
    metadata = ", ".join(f"{name}: {_quoted(value)}" for name, value in facts.items())
    kept = f", KV_METADATA {{{metadata}}}" if facts else ""
    with written_aside(target) as aside, connect() as database:
        if given:
            database.register("given", given)
        try:
            database.execute(
                f"COPY ({select}) TO {_quoted(str(aside))} (FORMAT parquet, COMPRESSION zstd{kept})"
            )
        except duckdb.IOException as error:
            full = any(sign in str(error) for sign in _DISK_FULL)
            raise HistoryUnwritable(target, "the disk is full" if full else str(error)) from error


def _rewrite(target: Path, select: str, facts: Mapping[str, str], *, blamed: Path) -> None:
    """Write a file from rows of others; `blamed` is named as damaged when they cannot be read."""
    try:
        _copy(target, select, {}, facts)
    except duckdb.Error as error:
        raise damaged(blamed, error) from error


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def read_facts(path: Path) -> dict[str, str]:
    """Return the facts in the metadata of a file.

    Raises:
        HistoryDamaged: the file is not Parquet, or cut short.
    """
    with connect() as database:
        try:
            found = database.execute(
                "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)", [str(path)]
            ).fetchall()
            rows = database.execute("SELECT num_rows FROM parquet_file_metadata(?)", [str(path)]).fetchall()
        except duckdb.Error as error:
            raise damaged(path, error) from error
    return {**dict(found), "rows": str(rows[0][0])}


def merge_events(target: Path, paths: Sequence[Path], facts: Mapping[str, str]) -> None:
    """Write one file of `events` with the rows of several, in their order.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
        HistoryDamaged: one of the files cannot be read.
    """
    select = f"SELECT * FROM {_read_parquet(paths)} ORDER BY kafka_offset"  # noqa: S608
    _rewrite(target, select, facts, blamed=target.parent)


def merge_matches(target: Path, paths: Sequence[Path], facts: Mapping[str, str]) -> None:
    """Write one file of `matches` with the rows of several; of a match that is there twice, the fold of most events.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
        HistoryDamaged: one of the files cannot be read.
    """
    select = f"SELECT * FROM {_read_parquet(paths)} {_ONCE} ORDER BY date, source, match_id"  # noqa: S608
    _rewrite(target, select, facts, blamed=target.parent)


def count_of_origins(path: Path, origins: Sequence[str]) -> int:
    """Return how many rows of a file of `events` are of these origins.

    Raises:
        HistoryDamaged: the file cannot be read.
    """
    with connect() as database:
        try:
            ((count,),) = database.execute(
                "SELECT count(*) FROM read_parquet(?) WHERE list_contains(?, origin)",
                [str(path), list(origins)],
            ).fetchall()
        except duckdb.Error as error:
            raise damaged(path, error) from error
    return int(count)


def rewrite_without(path: Path, origins: Sequence[str], facts: Mapping[str, str]) -> None:
    """Put in the place of a file of `events` one that lacks the rows of these origins.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
        HistoryDamaged: the file cannot be read.
    """
    listed = ", ".join(map(_quoted, origins))
    select = (
        f"SELECT * FROM {_read_parquet([path])} "  # noqa: S608
        f"WHERE coalesce(origin, '') NOT IN ({listed}) ORDER BY kafka_offset"
    )
    _rewrite(path, select, facts, blamed=path)


def newest_record(path: Path) -> datetime | None:
    """Return the time (UTC, without zone) of the newest record in a file of `events`.

    Raises:
        HistoryDamaged: the file cannot be read.
    """
    with connect() as database:
        try:
            ((newest,),) = database.execute(
                "SELECT max(recorded_at) FROM read_parquet(?)", [str(path)]
            ).fetchall()
        except duckdb.Error as error:
            raise damaged(path, error) from error
    return newest if isinstance(newest, datetime) else None


def damaged(path: Path, error: Exception) -> HistoryDamaged:
    """Return the error of a file that cannot be read."""
    return HistoryDamaged(
        f"{path} cannot be read: {str(error).splitlines()[0]}",
        hint="bring the file back from a backup, or move it away and drain or fetch again",
    )


def open_history(history: HistoryFolder) -> duckdb.DuckDBPyConnection:
    """Return a database with the views `events` and `matches` over the files of a history.

    In `matches` a match that was folded by several batches is there once, as the fold of most events.
    """
    database = connect()
    match_files = sorted(history.matches.rglob("[!.]*.parquet"))
    try:
        view_events(database, "events", event_files(history))
        _view(
            database,
            "matches",
            match_files,
            MATCH_TYPES,
            _ONCE,
        )
    except duckdb.Error as error:
        database.close()
        raise damaged(history.path, error) from error
    return database


def view_events(database: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path]) -> None:
    """Make a view over files of `events`."""
    _view(database, name, files, EVENTS, "")


def _view(
    database: duckdb.DuckDBPyConnection,
    name: str,
    files: Sequence[Path],
    columns: Mapping[str, str],
    only: str,
) -> None:
    select = _no_rows(columns)
    if files:
        chosen = ", ".join(f'"{column}"' for column in columns)
        # A file of an older release may lack a column: it is null then.
        select = (
            f"SELECT {chosen} FROM (FROM {_read_parquet(files)} UNION ALL BY NAME {_no_rows(columns)}) {only}"  # noqa: S608
        )
    database.execute(f"CREATE VIEW {name} AS {select}")


def _read_parquet(files: Sequence[Path]) -> str:
    listed = ", ".join(_quoted(str(file)) for file in files)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
