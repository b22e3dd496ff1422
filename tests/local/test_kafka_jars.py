"""Kafka's jars: each as locked, in the cache, taken up where a fetch was cut short."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from matchcast.local import kafka_jars
from matchcast.local.kafka_jars import JarsUnavailable, Lock
from matchcast.settings import default_cache_dir

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache that holds all jars, apart from the user's own."""
    whole = kafka_jars.ensure(default_cache_dir())
    shutil.copytree(whole, Lock.read().folder(tmp_path))
    return tmp_path


def test_the_command_prints_the_folder_that_has_them_all(cache: Path) -> None:
    command = [sys.executable, "-m", "matchcast.local.kafka_jars", "--cache", cache]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    folder = Path(done.stdout.removesuffix("\n"))
    assert {jar.file_name for jar in Lock.read().jars} == {path.name for path in folder.glob("*.jar")}


def test_a_damaged_and_a_missing_jar_are_fetched_again_and_no_other(cache: Path) -> None:
    folder = Lock.read().folder(cache)
    small = sorted(folder.glob("*.jar"), key=lambda jar: jar.stat().st_size)
    damaged, lost, kept = small[:3]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    lost.unlink()
    (folder / "partial-of-a-killed-start").mkdir()
    before = kept.stat().st_mtime_ns
    reports: list[tuple[int, int]] = []
    kafka_jars.ensure(cache, progress=lambda done, total: reports.append((done, total)))
    total = len(Lock.read().jars)
    assert reports == [(total - 2, total), (total - 1, total), (total, total)]
    assert kafka_jars.missing(cache) == []
    assert kept.stat().st_mtime_ns == before
    assert not list(folder.glob("partial-*"))


def test_a_jar_that_is_not_the_locked_one_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text(f"javax.inject:javax.inject:1 {'0' * 64}\n")
    with pytest.raises(JarsUnavailable, match=r"javax.inject:1 that is not the one in the lock"):
        kafka_jars.ensure(tmp_path, lock=Lock.read(lock))
    assert not list(tmp_path.rglob("*.jar"))


def test_the_lock_names_jars_and_hashes_and_no_address() -> None:
    lock = Lock.read()
    assert lock.kafka_version.startswith("4.")
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in lock.jars)
    for file in [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "requirements" / "kafka-jars.lock"]:
        assert "://" not in file.read_text(encoding="utf-8"), f"{file.name} holds an address"


def test_the_package_carries_the_lock_of_the_checkout() -> None:
    packaged = ROOT / "src" / "matchcast" / "local" / "kafka-jars.lock"
    assert packaged.read_bytes() == (ROOT / "requirements" / "kafka-jars.lock").read_bytes()
