"""Which match a record belongs to, and that none is lost and none stops the others."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from matchcast.events.record import MatchInfo, decode
from matchcast.live.running import RunningMatch
from matchcast.live.tracker import Tracker
from matchcast.match.state import MatchState
from matchcast.match.summary import summarise
from matchcast.stream.client import StreamRecord

Event = Callable[..., dict[str, Any]]


def only(tracker: Tracker) -> RunningMatch:
    (match,) = tracker
    return match


# -- which match ---------------------------------------------------------------------------------


def test_a_record_that_names_its_match_belongs_to_it_whatever_its_key(log: Any, event: Event) -> None:
    tracker = Tracker()
    named = {"id": "cup_final", "home_team": "Arsenal", "away_team": "Chelsea"}
    tracker.ingest([log.put(event(match=named), "another_key")])
    assert only(tracker).match_id == "cup_final"


def test_a_record_without_a_match_belongs_to_that_of_its_key(log: Any, event: Event) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(team="Arsenal"), "derby"), log.put(event(team="Tottenham"), "derby")])
    match = only(tracker)
    assert match.match_id == "derby"
    assert match.state.events == 2
    assert match.summary.incomplete


def test_a_match_is_complete_once_one_of_its_records_names_it(log: Any, event: Event) -> None:
    tracker = Tracker()
    named = {"id": "derby", "home_team": "Tottenham", "away_team": "Arsenal"}
    tracker.ingest([log.put(event(), "derby"), log.put(event(match=named), "derby")])
    assert not only(tracker).summary.incomplete
    assert only(tracker).situation.home_team == "Tottenham"


def test_a_record_without_match_or_key_belongs_to_the_running_match_of_its_team(
    log: Any, event: Event
) -> None:
    tracker = Tracker()
    named = {"id": "derby", "home_team": "Tottenham", "away_team": "Arsenal"}
    tracker.ingest(
        [log.put(event(match=named), "derby"), log.put(event(team="Arsenal")), log.put(event(team="Arsenal"))]
    )
    assert only(tracker).state.events == 3


@pytest.mark.parametrize("origin", ["simulated", "replay"])
def test_a_record_without_match_or_key_does_not_score_in_a_match_that_is_played_here(
    log: Any, event: Event, origin: str
) -> None:
    tracker = Tracker()
    played = {"id": "derby", "home_team": "Tottenham", "away_team": "Arsenal", "origin": origin}
    goal = event("Shot", shot={"outcome": {"name": "Goal"}})
    tracker.ingest([log.put(event(match=played), "derby"), log.put(goal), log.put(event(minute=2))])
    derby, made = tracker.get("derby"), tracker.get("arsenal")
    assert derby is not None
    assert made is not None
    assert derby.state.events == 1
    assert made.state.events == 2
    assert made.summary.incomplete


def test_the_match_of_a_team_stops_taking_records_without_a_key_once_it_is_said_to_be_simulated(
    log: Any, event: Event
) -> None:
    tracker = Tracker()
    played = {"id": "derby", "home_team": "Tottenham", "away_team": "Arsenal", "origin": "simulated"}
    tracker.ingest([log.put(event(), "derby"), log.put(event()), log.put(event(match=played), "derby")])
    tracker.ingest([log.put(event())])
    assert [match.match_id for match in tracker.listed()] == ["arsenal", "derby"]


@pytest.mark.parametrize("key", [None, b""])
def test_a_record_of_nobody_makes_a_match_of_its_team_that_is_incomplete(
    log: Any, event: Event, key: bytes | None
) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(team="Real Unión de Irún"), key) for _ in range(2)])
    match = only(tracker)
    assert match.match_id == "real_unión_de_irún"
    assert match.state.events == 2
    assert match.summary.incomplete


def test_once_a_team_plays_a_named_match_its_records_belong_there(log: Any, event: Event) -> None:
    tracker = Tracker()
    named = {"id": "derby", "home_team": "Tottenham", "away_team": "Arsenal"}
    tracker.ingest(
        [log.put(event()), log.put(event(match=named), "derby"), log.put(event()), log.put(event())]
    )
    derby = tracker.get("derby")
    assert derby is not None
    assert derby.state.events == 3


def test_the_next_match_of_a_team_gets_an_id_of_its_own(log: Any, event: Event) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event()), log.put(event("Match End", minute=90)), log.put(event())])
    assert [match.match_id for match in tracker.listed()] == ["arsenal_2", "arsenal"]


def test_a_late_repeat_of_a_record_of_nobody_does_not_begin_a_new_match(log: Any, event: Event) -> None:
    tracker = Tracker()
    goal = event("Shot", minute=89)
    tracker.ingest([log.put(goal), log.put(event("Match End", minute=90)), log.put(goal)])
    assert only(tracker).state.events == 2
    assert tracker.counters.repeats == 1


@pytest.mark.parametrize("key", [b"\x00\x00\x00\x07", b"\xff\xfe", b"k" * 5000])
def test_any_bytes_will_do_as_a_key(log: Any, event: Event, key: bytes) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(), key), log.put(event(), key)])
    assert only(tracker).state.events == 2


# -- what is folded ------------------------------------------------------------------------------


def test_matches_side_by_side_fold_as_each_would_alone(
    log: Any, fixture_of: Callable[..., MatchInfo]
) -> None:
    infos = [fixture_of("Arsenal", "Chelsea"), fixture_of("Everton", "West Ham", knockout=True, seed=3)]
    columns = [log.match(info, partition=n) for n, info in enumerate(infos)]
    mixed = [record for row in zip(*columns, strict=False) for record in row]
    mixed += [record for column in columns for record in column[len(mixed) // 2 :]]
    tracker = Tracker()
    tracker.ingest(mixed)
    for info, column in zip(infos, columns, strict=True):
        alone = MatchState(info.id)
        for record in column:
            alone.apply(decode(record.value))
        match = tracker.get(info.id)
        assert match is not None
        assert match.summary == summarise(alone)
        assert match.finished


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_and_repeated_delivery_gives_the_same_match(
    log: Any, fixture_of: Callable[..., MatchInfo], seed: int
) -> None:
    records = log.match(fixture_of(knockout=True, seed=seed))
    rng = random.Random(seed)
    delivered = records + rng.sample(records, len(records) // 3)
    rng.shuffle(delivered)
    tracker, in_order = Tracker(), Tracker()
    tracker.ingest(delivered)
    in_order.ingest(records)
    assert only(tracker).summary == only(in_order).summary
    assert only(tracker).situation == only(in_order).situation
    assert tracker.counters.repeats == len(records) // 3


def test_ten_thousand_broken_records_are_all_set_aside_and_the_good_ones_between_them_fold(
    log: Any, fixture_of: Callable[..., MatchInfo], broken_values: Callable[[int], Iterator[bytes | None]]
) -> None:
    info = fixture_of()
    good = log.match(info)
    broken = [log.put(value, "whoever", partition=1) for value in broken_values(10_000)]
    mixed = sorted([*good, *broken], key=lambda record: (record.offset, record.partition))
    tracker = Tracker()
    done = tracker.ingest(mixed)
    assert [one.record for one in done.broken] == broken
    assert all(one.reason for one in done.broken)
    assert only(tracker).state.events == len(good)
    assert tracker.counters.broken == 10_000
    assert tracker.counters.records == len(mixed)


def test_the_reason_tells_the_path_and_what_is_wrong_there(log: Any, event: Event) -> None:
    done = Tracker().ingest([log.put(event("Shot", shot={"xG": 7})), log.put(b"{"), log.put(None)])
    assert [one.reason for one in done.broken] == [
        "$.shot.xG: Expected `float` <= 1.0",
        "is not JSON: Input data was truncated",
        "has no value",
    ]


def test_an_error_in_the_fold_sets_its_record_aside(
    log: Any, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(), "derby")])
    monkeypatch.setattr(MatchState, "apply", lambda *_: 1 // 0)
    done = tracker.ingest([log.put(event(), "derby")])
    assert [one.reason for one in done.broken] == [
        "cannot be folded: ZeroDivisionError: integer division or modulo by zero"
    ]


# -- what is kept --------------------------------------------------------------------------------


def play(
    tracker: Tracker, log: Any, event: Event, match_id: str, *, to_the_end: bool = True
) -> list[StreamRecord]:
    records = [log.put(event(minute=1), match_id)]
    if to_the_end:
        records.append(log.put(event("Match End", minute=90), match_id))
    tracker.ingest(records)
    return records


def test_of_finished_matches_the_last_are_kept_and_running_ones_stay(log: Any, event: Event) -> None:
    tracker = Tracker(kept_finished=3)
    play(tracker, log, event, "running", to_the_end=False)
    for number in range(6):
        play(tracker, log, event, f"m{number}")
    assert [match.match_id for match in tracker.listed()] == ["running", "m5", "m4", "m3"]
    assert tracker.counters.released == 3


def test_a_repeat_for_a_match_that_was_let_go_does_not_bring_it_back(log: Any, event: Event) -> None:
    tracker = Tracker(kept_finished=1)
    old = play(tracker, log, event, "old")
    play(tracker, log, event, "new")
    done = tracker.ingest(old)
    assert tracker.get("old") is None
    assert not done.changed
    assert tracker.counters.late == 2


def test_a_match_that_goes_on_after_all_is_not_let_go_as_finished(log: Any, event: Event) -> None:
    tracker = Tracker(kept_finished=0)
    tracker.ingest([log.put(event("Half End", minute=90, period=2), "cup")])
    assert tracker.get("cup") is None
    tracker = Tracker(kept_finished=1)
    tracker.ingest(
        [
            log.put(event("Half End", minute=90, period=2), "cup"),
            log.put(event("Pass", minute=91, period=3), "cup"),
        ]
    )
    play(tracker, log, event, "a")
    play(tracker, log, event, "b")
    assert [match.match_id for match in tracker.listed()] == ["cup", "b"]


def test_beyond_the_limit_the_match_that_was_quiet_the_longest_goes(log: Any, event: Event) -> None:
    tracker = Tracker(kept_matches=2)
    for match_id in ("a", "b", "a", "c"):
        play(tracker, log, event, match_id, to_the_end=False)
    assert [match.match_id for match in tracker.listed()] == ["c", "a"]


def test_what_changed_names_each_match_once_and_none_that_is_gone(log: Any, event: Event) -> None:
    tracker = Tracker(kept_finished=0)
    done = tracker.ingest(
        [
            log.put(event(), "a"),
            log.put(event(), "b"),
            log.put(event(), "a"),
            log.put(event("Match End", minute=90), "b"),
        ]
    )
    assert set(done.changed) == {"a"}
    assert done.released == ["b"]


def test_the_newest_events_are_listed(log: Any, event: Event) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(minute=minute % 90), "a", at_ms=minute) for minute in range(300)])
    assert len(tracker.recent) == 200
    newest = tracker.recent[-1]
    assert (newest.match_id, newest.offset, newest.at_ms, newest.event.minute) == ("a", 299, 299, 299 % 90)
