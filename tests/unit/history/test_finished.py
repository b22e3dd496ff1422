"""Matches that are over become one row each, whatever way their events came."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from matchcast.history.batches import Manifest, Range
from matchcast.history.columns import EventColumns
from matchcast.history.files import HistoryFolder
from matchcast.history.finished import fold_finished
from matchcast.history.parquet import open_history, write_events
from matchcast.history.segments import path_of
from matchcast.history.tables import Match
from matchcast.stream.client import StreamRecord

MakeRecords = Callable[..., list[StreamRecord]]


@pytest.fixture
def bring(history: HistoryFolder) -> Callable[..., list[Match]]:
    """Put records into history as one batch and fold what is over."""
    first: dict[int, int] = {}

    def put(batch: str, records: Iterable[StreamRecord]) -> list[Match]:
        ranges = []
        by_partition: dict[int, list[StreamRecord]] = {}
        for record in records:
            by_partition.setdefault(record.partition, []).append(record)
        for partition, there in by_partition.items():
            start = first.get(partition, 0)
            columns = EventColumns("football")
            for place, record in enumerate(there):
                columns.take(record._replace(offset=start + place))
            end = first[partition] = start + len(there)
            write_events(
                path_of(history, "football", partition, start, end - 1), columns.columns, columns.facts
            )
            ranges.append(Range(partition, start, end - 1))
        ranges += [Range(p, end, end - 1) for p, end in first.items() if p not in by_partition]
        return fold_finished(history, Manifest(batch, "live", "football", "", ranges))

    return put


def _count(history: HistoryFolder) -> int:
    with open_history(history) as database:
        return int(database.execute("SELECT count(*) FROM matches").fetchall()[0][0])


def test_a_match_that_ended_is_one_row_with_what_happened(
    bring: Callable[..., list[Match]], match_records: MakeRecords
) -> None:
    (match,) = bring("b1", match_records())
    assert (match.home_team, match.home_goals, match.away_goals, match.status) == (
        "Arsenal",
        1,
        1,
        "finished",
    )
    assert (match.origin, match.source, match.date, match.seed) == ("simulated", "football", "2025-08-16", 7)
    assert (match.strengths_home, match.competition, match.kick_off) == (
        1.5,
        "Premier League",
        "2025-08-16T14:00:00",
    )
    assert match.goals is not None
    assert [(goal.side, goal.period, goal.clock, goal.own_goal) for goal in match.goals] == [
        ("away", 1, 45.5, False),
        ("home", 2, 80.0, True),
    ]
    assert match.cards is not None
    assert [(card.side, card.card, card.player) for card in match.cards] == [("away", "red", "Levi Colwill")]
    assert match.shots is not None
    assert [(shot.xg, shot.goal, shot.x) for shot in match.shots] == [(0.3, True, 110.0)]
    assert (match.home_goals_half_time, match.away_goals_half_time, match.first_half_seconds) == (0, 1, 2820)


def test_a_match_that_still_runs_is_no_row_until_it_ends(
    bring: Callable[..., list[Match]], match_records: MakeRecords, history: HistoryFolder
) -> None:
    records = match_records()
    assert bring("b1", records[:4]) == []
    (match,) = bring("b2", records[4:])
    assert match.home_goals == 1
    assert _count(history) == 1


def test_a_late_event_corrects_the_row_and_makes_no_second_one(
    bring: Callable[..., list[Match]], match_records: MakeRecords, history: HistoryFolder
) -> None:
    records = match_records()
    (before,) = bring("b1", [*records[:4], records[5]])
    (after,) = bring("b2", [records[4]])
    assert (before.home_goals, after.home_goals) == (0, 1)
    with open_history(history) as database:
        assert database.execute("SELECT home_goals, events FROM matches").fetchall() == [(1, 6)]


def test_repeats_count_once(bring: Callable[..., list[Match]], match_records: MakeRecords) -> None:
    (match,) = bring("b1", match_records() * 3)
    assert (match.home_goals, match.away_goals, match.events) == (1, 1, 6)


def test_folding_a_batch_again_gives_the_same_file(
    bring: Callable[..., list[Match]], match_records: MakeRecords, history: HistoryFolder
) -> None:
    matches = bring("b1", match_records())
    written = history.matches_of_batch("b1").read_bytes()
    bring("b2", match_records("another"))
    assert fold_finished(history, Manifest("b1", "live", "football", "", [Range(0, 0, 5)])) == matches
    assert history.matches_of_batch("b1").read_bytes() == written
    assert _count(history) == 2


def test_a_record_that_names_no_match_goes_to_the_one_that_ran_with_its_team(
    bring: Callable[..., list[Match]], match_records: MakeRecords
) -> None:
    records = match_records(origin="live")
    orphan = match_records(named=False, keyed=False)[4]._replace(partition=1)
    (match,) = bring("b1", [*records[:4], records[5], orphan])
    assert (match.home_goals, match.away_goals) == (1, 1)


@pytest.mark.parametrize("origin", ["simulated", "replay"])
def test_a_record_that_names_no_match_does_not_score_in_one_that_was_played_here(
    bring: Callable[..., list[Match]], match_records: MakeRecords, origin: str
) -> None:
    records = match_records(origin=origin)
    orphan = match_records(named=False, keyed=False)[4]._replace(partition=1)
    (match,) = bring("b1", [*records[:4], records[5], orphan])
    assert (match.home_goals, match.away_goals) == (0, 1)


def test_a_record_that_names_no_match_and_fits_none_is_left_alone(
    bring: Callable[..., list[Match]], match_records: MakeRecords
) -> None:
    records = match_records(origin="live")
    late = match_records(named=False, keyed=False)[4]
    late = late._replace(partition=1, timestamp_ms=late.timestamp_ms + 86_400_000)
    (match,) = bring("b1", [*records[:4], records[5], late])
    assert (match.home_goals, match.away_goals) == (0, 1)


def test_a_match_of_which_nobody_says_who_plays_is_no_row(
    bring: Callable[..., list[Match]], match_records: MakeRecords
) -> None:
    assert bring("b1", match_records(named=False)) == []


def test_matches_of_the_same_id_in_two_topics_are_two(
    bring: Callable[..., list[Match]], match_records: MakeRecords, history: HistoryFolder
) -> None:
    bring("b1", match_records())
    columns = EventColumns("second")
    for record in match_records():
        columns.take(record)
    write_events(path_of(history, "second", 0, 0, 5), columns.columns, columns.facts)
    fold_finished(history, Manifest("b2", "live", "second", "", [Range(0, 0, 5)]))
    assert _count(history) == 2
