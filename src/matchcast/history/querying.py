"""Questions to a history in SQL."""

from __future__ import annotations

import csv
from typing import TextIO

import duckdb

from matchcast.history.errors import InvalidQuery
from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import open_history


def run(history: HistoryFolder, statement: str, out: TextIO) -> None:
    """Run a statement over `matches` and `events` and write its rows as CSV.

    Raises:
        InvalidQuery: DuckDB cannot run it.
        HistoryDamaged: a file of the history cannot be read.
    """
    writer = csv.writer(out)
    with open_history(history) as database:
        try:
            rows = database.execute(statement)
            writer.writerow([column[0] for column in rows.description or ()])
            while found := rows.fetchmany(10_000):
                writer.writerows(found)
        except duckdb.Error as error:
            raise InvalidQuery(
                f"The query cannot be run: {str(error).splitlines()[0]}",
                hint="the columns are in docs/history.md; DESCRIBE matches shows them too",
            ) from error
