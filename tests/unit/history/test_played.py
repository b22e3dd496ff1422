"""The records of simulated matches and replays go after a while; those of real matches never do by themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from tests.unit.history.conftest import offsets_of

from matchcast.cli import matchcast
from matchcast.history.batches import Manifest, Range
from matchcast.history.columns import EventColumns
from matchcast.history.errors import InvalidBatch
from matchcast.history.files import HistoryFolder
from matchcast.history.finished import fold_finished
from matchcast.history.parquet import open_history, read_facts, write_events
from matchcast.history.segments import next_offsets, path_of
from matchcast.history.tidy import tidy
from matchcast.stream.client import StreamRecord

Bring = Callable[..., Path]


@pytest.fixture
def bring(history: HistoryFolder) -> Bring:
    """Put records of some days ago into history, one of each origin; None names no match."""

    def put(first: int, *origins: str | None, days_ago: float) -> Path:
        columns = EventColumns("football")
        at = datetime.now(UTC) - timedelta(days=days_ago)
        for offset, origin in enumerate(origins, first):
            event = {"id": offset, "minute": 1, "second": 0, "type": {"name": "Pass"}, "team": {"name": "A"}}
            match = {"id": f"m_{origin}", "home_team": "A", "away_team": "B", "origin": origin}
            value = json.dumps({**event, "match": match} if origin else event).encode()
            columns.take(StreamRecord("t", 0, offset, b"", value, int(at.timestamp() * 1000)))
        path = path_of(history, "football", 0, first, first + len(origins) - 1)
        write_events(path, columns.columns, columns.facts)
        return path

    return put


def test_old_records_of_simulated_matches_and_replays_go_and_real_ones_stay(
    history: HistoryFolder, bring: Bring
) -> None:
    bring(0, "simulated", "live", "replay", None, days_ago=400)
    bring(4, "simulated", "simulated", days_ago=15)
    bring(6, "simulated", "replay", "live", days_ago=13)
    assert tidy(history).dropped == 2
    assert offsets_of(history) == [1, 3, 6, 7, 8]
    assert next_offsets(history, "football") == {0: 9}
    assert tidy(history).dropped == 0
    assert offsets_of(history) == [1, 3, 6, 7, 8]


def test_a_partition_of_nothing_but_old_simulated_matches_keeps_the_offset_that_comes_next(
    history: HistoryFolder, bring: Bring
) -> None:
    left = bring(0, "simulated", "simulated", days_ago=20)
    broken = read_facts(left)["broken"]
    tidy(history)
    assert offsets_of(history) == []
    assert next_offsets(history, "football") == {0: 2}
    assert (read_facts(left)["rows"], read_facts(left)["broken"]) == ("0", broken)


def test_how_long_they_are_kept_is_said_beside_what_goes_for_all(
    history: HistoryFolder, bring: Bring
) -> None:
    bring(0, "simulated", "live", days_ago=40)
    bring(2, "simulated", "live", days_ago=20)
    bring(4, "simulated", "live", days_ago=0)
    tidy_history = ["history", "--history", str(history.path), "tidy"]
    done = CliRunner().invoke(matchcast, [*tidy_history, "--keep-played-days", "30"])
    assert "old events dropped from 1," in done.output
    assert offsets_of(history) == [1, 2, 3, 4, 5]
    done = CliRunner().invoke(matchcast, [*tidy_history, "--keep-days", "30", "--keep-played-days", "30"])
    assert done.exit_code == 0, done.output
    assert offsets_of(history)[-2:] == [4, 5]


def test_a_simulated_match_stays_when_its_records_go_also_when_its_batch_is_run_again(
    history: HistoryFolder, match_records: Callable[..., list[StreamRecord]], bring: Bring
) -> None:
    columns = EventColumns("football")
    for record in match_records(origin="simulated"):  # in 2025
        columns.take(record)
    write_events(path_of(history, "football", 0, 0, 5), columns.columns, columns.facts)
    first = Manifest("b1", "live", "football", "", [Range(0, 0, 5)])
    assert [match.origin for match in fold_finished(history, first)] == ["simulated"]
    bring(6, "live", days_ago=0)
    second = replace(first, batch="b2", ranges=[Range(0, 6, 6)])
    for _ in range(2):  # what is rewritten is merged, what was merged is removed
        tidy(history)
    assert offsets_of(history) == [6]
    with pytest.raises(InvalidBatch, match="does not hold all records of batch b1"):
        fold_finished(history, first)
    assert fold_finished(history, second) == [], "a batch whose own records are all there is not refused"
    with open_history(history) as database:
        assert database.execute("SELECT home_team, origin FROM matches").fetchall() == [
            ("Arsenal", "simulated")
        ]
