"""Which matches of a history go where: by origin, with each match once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path

import duckdb
import msgspec

from matchcast.history.errors import NothingToExport
from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import damaged, open_history
from matchcast.history.tables import Match
from matchcast.history.training_files import Written, write_folder

SIMULATED, REPLAY = "simulated", "replay"
NOT_FOR_TRAINING = frozenset({SIMULATED, REPLAY})
"""Origins that train and judge no model unless asked for: what never was, and what was shown again."""

# A match that several origins tell of in the same way (a feed, an added file, an open data set)
# counts once, from whom most is known.
_ONCE = """
WITH chosen AS (
    SELECT *, row_number() OVER (PARTITION BY source, date, home_team, away_team ORDER BY match_id) AS meeting
    FROM matches WHERE list_contains($origins, origin) AND status = 'finished'
)
SELECT to_json(chosen) FROM chosen
QUALIFY row_number() OVER (
    PARTITION BY kind = 'detailed', date, home_team, away_team, meeting
    ORDER BY kind = 'goals' DESC, events DESC NULLS LAST, source
) = 1
ORDER BY date, home_team, away_team, meeting
"""


_decoder = msgspec.json.Decoder(Match)


def origins_of(history: HistoryFolder) -> list[str]:
    """Return the origins of the matches that a history has."""
    with open_history(history) as database:
        return [
            row[0] for row in database.execute("SELECT DISTINCT origin FROM matches ORDER BY 1").fetchall()
        ]


def chosen_matches(history: HistoryFolder, origins: Collection[str] | None = None) -> Iterator[Match]:
    """Yield the finished matches in the order of their dates, each once.

    Args:
        origins: those wanted; None for all but `NOT_FOR_TRAINING`.

    Raises:
        HistoryDamaged: a file cannot be read.
    """
    wanted = sorted(set(origins_of(history)) - NOT_FOR_TRAINING if origins is None else origins)
    with open_history(history) as database:
        try:
            rows = database.execute(_ONCE, {"origins": wanted})
            while found := rows.fetchmany(2_000):
                for (row,) in found:
                    yield _decoder.decode(row)
        except duckdb.Error as error:
            raise damaged(history.path, error) from error


def export(
    history: HistoryFolder, folder: Path, origins: Collection[str] | None = None, *, required: bool = False
) -> Written:
    """Write the folder that training reads, from the matches that `chosen_matches` yields.

    Args:
        required: whether there has to be a match; without one a folder that is there is left as it is.

    Raises:
        NothingToExport: there is no match, and one is required.
        HistoryUnwritable: the disk is full, or the folder holds other files.
        HistoryDamaged: a file of the history cannot be read.
    """
    matches = chosen_matches(history, origins)
    if required:
        first = next(matches, None)
        if first is None:
            raise NothingToExport(history.path)
        matches = chain((first,), matches)
    return write_folder(folder, matches)
