"""Small files become few, old ones go, and what history holds stays what it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.unit.history.conftest import offsets_of

from matchcast.history.batches import Manifest, Range
from matchcast.history.columns import EventColumns
from matchcast.history.errors import HistoryBusy, InvalidBatch
from matchcast.history.files import STREAM, HistoryFolder
from matchcast.history.finished import fold_finished
from matchcast.history.parquet import open_history, read_facts, write_events, write_matches
from matchcast.history.segments import event_files, next_offsets, path_of
from matchcast.history.tables import Match
from matchcast.history.tidy import tidy
from matchcast.stream.client import StreamRecord

NOW_MS = int(datetime.now(UTC).timestamp() * 1000)
DAY_MS = 86_400_000
MATCH = Match("live", "football", "a", "detailed", "2026-01-01", "Arsenal", "Chelsea", 1, 0, goals=())


@pytest.fixture
def bring(history: HistoryFolder) -> Callable[..., Path]:
    """Put `count` records of some days ago into history, from an offset on, the last of them broken."""

    def put(first: int, count: int, *, days_ago: float = 0, partition: int = 0) -> Path:
        columns = EventColumns("football")
        for offset in range(first, first + count):
            event = {"id": offset, "minute": 1, "second": 0, "type": {"name": "Pass"}, "team": {"name": "A"}}
            value = b"{" if offset == first + count - 1 else json.dumps(event).encode()
            at = NOW_MS - int(days_ago * DAY_MS)
            columns.take(StreamRecord("t", partition, offset, b"match", value, at))
        path = path_of(history, "football", partition, first, first + count - 1)
        write_events(path, columns.columns, columns.facts)
        return path

    return put


def test_many_small_files_become_one_with_the_same_records(
    history: HistoryFolder, bring: Callable[..., Path]
) -> None:
    for first in range(0, 50, 5):
        bring(first, 5)
        bring(first, 5, partition=1)
    before = offsets_of(history)
    assert tidy(history) == (20, 0, 0)
    one, other = event_files(history)
    assert offsets_of(history) == before
    assert one.name == other.name == "00000000000000000000-00000000000000000049.parquet"
    facts = read_facts(one)
    assert (facts["rows"], facts["broken"]) == ("40", "10")
    assert [record["offset"] for record in json.loads(facts["broken_records"])] == list(range(4, 50, 5))
    assert next_offsets(history, "football") == {0: 50, 1: 50}
    assert tidy(history) == (0, 0, 0)


def test_files_are_merged_up_to_a_size(history: HistoryFolder, bring: Callable[..., Path]) -> None:
    size = max(bring(first, 5).stat().st_size for first in range(0, 50, 5))
    tidy(history, largest=4 * size)
    assert 3 <= len(event_files(history)) <= 4
    assert next_offsets(history, "football") == {0: 50}


def test_files_that_were_merged_stay_for_who_reads_them_and_do_not_count(
    history: HistoryFolder, bring: Callable[..., Path]
) -> None:
    left = [bring(0, 5), bring(5, 5)]
    with open_history(history) as reading:
        tidy(history)
        assert reading.execute("SELECT count(*) FROM events").fetchall() == [(8,)]
    assert offsets_of(history) == [0, 1, 2, 3, 5, 6, 7, 8]
    tidy(history)
    assert not [path for path in left if path.exists()]


def test_old_events_go_from_the_beginning_and_the_last_file_stays(
    history: HistoryFolder, bring: Callable[..., Path]
) -> None:
    bring(0, 5, days_ago=30)
    bring(5, 5, days_ago=20)
    bring(10, 5, days_ago=2)
    bring(0, 5, days_ago=30, partition=1)
    assert tidy(history, keep=timedelta(days=7)).dropped == 2
    assert next_offsets(history, "football") == {0: 15, 1: 5}
    assert offsets_of(history) == [0, 1, 2, 3, 10, 11, 12, 13]


def test_the_mark_of_lost_records_parts_what_is_merged(
    history: HistoryFolder, bring: Callable[..., Path]
) -> None:
    bring(0, 5)
    path_of(history, "football", 0, 5, 9).with_suffix(".lost").touch()
    bring(10, 5)
    bring(15, 5)
    assert tidy(history).merged == 2
    assert next_offsets(history, "football") == {0: 20}
    assert len(event_files(history)) == 2


def test_matches_stay_when_their_events_go(
    history: HistoryFolder, match_records: Callable[..., list[StreamRecord]], bring: Callable[..., Path]
) -> None:
    columns = EventColumns("football")
    for record in match_records():
        columns.take(record)
    write_events(path_of(history, "football", 0, 0, 5), columns.columns, columns.facts)
    manifest = Manifest("b1", "live", "football", "", [Range(0, 0, 5)])
    fold_finished(history, manifest)
    bring(6, 5)
    tidy(history, keep=timedelta(days=1))
    with pytest.raises(InvalidBatch, match="does not hold all records of batch b1"):
        fold_finished(history, manifest)
    with open_history(history) as database:
        assert database.execute("SELECT home_team, events FROM matches").fetchall() == [("Arsenal", 6)]


def test_a_batch_is_folded_alike_from_merged_files(
    history: HistoryFolder, match_records: Callable[..., list[StreamRecord]]
) -> None:
    records = match_records()
    for start in (0, 3):
        columns = EventColumns("football")
        for record in records[start : start + 3]:
            columns.take(record)
        write_events(path_of(history, "football", 0, start, start + 2), columns.columns, columns.facts)
    manifest = Manifest("b2", "live", "football", "", [Range(0, 3, 5)])
    matches = fold_finished(history, manifest)
    assert tidy(history, keep_played=None).merged == 2
    assert len(matches) == 1
    assert fold_finished(history, manifest) == matches


def test_nothing_is_tidied_while_a_drain_runs(history: HistoryFolder) -> None:
    with history.locked(STREAM), pytest.raises(HistoryBusy):
        tidy(history)


def _work(history: HistoryFolder, *, days_ago: float, batch: str) -> list[Path]:
    """What the steps of a batch leave, written some days ago."""
    left = [
        *(history.path / name / f"{batch}.json" for name in ("features", "forecasts", "checks", "drift")),
        history.path / "forecasts" / f".{batch}.parquet.77.part",
        history.path / "retraining" / batch / "matches" / "detailed_matches.csv.gz",
        history.path / "retraining" / batch / "verdict.json",
    ]
    at = time.time() - days_ago * 86_400
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
        os.utime(path, (at, at))
    for folder in (history.path / "retraining" / batch, history.path / "retraining" / batch / "matches"):
        os.utime(folder, (at, at))
    return left


def test_what_steps_left_of_old_batches_goes_and_what_runs_or_says_what_comes_next_stays(
    history: HistoryFolder, bring: Callable[..., Path]
) -> None:
    record = bring(0, 5, days_ago=400)
    old, young = _work(history, days_ago=31, batch="old"), _work(history, days_ago=29, batch="young")
    running = _work(history, days_ago=31, batch="running")
    os.utime(running[-1])
    needed = [
        history.path / "batches" / "old.json",
        history.path / "drift" / "observed" / "real.json",
        history.path / "matches" / "fetched" / "x.parquet",
    ]
    for path in needed[:2]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
        os.utime(path, (0, 0))
    write_matches(needed[2], [])
    os.utime(needed[2], (0, 0))
    assert tidy(history).removed == 6 + 5
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in [*young, *running[-2:], *needed, record])
    assert tidy(history, keep_work=timedelta(days=7)).removed == 6


def _as_any_user(*command: str) -> list[str]:
    """A command without the privilege of root to write wherever it likes."""
    if os.getuid() != 0:
        return list(command)
    capability = "-dac_override"
    return ["setpriv", "--bounding-set", capability, "--inh-caps", capability, *command]


def test_what_may_not_be_removed_is_not_counted_as_removed_and_goes_when_it_may(
    history: HistoryFolder,
) -> None:
    old = _work(history, days_ago=31, batch="old")
    protected = [old[0].parent, old[-1].parent]
    for folder in protected:
        folder.chmod(0o500)
    tidy_all = ["-m", "matchcast", "history", "--history", str(history.path), "tidy"]
    done = subprocess.run(
        _as_any_user(sys.executable, *tidy_all), capture_output=True, text=True, timeout=120, check=False
    )
    for folder in protected:
        folder.chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert "4 old results of steps removed" in done.stdout
    assert [path for path in old if path.exists()] == [old[0], old[-1]]
    for path in (old[0], old[-1]):
        assert f"{path.parent if path == old[-1] else path} was not removed" in done.stderr
    assert tidy(history, keep_work=timedelta(0)).removed == 2


def test_matches_of_old_batches_become_one_file_and_each_is_read_once_at_any_point(
    history: HistoryFolder,
) -> None:
    def fold(batch: str, *matches: Match, days_ago: float = 0) -> Path:
        path = history.matches_of_batch(batch)
        write_matches(path, matches)
        if days_ago:
            at = time.time() - days_ago * 86_400
            os.utime(path, (at, at))
        return path

    def read() -> list[tuple[str, int]]:
        with open_history(history) as database:
            return database.execute("SELECT match_id, events FROM matches ORDER BY 1").fetchall()

    one, other = replace(MATCH, match_id="a", events=10), replace(MATCH, match_id="b", events=20)
    late = replace(one, events=11)
    first, second = fold("b1", one, other, days_ago=40), fold("b2", late, days_ago=35)
    young = fold("b3", replace(MATCH, match_id="c", events=30), days_ago=2)
    expected = [("a", 11), ("b", 20), ("c", 30)]
    assert read() == expected
    assert tidy(history).merged == 2
    assert first.exists(), "who reads it just now can end"
    assert read() == expected
    assert tidy(history).merged == 0
    assert not first.exists()
    assert not second.exists()
    assert young.exists()
    assert read() == expected
    anew = [("a", 11), ("b", 21), ("c", 30)]
    again = fold("b1", one, replace(other, events=21))
    assert tidy(history).merged == 0
    assert again.exists(), "it was folded anew since it was merged"
    assert read() == anew
    assert tidy(history, keep_work=timedelta(0)).merged == 2
    assert read() == anew
    tidy(history)
    assert [path.name for path in again.parent.iterdir()] == ["_merged.parquet"]
    assert read() == anew


def test_tidying_waits_for_a_drain_that_ends_and_gives_up_on_one_that_does_not(
    history: HistoryFolder,
) -> None:
    ends = threading.Event()
    held = threading.Event()

    def drain() -> None:
        with history.locked(STREAM):
            held.set()
            ends.wait(30)

    thread = threading.Thread(target=drain)
    thread.start()
    held.wait(30)
    with pytest.raises(HistoryBusy):
        tidy(history, patience=0.2)
    threading.Timer(0.3, ends.set).start()
    assert tidy(history, patience=30) == (0, 0, 0)
    thread.join()
