"""Recordings as moments: real events at the times that they tell, and an end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from matchcast.events.record import Event, MatchInfo
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise
from matchcast.produce.playing import encode_record
from matchcast.produce.recordings import moments
from matchcast.produce.resume import Trace, abandon, count_sent
from matchcast.simulate.scribe import Moment
from matchcast.sources.recording import Recording

MATCH = MatchInfo(id="m", home_team="Reds", away_team="Blues", origin="replay")


def a_record(
    index: int, period: int, timestamp: str | None, minute: int, second: int = 0, **more: Any
) -> dict[str, Any]:
    record = {
        "id": f"e{index}",
        "index": index,
        "period": period,
        "minute": minute,
        "second": second,
        "type": {"name": "Pass"},
        "team": {"name": "Reds"},
        **more,
    }
    return record if timestamp is None else {**record, "timestamp": timestamp}


RECORDS = [
    a_record(1, 1, "00:00:00.000", 0, camera="left"),
    a_record(2, 1, "00:00:10.500", 0, 10),
    a_record(3, 1, "00:46:00.000", 46),
    a_record(4, 2, "00:00:02.000", 45, 2),
    a_record(5, 2, None, 46, 2),
    a_record(6, 2, "00:00:30.000", 45, 30),
]


def played(records: list[dict[str, Any]]) -> list[Moment]:
    return list(moments(Recording(MATCH, records, Path("x.json")), MATCH))


def test_events_keep_every_field_and_gain_their_match() -> None:
    for moment, record in zip(played(RECORDS), RECORDS, strict=False):
        assert {name: value for name, value in moment.record.items() if name != "match"} == record
        assert moment.record["match"]["id"] == "m"


def test_times_follow_the_clock_with_a_break_between_the_halves_and_never_go_back() -> None:
    times = [moment.at for moment in played(RECORDS)]
    assert times[:3] == [0.0, 10.5, 2760.0]
    assert times[3] > 2760
    assert times[4] - times[3] == pytest.approx(60.0)
    assert times == sorted(times)


def test_the_original_format_without_period_and_with_a_wall_clock_plays_by_its_minutes() -> None:
    records = [
        {"id": n, "minute": minute, "second": 30, "type": {"name": "Shot"}, "team": {"name": "Reds"},
         "timestamp": "2025-08-07T10:30:00Z"}
        for n, minute in enumerate((10, 44, 45, 90))
    ]  # fmt: skip
    times = [moment.at for moment in played(records)]
    assert times[1] - times[0] == 34 * 60
    assert times[3] - times[2] == 45 * 60


def test_a_recording_ends_with_the_end_of_the_match_once() -> None:
    last = played(RECORDS)[-1].record
    assert last["type"]["name"] == "Match End"
    assert last["index"] == 7
    state = MatchState("m", MATCH)
    for moment in played(RECORDS):
        assert state.apply(msgspec.convert(moment.record, Event))
    assert summarise(state).status == "finished"
    ended = [*RECORDS, a_record(7, 2, "00:00:31.000", 45, 31, type={"name": "Match End"})]
    assert len(played(ended)) == len(ended)


def test_a_script_goes_on_after_the_last_event_that_kafka_has() -> None:
    script = played(RECORDS)
    for sent in range(len(script) + 1):
        there = script[:sent]
        last = encode_record(there[-1].record) if there else None
        found = Trace(frozenset(moment.record["id"] for moment in there), last)
        assert count_sent(lambda: iter(script), found) == sent


def test_a_script_that_is_not_the_one_that_was_played_does_not_go_on() -> None:
    script = played(RECORDS)
    found = Trace(frozenset({"e1", "e2"}), encode_record({**script[1].record, "minute": 3}))
    assert count_sent(lambda: iter(script), found) is None
    assert count_sent(lambda: iter(script), Trace(frozenset({"other"}), b"{}")) is None


def test_a_match_that_cannot_go_on_is_abandoned_where_it_stood() -> None:
    found = Trace(frozenset({"e3"}), encode_record(RECORDS[2]))
    (end,) = abandon(MATCH, found)
    state = MatchState("m", MATCH)
    state.apply(msgspec.convert(RECORDS[2], Event))
    state.apply(msgspec.convert(end.record, Event))
    summary = summarise(state)
    assert (summary.status, summary.minute) == ("abandoned", 46)
