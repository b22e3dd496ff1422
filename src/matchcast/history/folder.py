"""A folder of training files that somebody has, into rows of `matches`: the way back of `training_files`."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from matchcast.forecast.archive_files import TRUTH
from matchcast.history.errors import UnreadableMatches
from matchcast.history.internationals import meeting_id
from matchcast.history.outcome import REGULAR
from matchcast.history.tables import Card, Goal, Match, Shot, Side, Substitution
from matchcast.history.training_files import DURATION_NAMES, PERIOD_NAMES

T = TypeVar("T")
_Row = Mapping[str, str]
_HINT = "docs/history.md says which files a folder of matches holds, and their columns"
_PERIODS = {name: period for period, name in PERIOD_NAMES.items()}
_DURATIONS = {name: duration for duration, name in DURATION_NAMES.items()}
_SIDES: dict[str, Side] = {"home": "home", "away": "away"}


def read_folder(folder: Path, *, origin: str, source: str) -> list[Match]:
    """Return the matches of a folder of training files.

    Args:
        folder: holds the files as .csv or .csv.gz.
        origin: the origin that rows get, where they tell none themselves.
        source: where all rows are said to come from.

    Raises:
        UnreadableMatches: there is no such folder or nothing in it, or a file is broken.
    """
    if not folder.is_dir():
        raise UnreadableMatches(f"{folder} is no folder.", hint=_HINT)
    files = _Files(folder)
    matches = [*_international(files, origin, source), *_detailed(files, origin, source)]
    if not matches:
        raise UnreadableMatches(f"{folder} holds no matches.", hint=_HINT)
    return matches


class _Files:
    """The files of a folder, by name without ending."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def parsed(self, name: str, parse: Callable[[_Row], T]) -> list[T]:
        """Return what `parse` makes of each row; an empty list where there is no such file."""
        path = self._folder / f"{name}.csv"
        if not path.is_file():
            path = path.with_name(f"{name}.csv.gz")
            if not path.is_file():
                return []
        line, found = 1, []
        try:
            opened = gzip.open if path.suffix == ".gz" else open
            with opened(path, "rt", encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    line += 1
                    found.append(parse(row))
        except KeyError as error:
            raise UnreadableMatches(f"{path}, line {line}: no column or value {error}", hint=_HINT) from error
        except (OSError, EOFError, zlib.error, ValueError, TypeError, AttributeError, csv.Error) as error:
            raise UnreadableMatches(f"{path}, line {line}: {error}", hint=_HINT) from error
        return found

    def by_match(self, name: str, key: str, parse: Callable[[_Row], T]) -> dict[str, list[T]] | None:
        """Return what `parse` makes of each row, by match; None where there is no such file."""
        found: defaultdict[str, list[T]] = defaultdict(list)
        rows = self.parsed(name, lambda row: (row[key], parse(row)))
        for match_id, thing in rows:
            found[match_id].append(thing)
        return found if rows else None


def _international(files: _Files, origin: str, source: str) -> list[Match]:
    goals = files.by_match("international_goals", "mid", _goal_to_the_minute) or {}
    complete = files.parsed("international_matches", lambda row: (_fixture(row), goals.get(row["mid"], [])))
    goals_of = dict(complete)
    meetings: Counter[tuple[str, str, str]] = Counter()

    def parse(row: _Row) -> Match | None:
        if not (row["home_score"].isdecimal() and row["away_score"].isdecimal()):
            return None  # a fixture that is not played yet
        date, home, away = fixture = _fixture(row)
        meetings[fixture] += 1
        told = goals_of.get(fixture) if meetings[fixture] == 1 else None
        return Match(
            origin=row.get("origin") or origin,
            source=source,
            match_id=meeting_id(*fixture, meetings[fixture]),
            kind="result" if told is None else "goals",
            date=date,
            home_team=home,
            away_team=away,
            home_goals=int(row["home_score"]),
            away_goals=int(row["away_score"]),
            competition=row["tournament"],
            country=row.get("country") or None,
            neutral=TRUTH[row["neutral"].casefold()],
            goals=None if told is None else tuple(told),
        )

    results = {match.match_id: match for match in files.parsed("international_results", parse) if match}
    meetings.clear()
    listed = {match.match_id: match for match in files.parsed("international_matches", parse) if match}
    return sorted({**results, **listed}.values(), key=lambda match: match.date)


def _fixture(row: _Row) -> tuple[str, str, str]:
    return row["date"], row["home_team"], row["away_team"]


def _goal_to_the_minute(row: _Row) -> Goal:
    own_goal, penalty = TRUTH[row["own_goal"].casefold()], TRUTH[row["penalty"].casefold()]
    return Goal(0, float(row["minute"]), _SIDES[row["side"]], own_goal, penalty)


def _detailed(files: _Files, origin: str, source: str) -> list[Match]:
    goals = files.by_match("detailed_goals", "match_id", _goal)
    cards = files.by_match("detailed_cards", "match_id", _card)
    substitutions = files.by_match("detailed_subs", "match_id", _substitution)
    shots = files.by_match("detailed_shots", "match_id", _shot)

    def of_match(found: Mapping[str, list[T]] | None, match_id: str) -> tuple[T, ...] | None:
        return None if found is None else tuple(found.get(match_id, ()))

    def parse(row: _Row) -> Match:
        match_id = row["match_id"]
        scored = of_match(goals, match_id) or ()
        sides = [goal.side for goal in scored]
        in_ninety = [goal.side for goal in scored if goal.period <= 2]
        home_shoot_out, away_shoot_out = _number(row, "hg_p"), _number(row, "ag_p")
        kicked = bool(home_shoot_out or away_shoot_out)
        duration = _DURATIONS.get(row.get("duration") or "")
        return Match(
            origin=row.get("origin") or origin,
            source=source,
            match_id=match_id,
            kind="detailed",
            date=row["date_utc"][:10],
            home_team=row["home"],
            away_team=row["away"],
            home_goals=sides.count("home"),
            away_goals=sides.count("away"),
            competition=row["comp"],
            season=row.get("season_id") or None,
            kick_off=row["date_utc"].replace(" ", "T") if len(row["date_utc"]) > 10 else None,
            neutral=TRUTH[(row.get("neutral") or "false").casefold()],
            knockout=duration not in (None, REGULAR),
            duration=duration,
            home_goals_half_time=_number(row, "hg_ht"),
            away_goals_half_time=_number(row, "ag_ht"),
            home_goals_90=in_ninety.count("home"),
            away_goals_90=in_ninety.count("away"),
            home_shoot_out=home_shoot_out if kicked else None,
            away_shoot_out=away_shoot_out if kicked else None,
            shoot_out_winner=_winner(home_shoot_out, away_shoot_out) if kicked else None,
            strengths_home=_float(row, "proj1"),
            strengths_away=_float(row, "proj2"),
            first_half_seconds=_number(row, "len_1h_s"),
            second_half_seconds=_number(row, "len_2h_s"),
            events=_number(row, "n_events"),
            goals=scored,
            cards=of_match(cards, match_id),
            substitutions=of_match(substitutions, match_id),
            shots=of_match(shots, match_id),
        )

    return files.parsed("detailed_matches", parse)


def _winner(home: int | None, away: int | None) -> str:
    return "home" if (home or 0) > (away or 0) else "away"


def _number(row: _Row, column: str) -> int | None:
    text = row.get(column) or ""
    return int(float(text)) if text else None


def _float(row: _Row, column: str) -> float | None:
    text = row.get(column) or ""
    return float(text) if text else None


def _yes(row: _Row, column: str) -> bool | None:
    text = row.get(column) or ""
    return TRUTH[text.casefold()] if text else None


def _moment(row: _Row) -> tuple[int, float, Side]:
    return _PERIODS[row["period"]], float(row["clock_min"]), _SIDES[row["side"]]


def _goal(row: _Row) -> Goal:
    return Goal(
        *_moment(row), bool(_yes(row, "own_goal")), bool(_yes(row, "penalty")), row.get("player_id") or None
    )


def _card(row: _Row) -> Card:
    return Card(*_moment(row), row["card"], row.get("player_id") or None)


def _substitution(row: _Row) -> Substitution:
    return Substitution(0, float(row["minute"]), _SIDES[row["side"]])


def _shot(row: _Row) -> Shot:
    x, y = _float(row, "x"), _float(row, "y")
    return Shot(
        *_moment(row),
        float(row["xg"]),
        bool(_yes(row, "goal")),
        bool(_yes(row, "on_target")),
        kind=row.get("kind") or "open",
        x=None if x is None else x * 1.2,
        y=None if y is None else y * 0.8,
        blocked=_yes(row, "blocked"),
        head=_yes(row, "head"),
        counter=_yes(row, "counter"),
        opportunity=_yes(row, "opportunity"),
        player=row.get("player_id") or None,
    )
