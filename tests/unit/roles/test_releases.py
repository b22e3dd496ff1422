"""Releases on a host: proven by hash, whole or not there, and never removed while something runs them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from tests.scripts import load_script

SCRIPT = Path(__file__).parents[3] / "roles/matchcast/files/releases.py"


@pytest.fixture(scope="module")
def releases() -> ModuleType:
    return load_script(SCRIPT)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "built"
    folder.mkdir()
    files = {"app.txt": b"packages", "matchcast-1.0-py3-none-any.whl": b"wheel"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    manifest = {
        "release": "1.0-0123456789ab",
        "version": "1.0",
        "wheel": "matchcast-1.0-py3-none-any.whl",
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Six releases, the newest last, each with a manifest and a script of its own."""
    root = tmp_path / "root"
    (root / "slots").mkdir(parents=True)
    for age, name in enumerate(["f", "e", "d", "c", "b", "a"]):
        (root / "releases" / name / "bin").mkdir(parents=True)
        os.utime(root / "releases" / name, (1_000_000 - age, 1_000_000 - age))
    return root


def test_files_that_are_as_built_are_taken(releases: ModuleType, built: Path) -> None:
    assert releases.read_manifest(built)["release"] == "1.0-0123456789ab"


@pytest.mark.parametrize("name", ["app.txt", "matchcast-1.0-py3-none-any.whl"])
def test_a_file_that_is_not_the_one_that_was_built_is_refused_by_name(
    releases: ModuleType, built: Path, name: str
) -> None:
    (built / name).write_bytes(b"another")
    with pytest.raises(releases.Failure, match=f"{name} is not the file that was built"):
        releases.read_manifest(built)


def test_a_manifest_that_proves_only_a_part_is_refused(releases: ModuleType, built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    del manifest["sha256"]["app.txt"]
    (built / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(releases.Failure, match="holds no release"):
        releases.read_manifest(built)


def test_old_releases_go_and_the_newest_stay(releases: ModuleType, root: Path) -> None:
    assert releases.prune(root, 4) == ["b", "a"]
    assert sorted(path.name for path in (root / "releases").iterdir()) == ["c", "d", "e", "f"]


def test_what_a_killed_install_or_removal_left_is_cleared_away(releases: ModuleType, root: Path) -> None:
    for half in (".1.0-abc.new", ".0.9-def.old"):
        (root / "releases" / half / "bin").mkdir(parents=True)
    assert releases.prune(root, 6) == []
    assert sorted(path.name for path in (root / "releases").iterdir()) == ["a", "b", "c", "d", "e", "f"]


def test_a_release_that_is_current_or_in_a_slot_stays_however_old(releases: ModuleType, root: Path) -> None:
    (root / "current").symlink_to("releases/a")
    (root / "slots" / "api-1").symlink_to("../releases/b")
    assert releases.prune(root, 1) == ["e", "d", "c"]


def test_packages_are_shared_only_with_a_release_of_the_same_lock_and_python(
    releases: ModuleType, built: Path, root: Path
) -> None:
    manifest = releases.read_manifest(built)
    here = root / "releases" / "f"
    version = f"{releases.sys.version_info.major}.{releases.sys.version_info.minor}"
    (here / "manifest.json").write_text(json.dumps(manifest))
    assert releases.find_alike(manifest, root / "releases") is None
    (here / f"lib/python{version}").mkdir(parents=True)
    for half in (".g.new", ".g.old"):
        shutil.copytree(here, root / "releases" / half)
    assert releases.find_alike(manifest, root / "releases") == here
    other = {**manifest, "sha256": {**manifest["sha256"], "app.txt": "0" * 64}}
    assert releases.find_alike(other, root / "releases") is None


def test_scripts_that_two_releases_share_keep_naming_the_python_of_their_own(
    releases: ModuleType, root: Path
) -> None:
    old, new = root / "releases" / "a", root / "releases" / ".new"
    script = old / "bin" / "matchcast"
    script.write_text(f"#!{old}/bin/python\nprint('hello')\n")
    script.chmod(0o755)
    (new / "bin").mkdir(parents=True)
    os.link(script, new / "bin" / "matchcast")
    place = root / "releases" / "new"
    releases.move_scripts(new, place)
    assert (new / "bin" / "matchcast").read_text() == f"#!{place}/bin/python\nprint('hello')\n"
    assert os.access(new / "bin" / "matchcast", os.X_OK)
    assert script.read_text() == f"#!{old}/bin/python\nprint('hello')\n"
