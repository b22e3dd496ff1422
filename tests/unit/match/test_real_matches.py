"""The real matches fold to their true scores."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from matchcast.events.record import MatchInfo, decode
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.match.view import Score


def _fixtures(folder: Path) -> list[dict[str, object]]:
    fixtures: list[dict[str, object]] = json.loads((folder / "events" / "matches.json").read_text())
    return fixtures


def _fold(fixture: dict[str, object], records: list[bytes]) -> Summary:
    info = MatchInfo(str(fixture["match_id"]), str(fixture["home_team"]), str(fixture["away_team"]))
    state = MatchState(info.id, info)
    for record in records:
        state.apply(decode(record))
    return summarise(state)


def _records(folder: Path, fixture: dict[str, object]) -> list[bytes]:
    with gzip.open(folder / "events" / f"{fixture['match_id']}.json.gz") as file:
        return [json.dumps(record).encode() for record in json.load(file)]


def test_real_matches_fold_to_their_true_scores_in_any_order(real_data: Path) -> None:
    fixtures = _fixtures(real_data)
    assert len(fixtures) == 7
    for fixture in fixtures:
        records = _records(real_data, fixture)
        summary = _fold(fixture, records)
        true = fixture["score_from_events"]
        assert isinstance(true, dict)
        assert summary.score == Score(true[fixture["home_team"]], true[fixture["away_team"]]), fixture[
            "label"
        ]
        assert summary.status == "finished"
        assert summary.events == fixture["n_events"]
        random.Random(7).shuffle(records)
        assert _fold(fixture, records + records[:300]) == summary


def test_a_match_that_went_to_extra_time_was_level_after_ninety_minutes(real_data: Path) -> None:
    (fixture,) = [one for one in _fixtures(real_data) if one["duration"] == "ExtraTime"]
    summary = _fold(fixture, _records(real_data, fixture))
    assert summary.full_time_score == Score(1, 1)
    assert summary.score == Score(2, 1)
    assert summary.period == 4


@pytest.mark.parametrize("dismissed", ["Sergi Roberto"])
def test_a_real_red_card_leaves_ten_men(real_data: Path, dismissed: str) -> None:
    (fixture,) = [one for one in _fixtures(real_data) if one["label"] == "Barcelona - Real Madrid, 2 - 2"]
    summary = _fold(fixture, _records(real_data, fixture))
    assert (summary.men.home, summary.men.away) == (10, 11)
    assert dismissed in [entry.player for entry in summary.timeline if entry.kind == "red_card"]
