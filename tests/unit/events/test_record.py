"""The record: what is valid, what passes through, and that nothing broken gets past or crashes."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchcast.events.errors import InvalidRecord
from matchcast.events.record import MAX_RECORD_BYTES, Event, decode, encode, json_schema

ORIGINAL: dict[str, object] = {
    "id": 12345,
    "minute": 45,
    "second": 30,
    "type": {"name": "Shot"},
    "team": {"name": "Manchester United"},
    "player": {"name": "Marcus Rashford"},
    "shot": {"outcome": {"name": "Goal"}, "xG": 0.75},
    "timestamp": "2025-08-07T10:30:00Z",
}


def raw(**changes: object) -> bytes:
    record = {name: value for name, value in {**ORIGINAL, **changes}.items() if value is not ...}
    return json.dumps(record).encode()


def test_a_record_of_the_original_format_is_read_as_it_stands() -> None:
    event = decode(raw())
    assert event.id == 12345
    assert event.team.name == "Manchester United"
    assert event.shot is not None
    assert event.shot.xg == 0.75
    assert event.match is None


@pytest.mark.parametrize(("minute", "half"), [(0, 1), (44, 1), (45, 2), (93, 2)])
def test_without_a_period_the_minute_tells_the_half(minute: int, half: int) -> None:
    assert decode(raw(minute=minute)).period_or_inferred == half


def test_xg_of_statsbomb_goes_before_the_original_name() -> None:
    event = decode(raw(shot={"statsbomb_xg": 0.1, "xG": 0.9}))
    assert event.shot is not None
    assert event.shot.xg == 0.1


def test_unknown_types_and_fields_pass() -> None:
    event = decode(raw(type={"name": "Drone Overhead", "id": 999}, wind={"speed": [1, 2, {"x": None}]}))
    assert event.type.name == "Drone Overhead"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"minute": "45"}, "$.minute"),
        ({"minute": -1}, "$.minute"),
        ({"minute": 10_000}, "$.minute"),
        ({"second": 60}, "$.second"),
        ({"id": True}, "$.id"),
        ({"id": ""}, "$.id"),
        ({"id": 10**30}, "$.id"),
        ({"period": 6}, "$.period"),
        ({"team": "Arsenal"}, "$.team"),
        ({"team": {}}, "$.team"),
        ({"team": {"name": ""}}, "$.team.name"),
        ({"team": {"name": "x" * 201}}, "$.team.name"),
        ({"shot": {"xG": 7.5}}, "$.shot.xG"),
        ({"match": {"id": "a", "home_team": "x"}}, "$.match"),
        ({"match": {"id": "a", "home_team": "x", "away_team": "x"}}, "$.match"),
        ({"match": {"id": "a", "home_team": "x", "away_team": "y", "strengths": {"home": 0, "away": 1}}}, "$.match.strengths.home"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_by_its_path(changes: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRecord) as caught:
        decode(raw(**changes))
    assert caught.value.path == path


@pytest.mark.parametrize("missing", ["id", "minute", "second", "type", "team"])
def test_a_missing_field_is_named(missing: str) -> None:
    with pytest.raises(InvalidRecord, match=missing):
        decode(raw(**{missing: ...}))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        raw()[:-5],
        b"null",
        b"[]",
        b"\x00\xff\xfe",
        raw().replace(b"45", b"NaN"),
        raw().replace(b"0.75", b"Infinity"),
        raw().replace(b"Manchester", b"\xff"),
        raw().replace(b"Manchester", b"\\ud800"),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000,
        b"x" * (MAX_RECORD_BYTES + 1),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_broken_bytes_are_an_invalid_record_and_nothing_worse(broken: bytes) -> None:
    with pytest.raises(InvalidRecord):
        decode(broken)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_an_invalid_record(data: bytes) -> None:
    with contextlib.suppress(InvalidRecord):
        assert isinstance(decode(data), Event)


def test_a_written_record_reads_back_the_same() -> None:
    event = decode(raw(match={"id": "m", "home_team": "A", "away_team": "B", "knockout": True}, period=4))
    assert decode(encode(event)) == event


def test_the_published_schema_is_the_one_of_the_code() -> None:
    published = Path(__file__).parents[3] / "docs" / "event.schema.json"
    assert json.loads(published.read_text()) == json.loads(json.dumps(json_schema()))
