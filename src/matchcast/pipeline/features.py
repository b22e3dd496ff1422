"""The snapshots of finished matches: read from them in the same way as training reads its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
from msgspec import Struct

from matchcast.events.clock import FIRST_HALF, PERIOD_START, SECOND_HALF
from matchcast.events.record import Strengths
from matchcast.forecast.archive import Matches
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.situation import Situation
from matchcast.forecast.snapshots import MINUTES, goals_to_come
from matchcast.forecast.snapshots import snapshots as take
from matchcast.history.tables import Column, Match
from matchcast.history.training_files import write_folder

Result = Literal["home", "draw", "away"]
RESULTS: tuple[Result, Result, Result] = ("home", "draw", "away")
TEAM_SIZE = 11

FEATURES: dict[str, Column] = {
    "origin": "VARCHAR",
    "source": "VARCHAR",
    "match_id": "VARCHAR",
    "home_team": "VARCHAR",
    "away_team": "VARCHAR",
    "competition": "VARCHAR",
    "neutral": "BOOLEAN",
    "strengths_home": "DOUBLE",
    "strengths_away": "DOUBLE",
    "minute": "SMALLINT",
    "home_goals": "SMALLINT",
    "away_goals": "SMALLINT",
    "men": "SMALLINT",
    "result": "VARCHAR",
}


class Snapshot(Struct, frozen=True):
    """A finished match at one of the minutes 0, 5 … 85: what was known then, and what came of it.

    `men` is the home team's men less the away team's; `result` is that of 90 minutes.
    """

    origin: str
    source: str
    match_id: str
    home_team: str
    away_team: str
    competition: str | None
    neutral: bool
    strengths_home: float | None
    strengths_away: float | None
    minute: int
    home_goals: int
    away_goals: int
    men: int
    result: Result


def snapshots_of(matches: Sequence[Match]) -> list[Snapshot]:
    """Return the snapshots of the matches that were finished, 18 of each, in their order.

    Raises:
        HistoryUnwritable: there is no room for the files that training would read.
    """
    finished = [match for match in matches if match.status == "finished" and match.kind == "detailed"]
    if not finished:
        return []
    with TemporaryDirectory(prefix="matchcast-features-") as folder:
        write_folder(Path(folder) / "matches", finished)
        read = read_archive(Path(folder) / "matches").detailed
    return [] if read is None else _rows(finished, read)


def _rows(finished: Sequence[Match], read: Matches) -> list[Snapshot]:
    taken = take(read)
    scored = np.repeat(read.result(), len(MINUTES), axis=0) - goals_to_come(read)
    columns = zip(
        taken.match.tolist(),
        taken.minute.tolist(),
        scored.tolist(),
        taken.men.tolist(),
        taken.outcome.tolist(),
        strict=True,
    )
    return [
        Snapshot(
            origin=finished[row].origin,
            source=finished[row].source,
            match_id=finished[row].match_id,
            home_team=finished[row].home_team,
            away_team=finished[row].away_team,
            competition=finished[row].competition,
            neutral=finished[row].neutral,
            strengths_home=finished[row].strengths_home,
            strengths_away=finished[row].strengths_away,
            minute=minute,
            home_goals=home,
            away_goals=away,
            men=men,
            result=RESULTS[outcome],
        )
        for row, minute, (home, away), men, outcome in columns
    ]


def situation_of(snapshot: Snapshot) -> Situation:
    """Return what a forecaster may know at a snapshot; minute 45 is the start of the second half."""
    home, away = snapshot.strengths_home, snapshot.strengths_away
    return Situation(
        home_team=snapshot.home_team,
        away_team=snapshot.away_team,
        competition=snapshot.competition,
        neutral=snapshot.neutral,
        strengths=Strengths(home, away) if home is not None and away is not None else None,
        period=FIRST_HALF if snapshot.minute < PERIOD_START[SECOND_HALF] else SECOND_HALF,
        minute=snapshot.minute,
        home_goals=snapshot.home_goals,
        away_goals=snapshot.away_goals,
        home_men=TEAM_SIZE + min(snapshot.men, 0),
        away_men=TEAM_SIZE - max(snapshot.men, 0),
    )
