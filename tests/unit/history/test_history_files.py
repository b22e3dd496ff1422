"""The history's files: rows come back as they went in, and a file is there whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from matchcast.history.batches import Manifest, load_manifest, plan, save_manifest
from matchcast.history.columns import EventColumns
from matchcast.history.errors import (
    HistoryBusy,
    HistoryDamaged,
    HistoryGap,
    HistoryUnwritable,
    InvalidBatch,
    TopicChanged,
)
from matchcast.history.files import ADDED, FETCHED, STREAM, HistoryFolder, sweep, written_aside
from matchcast.history.parquet import connect, open_history, read_facts, write_events, write_matches
from matchcast.history.segments import next_offsets, path_of
from matchcast.history.tables import Goal, Match
from matchcast.stream.client import StreamRecord
from matchcast.stream.topics import TopicView

MATCH = Match(
    "live", "topic", "final", "detailed", "2025-05-31", "Paris", "Inter", 1, 0, goals=(Goal(1, 11.5, "home"),)
)


def _write(history: HistoryFolder, partition: int, first: int, last: int) -> Path:
    path = path_of(history, "football", partition, first, last)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_events_come_back_with_their_very_bytes(history: HistoryFolder) -> None:
    values = [
        b'{"id": 1, "minute": 0, "second": 0, "type": {"name": "Pass"}, "team": {"name": "M\xc3\xa1laga"}, "x": 1e400}',
        b'{"id": "one", "minute": 90, "second": 59, "type": {"name": "Pass"}, "team": {"name": "X"}, "x": "\xff"}',
    ]
    columns = EventColumns("football")
    for offset, value in enumerate(values):
        columns.take(StreamRecord("t", 3, offset, b"final", value, 1_755_352_800_123))
    write_events(history.events / ADDED / "some.parquet", columns.columns, columns.facts)
    with open_history(history) as database:
        rows = database.execute(
            "SELECT value, event_id, team, player, event_index, kafka_partition, kafka_offset, match_id, origin, recorded_at::VARCHAR "
            "FROM events ORDER BY kafka_offset"
        ).fetchall()
    assert [row[0] for row in rows] == values
    assert rows[0][1:] == ("1", "Málaga", None, None, 3, 0, "final", "live", "2025-08-16 14:00:00.123")
    assert rows[1][1] == "one"


def test_broken_records_are_no_rows_but_are_counted_with_their_reason(history: HistoryFolder) -> None:
    columns = EventColumns("football")
    for offset, value in enumerate((b"{", None, b'{"id": 1}')):
        columns.take(StreamRecord("t", 0, offset, None, value, 0))
    write_events(history.events / ADDED / "some.parquet", columns.columns, columns.facts)
    facts = read_facts(history.events / ADDED / "some.parquet")
    assert (facts["rows"], facts["broken"]) == ("0", "3")
    assert "has no value" in facts["broken_records"]
    assert "missing required field" in facts["broken_records"]


def test_matches_come_back_as_they_went_in(history: HistoryFolder) -> None:
    write_matches(history.matches / FETCHED / "some.parquet", [MATCH])
    with open_history(history) as database:
        assert database.execute("SELECT home_team, goals, cards FROM matches").fetchall() == [
            ("Paris", [{"period": 1, "clock": 11.5, "side": "home", "own_goal": False, "penalty": False, "player": None}], None)
        ]  # fmt: skip


def test_an_empty_history_has_both_tables(history: HistoryFolder) -> None:
    write_matches(history.matches / STREAM / "nothing.parquet", [])
    with open_history(history) as database:
        assert database.execute("SELECT * FROM matches, events").fetchall() == []


def test_files_of_another_release_are_read_with_the_columns_that_both_know(history: HistoryFolder) -> None:
    path = history.matches / FETCHED / "older.parquet"
    path.parent.mkdir(parents=True)
    with connect() as database:
        database.execute(
            f"COPY (SELECT 'live' AS origin, 's' AS source, 'm' AS match_id, 7 AS invented_later) TO '{path}'"
        )
    with open_history(history) as database:
        assert database.execute("SELECT match_id, home_team, shots FROM matches").fetchall() == [
            ("m", None, None)
        ]


def test_a_full_disk_is_told_and_leaves_what_was_there(history: HistoryFolder) -> None:
    target = history.matches / FETCHED / "some.parquet"
    write_matches(target, [MATCH])
    before = target.read_bytes()
    target.with_name(f".some.parquet.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(HistoryUnwritable, match="the disk is full"):
        write_matches(target, [MATCH, MATCH])
    assert target.read_bytes() == before
    write_matches(target, [MATCH, MATCH])


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def write_half() -> None:
        with written_aside(tmp_path / "file") as aside:
            aside.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_swept(history: HistoryFolder) -> None:
    kept = _write(history, 0, 0, 9)
    left = kept.with_name(f".{kept.name}.4711.part")
    left.touch()
    sweep(history.path)
    assert kept.exists()
    assert not left.exists()


def test_a_file_that_is_cut_short_is_told_by_name(history: HistoryFolder) -> None:
    path = history.matches / FETCHED / "some.parquet"
    write_matches(path, [MATCH])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(HistoryDamaged, match=r"some\.parquet"):
        open_history(history)
    with pytest.raises(HistoryDamaged, match=r"some\.parquet"):
        read_facts(path)


def test_two_processes_at_the_same_part_are_refused(history: HistoryFolder) -> None:
    code = (
        "import sys; from pathlib import Path; from matchcast.history.files import HistoryFolder\n"
        f"with HistoryFolder(Path({str(history.path)!r})).locked('stream'): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HistoryBusy, match="Another process is writing"), history.locked(STREAM):
            pass
        with history.locked(FETCHED):
            pass
        other.kill()
        other.wait()
        with history.locked(STREAM):
            pass


def test_the_names_of_the_files_say_what_comes_next(history: HistoryFolder) -> None:
    for partition, first, last in ((0, 0, 99), (0, 100, 149), (12, 7, 7)):
        _write(history, partition, first, last)
    assert next_offsets(history, "football") == {0: 150, 12: 8}
    assert next_offsets(history, "another") == {}


@pytest.mark.parametrize("first", [50, 101])
def test_files_that_do_not_join_are_refused(history: HistoryFolder, first: int) -> None:
    _write(history, 0, 0, 99)
    _write(history, 0, first, 200)
    with pytest.raises(HistoryDamaged, match=f"ends at offset 99, the next begins at {first}"):
        next_offsets(history, "football")


def _topic(low: dict[int, int], high: dict[int, int]) -> TopicView:
    return TopicView("live", "football", low, high)


def test_a_batch_covers_what_the_topic_has_and_history_lacks(history: HistoryFolder) -> None:
    _write(history, 0, 0, 99)
    manifest = plan(history, "b", _topic({0: 50, 1: 5}, {0: 120, 1: 9}), accept_gap=False)
    assert [(one.partition, one.first, one.last) for one in manifest.ranges] == [(0, 100, 119), (1, 5, 8)]


def test_records_that_are_gone_before_they_came_are_an_error_with_their_offsets(
    history: HistoryFolder,
) -> None:
    _write(history, 0, 0, 99)
    topic = _topic({0: 130}, {0: 150})
    with pytest.raises(HistoryGap, match="offsets 100 to 129 of partition 0") as raised:
        plan(history, "b", topic, accept_gap=False)
    assert raised.value.gaps == [(0, 100, 129)]
    manifest = plan(history, "b", topic, accept_gap=True)
    assert [(one.first, one.last) for one in manifest.lost] == [(100, 129)]
    assert [(one.first, one.last) for one in manifest.ranges] == [(130, 149)]


def test_a_topic_that_became_shorter_is_an_error(history: HistoryFolder) -> None:
    _write(history, 0, 0, 99)
    with pytest.raises(TopicChanged, match="ends at offset 60, but history holds offsets up to 99"):
        plan(history, "b", _topic({0: 0}, {0: 60}), accept_gap=True)


def test_a_manifest_comes_back_as_it_was_written(history: HistoryFolder) -> None:
    manifest = plan(history, "manual__2025-01-01T00:00:00+00:00", _topic({0: 0}, {0: 2}), accept_gap=False)
    assert load_manifest(history, manifest.batch) is None
    save_manifest(history, manifest)
    assert load_manifest(history, manifest.batch) == manifest


@pytest.mark.parametrize("name", ["", "../../etc/passwd", ".hidden", "a/b", "x" * 300])
def test_a_name_that_is_not_fit_for_a_file_names_no_batch(history: HistoryFolder, name: str) -> None:
    with pytest.raises(InvalidBatch, match="cannot name a batch"):
        load_manifest(history, name)


def test_a_manifest_that_is_damaged_is_told(history: HistoryFolder) -> None:
    save_manifest(history, Manifest("b", "live", "football", "", []))
    history.manifest("b").write_text('{"batch": 1}')
    with pytest.raises(InvalidBatch, match=r"b\.json cannot be read"):
        load_manifest(history, "b")


def test_records_of_a_match_are_told_by_its_record_then_by_the_key(
    match_records: Callable[..., list[StreamRecord]],
) -> None:
    columns = EventColumns("football")
    for record in (
        match_records("named")[0]._replace(key=b"key"),
        match_records("keyed", named=False)[0],
        match_records("neither", named=False, keyed=False)[0],
    ):
        columns.take(record)
    assert list(columns.columns["match_id"]) == ["named", "keyed", ""]
    assert list(columns.columns["origin"]) == ["simulated", "live", "live"]
    assert columns.unattributed == 1
