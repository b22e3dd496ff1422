"""The wheel holds the chart library that the lock names, and its licence."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[3]
VENDOR = "matchcast/dashboard/static/vendor"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The package as it is shipped."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=240)
    return ZipFile(next(folder.glob("*.whl")))


def test_the_chart_library_its_style_sheet_and_its_licence_are_in_the_wheel(wheel: ZipFile) -> None:
    script = wheel.read(f"{VENDOR}/uPlot.iife.min.js")
    assert 40_000 < len(script) < 60_000
    assert b"uPlot" in script
    assert b".uplot" in wheel.read(f"{VENDOR}/uPlot.min.css")
    assert b"MIT License" in wheel.read(f"{VENDOR}/uPlot.LICENSE.txt")


def test_they_are_what_the_lock_names_unchanged(wheel: ZipFile) -> None:
    manifest = json.loads(wheel.read(f"{VENDOR}/manifest.json"))
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]["node_modules/uplot"]
    assert manifest["package"]["integrity"] == locked["integrity"]
    assert manifest["package"]["version"] == locked["version"]
    for name, checksum in manifest["sha256"].items():
        assert hashlib.sha256(wheel.read(f"{VENDOR}/{name}")).hexdigest() == checksum


def test_the_pages_and_all_their_parts_are_in_the_wheel(wheel: ZipFile) -> None:
    source = ROOT / "src/matchcast/dashboard"
    parts = {
        f"matchcast/dashboard/{path.relative_to(source).as_posix()}"
        for folder in ("templates", "static/js", "static/css")
        for path in (source / folder).iterdir()
    }
    assert parts
    assert parts <= set(wheel.namelist())


def test_the_lock_has_integrity_hashes_and_no_addresses() -> None:
    text = (ROOT / "package-lock.json").read_text("utf-8")
    assert "http" not in text
    for name, entry in json.loads(text)["packages"].items():
        if name:
            algorithm, _, digest = entry["integrity"].partition("-")
            assert algorithm == "sha512"
            assert len(base64.b64decode(digest)) == 64
