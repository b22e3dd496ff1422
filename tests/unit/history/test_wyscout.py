"""Wyscout's file of a match becomes the rows that the data of these tests has for the same match."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from matchcast.history import wyscout
from matchcast.history.errors import UnreadableMatches
from matchcast.history.tables import Match
from matchcast.history.training_files import COLUMNS, write_folder

MATCH = "2499943"


@pytest.fixture
def record(real_data: Path) -> dict[str, Any]:
    (record,) = json.loads((real_data / "raw_samples" / "wyscout_matches_sample.json").read_bytes())
    return dict(record)


@pytest.fixture
def events(real_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        gzip.decompress((real_data / "raw_samples" / f"wyscout_{MATCH}.json.gz").read_bytes())
    )
    return found


def _convert(record: dict[str, Any], events: dict[str, Any], competition: str = "England") -> Match:
    fixture = wyscout.Fixture(competition, record)
    return wyscout.convert(fixture, json.dumps(events).encode(), origin="wyscout", source="sample")


YES_OR_NO = {"own_goal", "penalty", "head", "counter", "blocked", "opportunity", "on_target", "goal"}


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row.get("match_id") == MATCH]


def _as_written(column: str, value: str) -> str:
    """The training data writes yes and no as 1 and 0, an export as true and false; both are read."""
    return {"1": "true", "0": "false"}[value] if column in YES_OR_NO else value


@pytest.mark.parametrize(
    "name", ["detailed_matches", "detailed_goals", "detailed_cards", "detailed_subs", "detailed_shots"]
)
def test_a_real_match_converts_to_the_rows_that_are_known_of_it(
    real_data: Path, tmp_path: Path, record: dict[str, Any], events: dict[str, Any], name: str
) -> None:
    write_folder(tmp_path / "folder", [_convert(record, events)])
    found, known = _read(tmp_path / "folder" / f"{name}.csv.gz"), _read(real_data / f"{name}.csv.gz")
    ours = {"origin", "neutral", "proj1", "proj2", "xg"}
    columns = [column for column in COLUMNS[name].split(",") if column not in ours]
    assert [[row[column] for column in columns] for row in found] == [
        [_as_written(column, row[column]) for column in columns] for row in known
    ]


def test_expected_goals_are_near_those_that_are_known(
    real_data: Path, record: dict[str, Any], events: dict[str, Any]
) -> None:
    known = [float(row["xg"]) for row in _read(real_data / "detailed_shots.csv.gz")]
    shots = _convert(record, events).shots
    assert shots is not None
    assert [shot.xg for shot in shots] == pytest.approx(known, abs=0.02)


def test_a_match_whose_goals_do_not_add_up_to_its_score_tells_its_score_alone(
    record: dict[str, Any], events: dict[str, Any]
) -> None:
    record["teamsData"]["1612"]["score"] = 5
    match = _convert(record, events)
    assert (match.kind, match.home_goals, match.goals, match.shots) == ("result", 5, None, None)


def test_an_own_goal_counts_for_the_other_side(record: dict[str, Any], events: dict[str, Any]) -> None:
    scored = next(
        event
        for event in events["events"]
        if event["subEventName"] == "Shot" and {"id": 101} in event["tags"]
    )
    scored.update(eventName="Others on the ball", subEventName="Touch", tags=[{"id": 102}], teamId=1625)
    match = _convert(record, events)
    assert match.goals is not None
    assert (match.goals[0].side, match.goals[0].own_goal) == ("home", True)


def test_a_final_on_penalties_keeps_its_three_scores_apart(
    record: dict[str, Any], events: dict[str, Any]
) -> None:
    record.update(duration="Penalties", winner=1625)
    home, away = (record["teamsData"][team] for team in ("1612", "1625"))
    home.update(score=2, scoreET=3, scoreP=4)
    away.update(score=2, scoreET=3, scoreP=5)
    scored = [
        event
        for event in events["events"]
        if {"id": 101} in event["tags"] and event["subEventName"] == "Shot"
    ]
    scored[0]["tags"] = []
    scored[4]["matchPeriod"], scored[6]["matchPeriod"] = "E1", "E2"
    events["events"].append({**scored[1], "matchPeriod": "P", "subEventName": "Penalty"})
    match = _convert(record, events, "World_Cup")
    assert (match.kind, match.duration, match.knockout) == ("detailed", "penalties", True)
    assert (match.home_goals_90, match.home_goals, match.home_shoot_out) == (2, 3, 4)
    assert (match.away_goals, match.shoot_out_winner, match.neutral) == (3, "away", True)


def test_a_name_that_the_file_escapes_twice_is_read_with_its_letters(
    record: dict[str, Any], events: dict[str, Any]
) -> None:
    events["teams"]["1612"]["team"]["name"] = "Atl\\u00e9tico Madrid"
    assert _convert(record, events).home_team == "Atlético Madrid"


def test_a_match_without_substitutions_has_none(record: dict[str, Any], events: dict[str, Any]) -> None:
    for data in record["teamsData"].values():
        data["formation"]["substitutions"] = "null"
    assert _convert(record, events).substitutions == ()


def test_a_file_that_is_not_wyscouts_is_told_by_its_match(
    record: dict[str, Any], events: dict[str, Any]
) -> None:
    del events["events"][7]["teamId"]
    del events["events"][7]["tags"]
    with pytest.raises(UnreadableMatches, match=rf"Wyscout's match {MATCH} cannot be read: KeyError 'tags'"):
        _convert(record, events)
    with pytest.raises(UnreadableMatches, match="archive"):
        wyscout.read_fixtures(b"not a zip")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("matches_England.json", "[{}]")
    with pytest.raises(UnreadableMatches, match="archive"):
        wyscout.read_fixtures(packed.getvalue())
