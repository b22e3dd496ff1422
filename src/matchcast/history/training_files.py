"""The folder of CSV files that training reads, made from rows of `matches`; docs/history.md is its page.

Results of nations and their goals go into `international_*`, matches with all their events into
`detailed_*`. Files are written aside and the folder is renamed into place, so that training never
reads half of one.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from matchcast.events.clock import PERIOD_START
from matchcast.history.errors import HistoryUnwritable
from matchcast.history.expected_goals import distance_and_angle
from matchcast.history.origins import attributions
from matchcast.history.outcome import EXTRA_TIME, PENALTIES, REGULAR
from matchcast.history.tables import Match

ATTRIBUTION = "ATTRIBUTION.txt"
PERIOD_NAMES = {1: "1H", 2: "2H", 3: "E1", 4: "E2"}
DURATION_NAMES = {REGULAR: "Regular", EXTRA_TIME: "ExtraTime", PENALTIES: "Penalties"}

COLUMNS: dict[str, str] = {
    "international_results": "date,home_team,away_team,home_score,away_score,tournament,city,country,neutral,origin",
    "international_matches": "mid,date,home_team,away_team,home_score,away_score,tournament,country,neutral,"
    "origin",
    "international_goals": "mid,date,home_team,away_team,minute,side,own_goal,penalty",
    "detailed_matches": "match_id,comp,season_id,date_utc,home,away,hg_ht,ag_ht,hg,ag,hg_et,ag_et,hg_p,ag_p,"
    "duration,len_1h_s,len_2h_s,n_events,proj1,proj2,neutral,origin",
    "detailed_goals": "match_id,period,period_sec,clock_min,side,own_goal,penalty,player_id",
    "detailed_cards": "match_id,period,period_sec,clock_min,side,card,player_id",
    "detailed_subs": "match_id,side,minute",
    "detailed_shots": "match_id,period,period_sec,clock_min,side,kind,x,y,dist_m,angle_rad,head,counter,blocked,"
    "opportunity,on_target,goal,player_id,xg",
}


class Written(NamedTuple):
    """How many matches a folder of training files got."""

    results: int
    international: int
    detailed: int


def write_folder(folder: Path, matches: Iterable[Match]) -> Written:
    """Write the folder of training files; one that is there already is replaced.

    Args:
        matches: rows in the order of their dates.

    Raises:
        HistoryUnwritable: the disk is full, or the folder is there and holds other files.
    """
    _require_ours(folder)
    aside, before = (folder.with_name(f".{folder.name}.{kind}") for kind in ("part", "before"))
    try:
        for left in (aside, before):
            shutil.rmtree(left, ignore_errors=True)
        aside.mkdir(parents=True)
        origins: set[str] = set()
        with ExitStack() as files:
            tables = {name: _Table(files, aside, name) for name in COLUMNS}
            written = _write(tables, matches, origins)
        (aside / ATTRIBUTION).write_text(
            "".join(f"{line}\n" for line in attributions(origins)), encoding="utf-8"
        )
        if folder.exists():
            folder.rename(before)
        aside.rename(folder)
        shutil.rmtree(before, ignore_errors=True)
    except OSError as error:
        raise HistoryUnwritable(folder, error.strerror or str(error)) from error
    return written


def _require_ours(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if folder.exists() and not folder.is_dir():
        raise HistoryUnwritable(folder, "it is a file")
    if names - {ATTRIBUTION, *(f"{name}.csv.gz" for name in COLUMNS)}:
        raise HistoryUnwritable(folder, "it holds files that are not of this export")


class _Table:
    def __init__(self, files: ExitStack, folder: Path, name: str) -> None:
        # Without a time in its head the same rows make the same bytes.
        raw = files.enter_context((folder / f"{name}.csv.gz").open("wb"))
        packed = files.enter_context(gzip.GzipFile("", "wb", mtime=0, fileobj=raw))
        text = files.enter_context(io.TextIOWrapper(packed, encoding="utf-8", newline=""))
        self._writer = csv.DictWriter(text, COLUMNS[name].split(","), lineterminator="\n", restval="")
        self._writer.writeheader()

    def add(self, row: Mapping[str, Any]) -> None:
        self._writer.writerow({column: _written(value) for column, value in row.items()})


def _written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _write(tables: Mapping[str, _Table], matches: Iterable[Match], origins: set[str]) -> Written:
    results = international = detailed = 0
    taken: set[str] = set()
    for match in matches:
        origins.add(match.origin)
        if match.kind == "detailed":
            detailed += 1
            match_id = match.match_id
            if match_id in taken:
                match_id = f"{match.source}/{match_id}"
            taken.add(match_id)
            _add_detailed(tables, match, match_id)
            continue
        results += 1
        tables["international_results"].add(_result(match))
        if match.kind == "goals":
            _add_international(tables, match, international)
            international += 1
    return Written(results, international, detailed)


def _result(match: Match) -> dict[str, Any]:
    return {
        "date": match.date,
        "home_team": match.home_team,
        "away_team": match.away_team,
        "home_score": match.home_goals,
        "away_score": match.away_goals,
        "tournament": match.competition,
        "country": match.country,
        "neutral": match.neutral,
        "origin": match.origin,
    }


def _add_international(tables: Mapping[str, _Table], match: Match, number: int) -> None:
    tables["international_matches"].add({"mid": number, **_result(match)})
    for goal in match.goals or ():
        tables["international_goals"].add(
            {
                "mid": number,
                "date": match.date,
                "home_team": match.home_team,
                "away_team": match.away_team,
                "minute": int(goal.clock),
                "side": goal.side,
                "own_goal": goal.own_goal,
                "penalty": goal.penalty,
            }
        )


def _add_detailed(tables: Mapping[str, _Table], match: Match, match_id: str) -> None:
    extra = match.duration in (EXTRA_TIME, PENALTIES)
    tables["detailed_matches"].add(
        {
            "match_id": match_id,
            "comp": match.competition,
            "season_id": match.season,
            "date_utc": (match.kick_off or match.date).replace("T", " "),
            "home": match.home_team,
            "away": match.away_team,
            "hg_ht": match.home_goals_half_time,
            "ag_ht": match.away_goals_half_time,
            "hg": match.home_goals_90,
            "ag": match.away_goals_90,
            "hg_et": match.home_goals if extra else 0,
            "ag_et": match.away_goals if extra else 0,
            "hg_p": match.home_shoot_out or 0,
            "ag_p": match.away_shoot_out or 0,
            "duration": DURATION_NAMES.get(match.duration or ""),
            "len_1h_s": match.first_half_seconds,
            "len_2h_s": match.second_half_seconds,
            "n_events": match.events,
            "proj1": match.strengths_home,
            "proj2": match.strengths_away,
            "neutral": match.neutral,
            "origin": match.origin,
        }
    )
    for goal in match.goals or ():
        moment = _moment(match_id, goal.period, goal.clock, goal.side)
        tables["detailed_goals"].add(
            {**moment, "own_goal": goal.own_goal, "penalty": goal.penalty, "player_id": goal.player}
        )
    for card in match.cards or ():
        moment = _moment(match_id, card.period, card.clock, card.side)
        tables["detailed_cards"].add({**moment, "card": card.card, "player_id": card.player})
    for one in match.substitutions or ():
        tables["detailed_subs"].add({"match_id": match_id, "side": one.side, "minute": int(one.clock)})
    for shot in match.shots or ():
        place: dict[str, Any] = {}
        if shot.x is not None and shot.y is not None:
            x, y = round(shot.x / 1.2, 4), round(shot.y / 0.8, 4)
            distance, angle = distance_and_angle(x, y)
            place = {"x": f"{x:g}", "y": f"{y:g}", "dist_m": round(distance, 2), "angle_rad": round(angle, 4)}
        tables["detailed_shots"].add(
            {
                **_moment(match_id, shot.period, shot.clock, shot.side),
                **place,
                "kind": shot.kind,
                "head": shot.head,
                "counter": shot.counter,
                "blocked": shot.blocked,
                "opportunity": shot.opportunity,
                "on_target": shot.on_target,
                "goal": shot.goal,
                "player_id": shot.player,
                "xg": shot.xg,
            }
        )


def _moment(match_id: str, period: int, clock: float, side: str) -> dict[str, Any]:
    return {
        "match_id": match_id,
        "period": PERIOD_NAMES[period],
        "period_sec": round((clock - PERIOD_START[period]) * 60, 1),
        "clock_min": round(clock, 3),
        "side": side,
    }
