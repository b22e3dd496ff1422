"""Event files that somebody has become events and matches of history."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from matchcast.events.record import decode
from matchcast.history.added import add_file
from matchcast.history.errors import UnreadableMatches
from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import open_history
from matchcast.history.selection import chosen_matches
from matchcast.sources.recording import Naming

NAMING = Naming()


def _fixtures(folder: Path) -> list[dict[str, Any]]:
    fixtures: list[dict[str, Any]] = json.loads((folder / "events" / "matches.json").read_text())
    return fixtures


def _query(history: HistoryFolder, statement: str) -> list[tuple[Any, ...]]:
    with open_history(history) as database:
        return database.execute(statement).fetchall()


def test_real_files_become_matches_with_their_true_scores_and_all_their_events(
    real_data: Path, history: HistoryFolder
) -> None:
    for fixture in _fixtures(real_data):
        path = real_data / "events" / f"{fixture['match_id']}.json.gz"
        added = add_file(history, path, "statsbomb", NAMING)
        true = fixture["score_from_events"]
        assert added.match is not None
        assert (added.match.home_goals, added.match.away_goals) == (
            true[fixture["home_team"]],
            true[fixture["away_team"]],
        )
        found = _query(history, f"SELECT count(*) FROM events WHERE match_id = '{fixture['match_id']}'")
        assert found == [(fixture["n_events"],)]
    matches = list(chosen_matches(history))
    assert [match.origin for match in matches] == ["statsbomb"] * len(_fixtures(real_data))
    assert {match.duration for match in matches} == {"regular", "extra_time"}


def test_a_file_that_is_added_again_is_there_once(
    real_data: Path, history: HistoryFolder, tmp_path: Path
) -> None:
    path = next((real_data / "events").glob("[0-9]*.json.gz"))
    copy = tmp_path / f"copy of {path.name}"
    copy.write_bytes(path.read_bytes())
    (real_fixture,) = [one for one in _fixtures(real_data) if path.name.startswith(str(one["match_id"]))]
    home = real_fixture["home_team"]
    add_file(history, path, "statsbomb", NAMING)
    add_file(history, copy, "statsbomb", Naming(home=home), played=datetime.date(2018, 1, 1))
    assert _query(history, "SELECT count(*), min(date)::VARCHAR FROM matches") == [(1, "2018-01-01")]
    assert _query(history, "SELECT count(*) FROM events") == [(real_fixture["n_events"],)]


def test_an_event_of_a_file_is_a_whole_record_with_its_match(real_data: Path, history: HistoryFolder) -> None:
    path = next((real_data / "events").glob("[0-9]*.json.gz"))
    add_file(history, path, "statsbomb", NAMING)
    ((value,),) = _query(history, "SELECT value FROM events WHERE type = 'Shot' LIMIT 1")
    event = decode(value)
    assert event.match is not None
    assert event.match.origin == "statsbomb"
    assert "possession" in json.loads(value)


def test_a_file_of_another_provider_is_added_alike(real_data: Path, history: HistoryFolder) -> None:
    path = real_data / "raw_samples" / "wyscout_2499943.json.gz"
    added = add_file(history, path, "wyscout", Naming(match_id="2499943"), played=datetime.date(2018, 1, 14))
    assert added.match is not None
    assert (added.match.home_team, added.match.home_goals, added.match.away_goals) == ("Liverpool FC", 4, 3)
    assert added.match.origin == "wyscout"


def test_a_match_of_no_known_day_is_not_added(
    real_data: Path, history: HistoryFolder, tmp_path: Path
) -> None:
    path = next((real_data / "events").glob("[0-9]*.json.gz"))
    alone = tmp_path / path.name
    alone.write_bytes(path.read_bytes())
    with pytest.raises(UnreadableMatches, match="does not say when the match was played") as raised:
        add_file(history, alone, "statsbomb", NAMING)
    assert raised.value.hint == "add --date YYYY-MM-DD"
    assert _query(history, "SELECT count(*) FROM events") == [(0,)]


def test_a_match_that_is_cut_off_is_kept_as_events_alone(
    real_data: Path, history: HistoryFolder, tmp_path: Path
) -> None:
    path = real_data / "raw_samples" / "wyscout_2499943.json.gz"
    assert path.exists()
    events = [
        {
            "id": n,
            "index": n,
            "period": 1,
            "minute": n,
            "second": 0,
            "type": {"name": "Pass"},
            "team": {"name": team},
        }
        for n, team in enumerate(("A", "B"))
    ]
    cut = tmp_path / "cut.json"
    cut.write_text(json.dumps(events))
    added = add_file(history, cut, "statsbomb", Naming(home="A"), played=datetime.date(2018, 1, 1))
    assert added.match is None
    assert _query(history, "SELECT count(*) FROM events") == [(2,)]
    assert _query(history, "SELECT count(*) FROM matches") == [(0,)]
