"""What tests of forecasts share: the champion, and small folders of invented matches."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from matchcast.forecast.artefact import load_champion
from matchcast.forecast.model import GoalRateForecaster


@pytest.fixture(scope="session")
def champion() -> GoalRateForecaster:
    """The packaged champion, ready to answer."""
    return GoalRateForecaster(load_champion())


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of invented matches in the format of the open data; tests must not write to it."""
    folder = tmp_path_factory.mktemp("invented")
    _write_international(folder)
    _write_detailed(folder)
    return folder


def _write(path: Path, columns: str, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns.split(","))
        writer.writerows(rows)


def _season(teams: Sequence[str], first_day: date, seasons: int) -> Iterable[tuple[date, str, str]]:
    day = first_day
    for _ in range(seasons):
        for home, away in permutations(teams, 2):
            yield day, home, away
            day += timedelta(days=3)


def _goals(chance: random.Random, home: int, away: int) -> list[tuple[int, str]]:
    """Goals by minute; the number of a team in its league is its strength."""
    found = []
    for minute in range(1, 91):
        for side, own, other in (("home", home + 1, away), ("away", away, home)):
            if chance.random() < 0.014 * 1.25 ** (own - other):
                found.append((minute, side))
    return found


def _write_international(folder: Path) -> None:
    chance = random.Random(1)
    teams = [f"Nation {number}" for number in range(8)]
    matches, goals, results = [], [], []
    for number, (day, home, away) in enumerate(_season(teams, date(2010, 1, 1), 6)):
        scored = _goals(chance, int(home[-1]), int(away[-1]))
        score = [sum(side == which for _, side in scored) for which in ("home", "away")]
        matches.append((number, day, home, away, *score, "Cup", "Somewhere", "False"))
        results.append((day, home, away, *score, "Cup", "Town", "Somewhere", "FALSE"))
        goals += [(number, day, home, away, minute, side, "False", "False") for minute, side in scored]
    _write(
        folder / "international_matches.csv",
        "mid,date,home_team,away_team,home_score,away_score,tournament,country,neutral",
        matches,
    )
    _write(
        folder / "international_goals.csv",
        "mid,date,home_team,away_team,minute,side,own_goal,penalty",
        goals,
    )
    _write(
        folder / "international_results.csv",
        "date,home_team,away_team,home_score,away_score,tournament,city,country,neutral",
        results,
    )


def _write_detailed(folder: Path) -> None:
    chance = random.Random(2)
    matches, goals, cards = [], [], []
    for league in ("North", "South"):
        teams = [f"{league} Club {number}" for number in range(8)]
        for number, (day, home, away) in enumerate(_season(teams, date(2017, 8, 1), 2)):
            key = f"{league}{number}"
            matches.append((key, league, f"{day} 15:00:00", home, away, "", ""))
            for minute, side in _goals(chance, int(home[-1]), int(away[-1])):
                half = "1H" if minute <= 45 else "2H"
                goals.append((key, half, minute - 0.5, side))
            if chance.random() < 0.2:
                cards.append((key, "2H", 60.2, chance.choice(("home", "away")), "red"))
    _write(folder / "detailed_matches.csv", "match_id,comp,date_utc,home,away,proj1,proj2", matches)
    _write(folder / "detailed_goals.csv", "match_id,period,clock_min,side", goals)
    _write(folder / "detailed_cards.csv", "match_id,period,clock_min,side,card", cards)
