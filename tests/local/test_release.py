"""The release: the same content makes the same bytes under the same name, from a fresh clone."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = "src/matchcast/dashboard/static/vendor"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    shutil.copytree(ROOT / VENDOR, folder / VENDOR)  # what a build would fetch with npm
    return folder


def build(clone: Path, dist: Path, umask: int = 0o022) -> Path:
    done = subprocess.run(
        [sys.executable, "requirements/release.py", "--dist", dist],
        cwd=clone,
        umask=umask,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(1_000_000_000 + umask)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def test_two_builds_of_the_same_content_are_alike_to_the_byte(clone: Path, tmp_path: Path) -> None:
    first = build(clone, tmp_path / "one")
    for path in (clone / "src").rglob("*.py"):
        os.utime(path, (1, 1))
    second = build(clone, tmp_path / "two", umask=0o077)
    assert first.name == second.name
    for name in ("manifest.json", "app.txt", "airflow.txt", *[path.name for path in first.glob("*.whl")]):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_another_content_has_another_name_and_stands_beside_the_first(clone: Path, tmp_path: Path) -> None:
    first = build(clone, tmp_path / "dist")
    assert build(clone, tmp_path / "dist") == first
    with (clone / "src/matchcast/errors.py").open("a") as file:
        file.write("\n")
    second = build(clone, tmp_path / "dist")
    assert second.name != first.name
    assert sorted(tmp_path.joinpath("dist").iterdir()) == sorted([first, second])


def test_a_release_that_a_power_cut_damaged_is_made_again(clone: Path, tmp_path: Path) -> None:
    release = build(clone, tmp_path / "dist")
    whole = {path.name: path.read_bytes() for path in release.iterdir()}
    for name in ("manifest.json", "app.txt"):
        (release / name).write_bytes(b"")
        assert build(clone, tmp_path / "dist") == release
        assert {path.name: path.read_bytes() for path in release.iterdir()} == whole
    assert list(tmp_path.joinpath("dist").iterdir()) == [release]


def refused(clone: Path, dist: Path, *before: str) -> str:
    """Return what a build says that cannot be made, behind what stands before it."""
    done = subprocess.run(
        [*before, sys.executable, "requirements/release.py", "--dist", dist],
        cwd=clone, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_disk_that_is_full_is_told_by_a_sentence(clone: Path, tmp_path: Path) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a disk of its own takes root: unshare --mount")
    dist = tmp_path / "dist"
    dist.mkdir()
    disk = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"'
    said = refused(clone, dist, "unshare", "--mount", "sh", "-c", disk, str(dist))
    assert said.startswith("✘ There is no room to build the wheel.\nTry: free some disk at ")


def test_a_place_that_cannot_be_written_to_is_told_by_a_sentence(clone: Path, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.write_text("")
    assert refused(clone, dist) == f"✘ {dist}: File exists.\nTry: see that this user may write there\n"


def test_the_manifest_proves_every_file_and_the_wheel_brings_dags_and_the_jars_lock(
    clone: Path, tmp_path: Path
) -> None:
    release = build(clone, tmp_path / "dist")
    manifest = json.loads((release / "manifest.json").read_text())
    assert manifest["release"] == release.name
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in release.iterdir()
        if path.name != "manifest.json"
    }
    assert manifest["sha256"] == found
    with zipfile.ZipFile(release / manifest["wheel"]) as wheel:
        names = wheel.namelist()
    assert "matchcast/local/kafka-jars.lock" in names
    assert any(name.endswith("data/share/matchcast/dags/football_pipeline.py") for name in names)
