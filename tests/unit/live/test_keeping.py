"""Checkpoints of the running matches: all of one moment, and the same after a restart."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matchcast.events.record import MatchInfo
from matchcast.live import keeping, running
from matchcast.live.keeping import Keeper
from matchcast.live.tracker import Tracker


def keep(keeper: Keeper, tracker: Tracker, offsets: dict[int, int]) -> None:
    keeper.begin(tracker, offsets, "topic-1")
    while not keeper.step(tracker, 0.001):
        pass
    keeper.save()


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path, "events", seconds=0)


def test_what_was_kept_comes_back(
    keeper: Keeper, tmp_path: Path, log: Any, fixture_of: Callable[..., MatchInfo]
) -> None:
    tracker = Tracker(kept_finished=2)
    for seed in range(4):
        tracker.ingest(log.match(fixture_of(seed=seed, match_id=f"m{seed}")))
    tracker.ingest(log.match(fixture_of(seed=9, match_id="running"))[:300])
    keep(keeper, tracker, {0: 17, 3: 4})
    kept = Keeper(tmp_path, "events", 0).load()
    assert kept is not None
    assert kept.offsets == {0: 17, 3: 4}
    assert kept.topic_id == "topic-1"
    assert [match.match_id for match in kept.tracker.listed()] == ["running", "m3", "m2"]
    assert [m.summary for m in kept.tracker.listed()] == [m.summary for m in tracker.listed()]
    assert kept.tracker.counters == tracker.counters
    assert list(kept.tracker.recent) == list(tracker.recent)


def test_matches_that_were_let_go_stay_so_after_a_restart(
    keeper: Keeper, tmp_path: Path, log: Any, fixture_of: Callable[..., MatchInfo]
) -> None:
    tracker = Tracker(kept_finished=0)
    records = log.match(fixture_of())
    tracker.ingest(records)
    keep(keeper, tracker, {0: len(records)})
    kept = Keeper(tmp_path, "events", 0).load()
    assert kept is not None
    known = kept.tracker.counters.late
    kept.tracker.ingest(records[-5:])
    assert len(kept.tracker) == 0
    assert kept.tracker.counters.late == known + 5


def test_records_that_come_while_it_is_made_are_not_in_it(
    keeper: Keeper, tmp_path: Path, log: Any, event: Any
) -> None:
    tracker = Tracker(kept_finished=0)
    tracker.ingest([log.put(event(), match_id) for match_id in "abc"])
    keeper.begin(tracker, {0: 3}, "topic-1")
    tracker.ingest([log.put(event(), match_id) for match_id in "abcd"])
    tracker.ingest([log.put(event("Match End", minute=90), "c")])  # and one is let go meanwhile
    while not keeper.step(tracker, 1):
        pass
    keeper.save()
    kept = Keeper(tmp_path, "events", 0).load()
    assert kept is not None
    assert {match.match_id: match.state.events for match in kept.tracker} == {"a": 1, "b": 1, "c": 1}
    assert kept.tracker.counters.events == 3


def test_only_matches_that_changed_are_encoded_again(
    keeper: Keeper, log: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(), match_id) for match_id in "abc"])
    keep(keeper, tracker, {0: 3})
    saved: list[str] = []
    save = running.RunningMatch.save
    monkeypatch.setattr(
        running.RunningMatch, "save", lambda match: saved.append(match.match_id) or save(match)
    )
    tracker.ingest([log.put(event(), "b")])
    keep(keeper, tracker, {0: 4})
    assert saved == ["b"]


def test_it_is_due_only_when_something_changed(keeper: Keeper, log: Any, event: Any) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(), "a")])
    assert keeper.due(tracker)
    keeper.begin(tracker, {0: 1}, "topic-1")
    assert not keeper.due(tracker)
    keeper.step(tracker, 1)
    keeper.save()
    keeper._not_before = 0
    assert not keeper.due(tracker)
    tracker.ingest([log.put(b"broken")])
    assert keeper.due(tracker)


def test_a_disk_that_is_full_stops_nothing(
    tmp_path: Path, log: Any, event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    keeper = Keeper(tmp_path / "file", "events", 0)
    tracker = Tracker()
    tracker.ingest([log.put(event(), "a")])
    keep(keeper, tracker, {0: 1})
    assert "no checkpoint can be written" in caplog.text


def test_a_checkpoint_of_another_topic_is_not_used(
    keeper: Keeper, tmp_path: Path, log: Any, event: Any
) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(), "a")])
    keep(keeper, tracker, {0: 1})
    assert Keeper(tmp_path, "others", 0).load() is None


def test_what_other_releases_kept_stays_for_a_rollback_until_it_is_of_no_use(
    tmp_path: Path,
) -> None:
    older, old = tmp_path / "live-older.checkpoint", tmp_path / "live-old.checkpoint.previous"
    for file, days in ((older, 9), (old, 6)):
        file.write_bytes(b"theirs")
        os.utime(file, (time.time() - days * 86_400,) * 2)
    assert Keeper(tmp_path, "events", 0).load() is None
    assert not older.exists()
    assert old.read_bytes() == b"theirs"


def test_the_schema_has_another_name_as_soon_as_a_type_has_another_shape(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = keeping.schema()
    assert name == keeping.schema()
    longer = msgspec.defstruct("_Saved", [("more", int)], bases=(running._Saved,), array_like=True)
    monkeypatch.setattr(running, "_Saved", longer)
    assert keeping.schema() != name


def test_a_million_ids_of_running_matches_are_kept_and_restored_within_seconds(
    keeper: Keeper, tmp_path: Path, log: Any, event: Any
) -> None:
    tracker = Tracker()
    tracker.ingest([log.put(event(), match_id) for match_id in ("numbered", "named")])
    numbered, named = tracker.get("numbered"), tracker.get("named")
    assert numbered is not None
    assert named is not None
    for number in range(500_000):
        numbered.state.seen.add(number)
        named.state.seen.add(f"id-{number}")
    numbered.version += 1
    began = time.monotonic()
    keep(keeper, tracker, {0: 2})
    kept = Keeper(tmp_path, "events", 0).load()
    assert time.monotonic() - began < 10
    assert kept is not None
    again = kept.tracker.get("named")
    assert again is not None
    assert "id-499999" in again.state.seen
    assert "id-500000" not in again.state.seen
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 6_000_000
