"""StatsBomb's own files: unchanged, whole, and with an opinion on who is at home only when somebody has one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from matchcast.sources.errors import UnreadableFile
from matchcast.sources.read import read
from matchcast.sources.recording import Naming


def an_event(index: int, team: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"e{index}",
        "index": index,
        "period": 1,
        "minute": index,
        "second": 0,
        "type": {"id": 30, "name": "Pass"},
        "team": {"id": 1, "name": team},
        **fields,
    }


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return [an_event(1, "Blues"), an_event(2, "Reds"), an_event(3, "Blues", camera={"on": True})]


@pytest.fixture
def file(tmp_path: Path, events: list[dict[str, Any]]) -> Path:
    path = tmp_path / "777.json"
    path.write_text(json.dumps(events))
    return path


def test_fields_that_nobody_knows_pass_unchanged(file: Path, events: list[dict[str, Any]]) -> None:
    assert list(read(file).records) == events


def test_a_compressed_file_reads_like_a_plain_one(file: Path, events: list[dict[str, Any]]) -> None:
    packed = file.with_suffix(".json.gz")
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert read(packed).records == events
    assert read(packed).match.id == "777"


def test_events_come_by_period_and_index_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps([an_event(3, "A", period=2), an_event(2, "B"), an_event(1, "A")]))
    assert [record["index"] for record in read(path).records] == [1, 2, 3]


def test_without_any_word_the_team_named_first_is_at_home(file: Path) -> None:
    match = read(file).match
    assert (match.home_team, match.away_team) == ("Blues", "Reds")


@pytest.mark.parametrize("naming", [Naming(home="Reds"), Naming(away="Blues"), Naming("Reds", "Blues")])
def test_the_user_says_who_is_at_home_and_one_name_is_enough(file: Path, naming: Naming) -> None:
    match = read(file, naming=naming).match
    assert (match.home_team, match.away_team) == ("Reds", "Blues")


def test_a_list_of_matches_beside_the_file_says_who_is_at_home(file: Path) -> None:
    listed = {"match_id": 777, "home_team": "Reds", "away_team": "Blues", "competition": "Big_Cup"}
    listed |= {"match_date": "2018-07-15", "duration": "Penalties"}
    (file.parent / "matches.json").write_text(json.dumps([{**listed, "match_id": 1}, listed]))
    match = read(file).match
    assert (match.home_team, match.away_team, match.competition) == ("Reds", "Blues", "Big Cup")
    assert match.kick_off == "2018-07-15"
    assert match.knockout


def test_the_lists_of_statsbombs_open_data_are_found(tmp_path: Path, events: list[dict[str, Any]]) -> None:
    for folder in ("events", "matches/43"):
        (tmp_path / folder).mkdir(parents=True)
    file = tmp_path / "events" / "7585.json"
    file.write_text(json.dumps(events))
    listed = {
        "match_id": 7585,
        "home_team": {"home_team_id": 2, "home_team_name": "Reds"},
        "away_team": {"away_team_id": 1, "away_team_name": "Blues"},
        "competition": {"competition_id": 43, "competition_name": "World Cup"},
        "competition_stage": {"id": 33, "name": "Round of 16"},
        "match_date": "2018-07-03",
        "kick_off": "20:00:00.000",
    }
    (tmp_path / "matches" / "43" / "3.json").write_text(json.dumps([listed]))
    match = read(file).match
    assert (match.home_team, match.competition, match.knockout) == ("Reds", "World Cup", True)
    assert match.kick_off == "2018-07-03T20:00:00"


def test_a_list_that_has_other_teams_for_the_match_is_not_believed(file: Path) -> None:
    listed = [{"match_id": 777, "home_team": "Greens", "away_team": "Blues"}]
    (file.parent / "matches.json").write_text(json.dumps(listed))
    assert read(file).match.home_team == "Blues"


def test_extra_time_makes_a_match_a_knock_out(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps([an_event(1, "A"), an_event(2, "B", period=3, minute=95)]))
    assert read(path).match.knockout


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"", "it is not JSON"),
        (b"\x00\xff", "it is not JSON"),
        (b"[", "it is not JSON"),
        (b"[]", "it holds no events"),
        (b'{"a": 1}', "expected `array`, got `object`"),
        (b"[" * 100_000, "cannot be read"),
    ],
)
def test_a_file_that_is_no_list_of_events_is_refused_with_a_sentence(
    tmp_path: Path, contents: bytes, says: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(contents)
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert str(path) in caught.value.message
    assert says in caught.value.message
    assert caught.value.hint


def test_an_error_names_the_place_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps([an_event(1, "A"), an_event(2, "B", second=77)]))
    with pytest.raises(UnreadableFile, match=r"at \$\[1\]\.second") as caught:
        read(path)
    assert caught.value.place == "$[1].second"


def test_wyscouts_shape_is_recognised_and_its_provider_proposed(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text('{"events": [], "teams": {}, "players": {}}')
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert "--provider wyscout" in str(caught.value.hint)


def test_a_file_of_several_matches_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps([an_event(n, team) for n, team in enumerate("ABC")]))
    with pytest.raises(UnreadableFile, match="names 3 teams"):
        read(path)


def test_a_file_with_one_team_asks_for_the_other(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps([an_event(1, "A")]))
    with pytest.raises(UnreadableFile, match="only A is named"):
        read(path)


def test_a_team_that_has_done_nothing_yet_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps([an_event(1, "Reds")]))
    match = read(path, naming=Naming(home="Blues", away="Reds")).match
    assert (match.home_team, match.away_team) == ("Blues", "Reds")


def test_a_team_that_is_not_in_the_file_is_refused(file: Path) -> None:
    with pytest.raises(UnreadableFile, match="no event in it is of Greens"):
        read(file, naming=Naming(home="Greens"))


def test_a_missing_a_forbidden_and_a_damaged_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        read(tmp_path / "none.json")
    with pytest.raises(UnreadableFile, match="is a directory"):
        read(tmp_path)
    damaged = tmp_path / "1.json.gz"
    damaged.write_bytes(gzip.compress(b"[]" * 1000)[:-12])
    with pytest.raises(UnreadableFile, match="not whole gzip data"):
        read(damaged)


def test_a_list_of_matches_that_is_damaged_is_named(file: Path) -> None:
    listing = file.parent / "matches.json"
    listing.write_text('[{"match_id": 777}]')
    with pytest.raises(UnreadableFile, match=r"matches\.json"):
        read(file)
    listing.write_bytes(b'[{"match_id": 777, "home_team": "Malm\xf6", "away_team": "Inter"}]')
    with pytest.raises(UnreadableFile, match=r"matches\.json"):
        read(file)
