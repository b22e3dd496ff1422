"""What every source holds, whoever made the file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from tests.unit.sources.samples import FILES, SAMPLES, Sample

from matchcast.events.record import Event, decode
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise
from matchcast.sources.errors import UnreadableFile
from matchcast.sources.providers import PROVIDERS
from matchcast.sources.read import provider_names, read
from matchcast.sources.recording import Naming, Recording


def read_sample(sample: Sample, naming: Naming | None = None) -> Recording:
    companion = FILES / sample.companion if sample.companion else None
    naming = naming or Naming(sample.home, sample.away)
    return read(FILES / sample.file, sample.provider, replace(naming, companion=companion))


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda sample: f"{sample.provider}-{sample.file}")
def sample(request: pytest.FixtureRequest) -> Sample:
    chosen: Sample = request.param
    return chosen


@pytest.fixture(scope="module")
def recording(sample: Sample) -> Recording:
    return read_sample(sample)


def test_every_record_is_a_valid_event(recording: Recording) -> None:
    for record in recording.records:
        decode(msgspec.json.encode(record))


def test_ids_are_unique_within_the_match(recording: Recording) -> None:
    ids = [record["id"] for record in recording.records]
    assert len(set(ids)) == len(ids)


def test_records_come_in_the_order_of_play(recording: Recording) -> None:
    order = [(record["period"], record["index"]) for record in recording.records]
    assert order == sorted(order)


def test_events_are_of_the_two_teams_of_the_match(recording: Recording) -> None:
    teams = {record["team"]["name"] for record in recording.records}
    assert teams == {recording.match.home_team, recording.match.away_team}


def test_the_fold_gives_the_score_that_the_file_tells_and_an_end(
    sample: Sample, recording: Recording
) -> None:
    state = MatchState(recording.match.id, recording.match)
    for record in recording.records:
        state.apply(msgspec.convert(record, Event))
    summary = summarise(state)
    assert (summary.score.home, summary.score.away) == sample.score
    assert summary.status == "finished"
    assert summary.match.origin == "replay"


def test_shots_are_taken_towards_the_goal_that_is_attacked(recording: Recording) -> None:
    for record in recording.records:
        if record["type"]["name"] == "Shot" and "location" in record:
            assert record["location"][0] >= 60


def test_reading_twice_gives_the_same(sample: Sample, recording: Recording) -> None:
    again = read_sample(sample)
    assert again.match == recording.match
    assert list(again.records) == list(recording.records)


def test_the_user_names_the_match_and_its_teams(sample: Sample) -> None:
    if sample.provider == "statsbomb":
        # Its events carry the teams' names, so the user can only say which of the two is at home.
        match = read_sample(sample, Naming("Italy", "Turkey", "final")).match
        assert (match.id, match.home_team, match.away_team) == ("final", "Italy", "Turkey")
    else:
        match = read_sample(sample, Naming("Hosts", "Guests", "final")).match
        assert (match.id, match.home_team, match.away_team) == ("final", "Hosts", "Guests")


def test_a_sample_is_read_of_every_provider() -> None:
    assert {sample.provider for sample in SAMPLES} == set(provider_names())
    assert set(PROVIDERS) < set(provider_names())


def test_a_card_that_comes_with_a_foul_and_by_itself_counts_once() -> None:
    recording = read(FILES / "wyscout_events_v2.json", "wyscout")
    state = MatchState("m", recording.match)
    for record in recording.records:
        state.apply(msgspec.convert(record, Event))
    statistics = summarise(state).statistics
    assert (statistics.home.yellow_cards, statistics.away.yellow_cards) == (3, 3)


def test_a_player_of_an_opta_file_who_is_sent_off_leaves_ten() -> None:
    recording = read(FILES / "opta_f24.xml", "opta", Naming(companion=FILES / "opta_f7.xml"))
    state = MatchState("m", recording.match)
    for record in recording.records:
        state.apply(msgspec.convert(record, Event))
    men = summarise(state).men
    assert (men.home, men.away) == (11, 10)


MATCH = b"""[{"id": 1, "minute": 1, "second": 0, "type": {"name": "Pass"}, "team": {"name": "A"}},
            {"id": 2, "minute": 2, "second": 0, "type": {"name": "Pass"}, "team": {"name": "B"}}]"""


@pytest.mark.parametrize(
    ("file", "naming", "says"),
    [
        (b"n" * 220 + b".json", Naming(), "220 characters are too many"),
        (b"\xff.json", Naming(), "not UTF-8"),
        (b"match.json", Naming(match_id="i" * 151), "151 characters are too many"),
        (b"match.json", Naming(match_id="\udcff"), "not UTF-8"),
    ],
)
def test_no_match_is_read_that_no_reader_of_its_records_would_take(
    file: bytes, naming: Naming, says: str, tmp_path: Path
) -> None:
    path = tmp_path / os.fsdecode(file)
    path.write_bytes(MATCH)
    with pytest.raises(UnreadableFile, match=says) as caught:
        read(path, naming=naming)
    assert "--match-id" in (caught.value.hint or "")
