"""Whole real matches, as their files tell them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from matchcast.events.record import Event
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.sources.read import read
from matchcast.sources.recording import Naming, Recording


def fold(recording: Recording) -> Summary:
    state = MatchState(recording.match.id, recording.match)
    for record in recording.records:
        assert state.apply(msgspec.convert(record, Event))
    return summarise(state)


def test_every_real_file_folds_to_its_known_score(real_data: Path) -> None:
    listed = json.loads((real_data / "events" / "matches.json").read_text())
    assert len(listed) >= 7
    for match in listed:
        recording = read(real_data / "events" / f"{match['match_id']}.json.gz")
        summary = fold(recording)
        score = {match["home_team"]: summary.score.home, match["away_team"]: summary.score.away}
        assert score == match["score_from_events"], match["label"]
        assert len(recording.records) == match["n_events"]
        assert summary.status == "finished"
        assert recording.match.competition == match["competition"].replace("_", " ")


def test_a_match_with_extra_time_is_a_knock_out_that_was_level_at_90(real_data: Path) -> None:
    summary = fold(read(real_data / "events" / "2058015.json.gz"))
    assert summary.match.knockout
    assert summary.period == 4
    assert summary.full_time_score is not None
    assert summary.full_time_score.home == summary.full_time_score.away == 1


@pytest.mark.parametrize("provider", ["wyscout", "wyscout-v2"])
def test_a_match_as_wyscout_ships_it_folds_to_the_same_score_as_in_statsbombs_shape(
    real_data: Path, provider: str
) -> None:
    raw = fold(read(real_data / "raw_samples" / "wyscout_2499943.json.gz", provider))
    shaped = fold(read(real_data / "events" / "2499943.json.gz"))
    assert (raw.score.home, raw.score.away) == (shaped.score.home, shaped.score.away) == (4, 3)
    assert raw.statistics.home.shots == shaped.statistics.home.shots
    assert raw.half_time_score == shaped.half_time_score
    assert raw.match.home_team == "Liverpool FC"
    scorers = [entry.player for entry in raw.timeline if entry.kind == "goal"]
    assert "Sadio Mané" in scorers
    naming = Naming("Liverpool", "Manchester City")
    renamed = read(real_data / "raw_samples" / "wyscout_2499943.json.gz", provider, naming)
    assert renamed.match.home_team == "Liverpool"
