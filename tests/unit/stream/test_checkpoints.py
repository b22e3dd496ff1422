"""Checkpoints: written whole or not at all, and refused with a reason when they cannot be believed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from matchcast.stream.checkpoints import CheckpointStore


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "deep" / "live.checkpoint", "live-1")


def parts_of(store: CheckpointStore) -> list[bytes] | None:
    parts = store.load().parts
    return None if parts is None else [bytes(part) for part in parts]


def test_what_was_saved_is_loaded(store: CheckpointStore) -> None:
    size = store.save([b"head", b"", b"\n\x00 body"])
    assert parts_of(store) == [b"head", b"", b"\n\x00 body"]
    assert size == store.path.stat().st_size


def test_without_a_file_there_is_none_and_nothing_to_complain_of(store: CheckpointStore) -> None:
    assert store.load() == (None, [])


def test_the_one_before_is_kept(store: CheckpointStore) -> None:
    store.save([b"first"])
    store.save([b"second"])
    assert parts_of(store) == [b"second"]
    assert b"first" in store.previous.read_bytes()
    assert sorted(path.name for path in store.path.parent.iterdir()) == [
        "live.checkpoint",
        "live.checkpoint.previous",
    ]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: content[:-1] + b"X", "SHA-256 differs"),
        (lambda content: content[:-3], "bytes long where"),
        (lambda content: content + b"more", "bytes long where"),
        (lambda content: content[:10], "not a checkpoint"),
        (lambda content: b"", "not a checkpoint"),
        (lambda content: b'{"magic":"other","schema":"live-1","sha256":"","sizes":[]}\n', "not a checkpoint"),
        (lambda content: b"\xff\xfe\n" + content, "not a checkpoint"),
        (
            lambda content: content.replace(b'"live-1"', b'"live-2"', 1),
            "schema live-2, this release reads live-1",
        ),
    ],
)
def test_a_damaged_one_is_refused_and_the_one_before_is_taken(
    store: CheckpointStore, damage: Callable[[bytes], bytes], reason: str
) -> None:
    store.save([b"good"])
    store.save([b"new"])
    store.path.write_bytes(damage(store.path.read_bytes()))
    loaded = store.load()
    assert loaded.parts is not None
    assert bytes(loaded.parts[0]) == b"good"
    assert len(loaded.refusals) == 1
    assert re.search(reason, loaded.refusals[0])
    assert str(store.path) in loaded.refusals[0]


def test_when_all_are_damaged_there_is_none_and_each_is_named(store: CheckpointStore) -> None:
    store.save([b"one"])
    store.save([b"two"])
    for path in (store.path, store.previous):
        path.write_bytes(b"garbage")
    loaded = store.load()
    assert loaded.parts is None
    assert len(loaded.refusals) == 2


def test_a_write_that_fails_leaves_the_old_one(
    store: CheckpointStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save([b"old"])
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        store.save([b"new"])
    monkeypatch.undo()
    assert parts_of(store) == [b"old"]
    assert [path.name for path in store.path.parent.iterdir()] == ["live.checkpoint"]


def test_releases_with_other_schemas_do_not_read_each_others_file(tmp_path: Path) -> None:
    CheckpointStore(tmp_path / "live.checkpoint", "live-1").save([b"one"])
    loaded = CheckpointStore(tmp_path / "live.checkpoint", "live-2").load()
    assert loaded.parts is None
    assert "schema live-1" in loaded.refusals[0]


def test_what_a_killed_writer_left_half_done_is_cleared_away(store: CheckpointStore) -> None:
    store.save([b"whole"])
    left, fresh = (store.path.with_name(f"{store.path.name}.{pid}.new") for pid in (1, 2))
    for half in (left, fresh):
        half.write_bytes(b"hal")
    os.utime(left, (1, 1))
    assert parts_of(store) == [b"whole"]
    assert not left.exists()
    assert fresh.exists()
