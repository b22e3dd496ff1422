"""Reading a folder of played matches.

The files are those of the open data that docs/forecasting.md names, as .csv or .csv.gz:
`international_results`, `international_matches`, `international_goals`, `detailed_matches`,
`detailed_goals`, `detailed_cards`. A folder may lack the international or the detailed ones.
"""

from __future__ import annotations

import csv
import gzip
import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from matchcast.forecast.archive import AWAY, HOME, Archive, Matches, Moments, Results
from matchcast.forecast.errors import UnusableHistory

Row = Mapping[str, str]

LAST_MOMENT = 1e-3
"""Stoppage is folded to this many minutes before its half's end on the axis of `Moments`."""

_HINT = "docs/forecasting.md says which files a folder of matches holds, and their columns"
_NOT_PLAYED = ("", "NA")
TRUTH = {"true": True, "1": True, "false": False, "0": False}
"""How the files say yes and no, in any case of letters."""

_SIDES = {"home": HOME, "away": AWAY}
_HALF_ENDS = {"1H": 45.0, "2H": 90.0}


def read_archive(folder: Path) -> Archive:
    """Read a folder of matches.

    Raises:
        UnusableHistory: There is no such folder, it holds no matches, or a file is broken.
    """
    if not folder.is_dir():
        raise UnusableHistory(
            f"{folder} is no folder",
            hint="name a folder of matches with `--data DIR`; `matchcast history export DIR` writes one",
        )
    table = _Folder(folder)
    archive = Archive(_results(table), _international(table), _detailed(table))
    if archive.international is None and archive.detailed is None:
        raise UnusableHistory(f"{folder} holds neither international nor detailed matches", hint=_HINT)
    return archive


class _Folder:
    """The files of a folder, by name without ending."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def has(self, name: str) -> bool:
        return self._file(name) is not None

    def read(self, name: str, parse: Callable[[Row], None]) -> None:
        """Hand each row of a file to `parse`; what that cannot take names the file and the line."""
        path = self._file(name)
        if path is None:
            raise UnusableHistory(f"{self._path} has no {name}.csv nor {name}.csv.gz", hint=_HINT)
        line = 2
        try:
            for row in _rows(path):
                parse(row)
                line += 1
        except KeyError as error:
            raise UnusableHistory(f"{path}, line {line}: no column or value {error}", hint=_HINT) from error
        except (ValueError, csv.Error) as error:
            raise UnusableHistory(f"{path}, line {line}: {error}", hint=_HINT) from error
        except (OSError, EOFError, zlib.error) as error:
            raise UnusableHistory(f"{path} cannot be read: {error}", hint=_HINT) from error

    def _file(self, name: str) -> Path | None:
        paths = (self._path / f"{name}.csv", self._path / f"{name}.csv.gz")
        return next((path for path in paths if path.is_file()), None)


def _rows(path: Path) -> Iterator[Row]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if None in row.values():
                raise ValueError("fewer values than columns")
            if None in row:
                raise ValueError("more values than columns")
            yield row


class _Rows:
    """Matches and moments as they are read, before they become columns."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._row_of: dict[str, int] = {}
        self._matches: list[tuple[np.datetime64, str, str, str, bool]] = []
        self._projected: list[tuple[float, float]] = []
        self._moments: dict[str, list[tuple[int, float, int]]] = {"goal": [], "red": []}
        self._incomplete: set[int] = set()

    def add_match(
        self, key: str, match: tuple[np.datetime64, str, str, str, bool], projected: tuple[float, float]
    ) -> None:
        if key in self._row_of:
            raise ValueError(f"match {key} stands twice")
        self._row_of[key] = len(self._matches)
        self._matches.append(match)
        self._projected.append(projected)

    def add_moment(self, key: str, kind: str, minute: float, side: str) -> None:
        row = self._row_of.get(key)
        if row is not None:
            self._moments[kind].append((row, minute, _SIDES[side]))

    def add_unknown(self, key: str) -> None:
        """Note that the match has a goal of unknown minute, so that it cannot be used."""
        if key in self._row_of:
            self._incomplete.add(self._row_of[key])

    def columns(self) -> Matches | None:
        if not self._matches:
            return None
        days, home, away, competition, neutral = zip(*self._matches, strict=True)
        matches = Matches(
            self._name,
            np.array(days),
            home,
            away,
            competition,
            np.array(neutral),
            np.array(self._projected),
            _moments(self._moments["goal"]),
            _moments(self._moments["red"]),
        )
        complete = np.ones(len(matches), dtype=bool)
        complete[list(self._incomplete)] = False
        return matches.only(complete)


def _moments(found: Sequence[tuple[int, float, int]]) -> Moments:
    columns = np.array(found, dtype=float).reshape(-1, 3)
    order = np.lexsort((columns[:, 1], columns[:, 0]))
    match, minute, side = columns[order].T
    return Moments(match.astype(np.int64), minute, side.astype(np.int64))


def _results(folder: _Folder) -> Results | None:
    if not folder.has("international_results"):
        return None
    rows: list[tuple[np.datetime64, str, str, int, int, bool, str]] = []

    def parse(row: Row) -> None:
        if row["home_score"] in _NOT_PLAYED and row["away_score"] in _NOT_PLAYED:
            return
        goals = _goals(row["home_score"]), _goals(row["away_score"])
        rows.append(
            (
                _day(row["date"]),
                row["home_team"],
                row["away_team"],
                *goals,
                _yes(row["neutral"]),
                row["tournament"],
            )
        )

    folder.read("international_results", parse)
    if not rows:
        return None
    rows.sort(key=lambda row: row[0])
    days, home, away, home_goals, away_goals, neutral, competition = zip(*rows, strict=True)
    goals = np.column_stack((home_goals, away_goals))
    return Results(np.array(days), home, away, goals, np.array(neutral), competition)


def _international(folder: _Folder) -> Matches | None:
    if not folder.has("international_matches"):
        return None
    found = _Rows("international")

    def parse_match(row: Row) -> None:
        teams = row["home_team"], row["away_team"], row["tournament"]
        found.add_match(row["mid"], (_day(row["date"]), *teams, _yes(row["neutral"])), (np.nan, np.nan))

    def parse_goal(row: Row) -> None:
        if not row["minute"].isdigit():
            found.add_unknown(row["mid"])
        elif int(row["minute"]) <= 90:  # later ones fell in extra time; minute 1 is the first
            found.add_moment(row["mid"], "goal", max(int(row["minute"]), 1) - 0.5, row["side"])

    folder.read("international_matches", parse_match)
    folder.read("international_goals", parse_goal)
    return found.columns()


def _detailed(folder: _Folder) -> Matches | None:
    if not folder.has("detailed_matches"):
        return None
    found = _Rows("detailed")

    def parse_match(row: Row) -> None:
        neutral = _yes(row.get("neutral") or "false")
        match = _day(row["date_utc"][:10]), row["home"], row["away"], row["comp"], neutral
        found.add_match(row["match_id"], match, (_projected(row, "proj1"), _projected(row, "proj2")))

    def parse_goal(row: Row) -> None:
        if row["period"] in _HALF_ENDS:
            found.add_moment(row["match_id"], "goal", _folded(row), row["side"])

    def parse_card(row: Row) -> None:
        if row["card"] in ("red", "second_yellow") and row["period"] in _HALF_ENDS:
            found.add_moment(row["match_id"], "red", _folded(row), row["side"])

    folder.read("detailed_matches", parse_match)
    folder.read("detailed_goals", parse_goal)
    if folder.has("detailed_cards"):
        folder.read("detailed_cards", parse_card)
    return found.columns()


def _goals(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no number of goals")
    return int(text)


def _folded(row: Row) -> float:
    clock = float(row["clock_min"])
    if not 0 <= clock < math.inf:
        raise ValueError(f"{row['clock_min']!r} is no minute of a match")
    return min(clock, _HALF_ENDS[row["period"]] - LAST_MOMENT)


def _projected(row: Row, column: str) -> float:
    text = row.get(column) or "nan"
    goals = float(text)
    if goals == math.inf:
        raise ValueError(f"{text!r} is no number of goals")
    return goals if goals > 0 else np.nan


def _day(text: str) -> np.datetime64:
    return np.datetime64(date.fromisoformat(text), "D")  # numpy alone takes an empty text for no day at all


def _yes(text: str) -> bool:
    return TRUTH[text.casefold()]
