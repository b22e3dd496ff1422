"""The open data set of international results and goal scorers into rows of `matches`.

Three CSV files: all results, the goals of many of them, and who won the shoot-outs. A match is of
kind "goals" when the goals that are told add up to its score; a goalless one, when the goals of its
tournament are told in its year. All others are of kind "result".
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from matchcast.history.errors import UnreadableMatches
from matchcast.history.outcome import PENALTIES
from matchcast.history.tables import Goal, Match

TOLD = 0.5
"""Share of a tournament's matches with goals, in a year, whose goals are told: then 0-0 is known too."""

_Row = Mapping[str, str]
_Key = tuple[str, str, str]
_Fixture = tuple[_Row, int, int]
_HINT = "fetch it again; if it stays so, the origin has changed its format"


def convert(results: bytes, scorers: bytes, shoot_outs: bytes, *, origin: str, source: str) -> list[Match]:
    """Return the rows of all matches that are played, in the order of their dates.

    Raises:
        UnreadableMatches: a file is not in the format of the data set; the message names it and the line.
    """
    played = list(_played(results))
    goals = _goals(scorers)
    winners = {_key(row): row["winner"] for row in _rows("shootouts.csv", shoot_outs, ("winner",))}
    complete = _complete(played, goals)
    meetings: Counter[_Key] = Counter()
    matches = []
    for row, home_goals, away_goals in played:
        key = _key(row)
        meetings[key] += 1
        told = key in complete and meetings[key] == 1
        winner = winners.get(key)
        date, home, away = key
        matches.append(
            Match(
                origin=origin,
                source=source,
                match_id=meeting_id(*key, meetings[key]),
                kind="goals" if told else "result",
                date=date,
                home_team=home,
                away_team=away,
                home_goals=home_goals,
                away_goals=away_goals,
                competition=row["tournament"],
                country=row["country"] or None,
                neutral=row["neutral"].casefold() == "true",
                knockout=winner is not None,
                duration=PENALTIES if winner is not None else None,
                shoot_out_winner=None if winner is None else "home" if winner == home else "away",
                goals=tuple(goals.get(key) or ()) if told else None,
            )
        )
    return sorted(matches, key=lambda match: match.date)


def meeting_id(date: str, home: str, away: str, meeting: int) -> str:
    """Return the id of a match of nations; two teams have met twice on a day."""
    return f"{date}_{home}_{away}" + (f"_{meeting}" if meeting > 1 else "")


def _rows(name: str, content: bytes, columns: Sequence[str]) -> Iterator[_Row]:
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        missing = {"date", "home_team", "away_team", *columns} - set(rows.fieldnames or ())
        if missing:
            raise UnreadableMatches(f"{name} has no column {', '.join(sorted(missing))}.", hint=_HINT)
        for row in rows:
            if None in row or None in row.values():
                raise UnreadableMatches(
                    f"{name}, line {rows.line_num}: not as many values as columns.", hint=_HINT
                )
            yield row
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnreadableMatches(f"{name} cannot be read: {error}.", hint=_HINT) from error


def _key(row: _Row) -> _Key:
    return row["date"], row["home_team"], row["away_team"]


def _played(results: bytes) -> Iterator[_Fixture]:
    """Yield the results; a fixture that is not played yet has no score."""
    columns = ("home_score", "away_score", "tournament", "country", "neutral")
    for row in _rows("results.csv", results, columns):
        scores = row["home_score"], row["away_score"]
        if all(score.isdecimal() for score in scores):
            yield row, int(scores[0]), int(scores[1])


def _goals(scorers: bytes) -> dict[_Key, list[Goal] | None]:
    """Return the goals of each match that is told of; None where a minute is missing."""
    found: dict[_Key, list[Goal] | None] = {}
    for row in _rows("goalscorers.csv", scorers, ("team", "scorer", "minute", "own_goal", "penalty")):
        goals = found.setdefault(_key(row), [])
        if goals is None:
            continue
        if row["minute"].isdecimal() and row["team"] in (row["home_team"], row["away_team"]):
            goals.append(
                Goal(
                    0,
                    float(row["minute"]),
                    "home" if row["team"] == row["home_team"] else "away",
                    row["own_goal"].casefold() == "true",
                    row["penalty"].casefold() == "true",
                    row["scorer"] or None,
                )
            )
        else:
            found[_key(row)] = None
    return found


def _complete(played: Sequence[_Fixture], goals: Mapping[_Key, Sequence[Goal] | None]) -> set[_Key]:
    """Return the matches of which every goal is told."""
    complete, goalless = set(), []
    with_goals: Counter[tuple[str, str]] = Counter()
    told: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row, home_goals, away_goals in played:
        key, edition = _key(row), (row["tournament"], row["date"][:4])
        if home_goals == away_goals == 0:
            goalless.append((key, edition))
            continue
        with_goals[edition] += 1
        known = goals.get(key) or ()
        home = sum(goal.side == "home" for goal in known)
        if (home, len(known) - home) == (home_goals, away_goals):
            told[edition] += 1
            complete.add(key)
    complete.update(
        key for key, edition in goalless if told[edition] and told[edition] >= TOLD * with_goals[edition]
    )
    return complete
