"""The build hook fetches the chart library once, and says in a sentence why it cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from tests.scripts import load_script

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """The hook as a module."""
    return load_script(ROOT / "hatch_build.py")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that never built anything, with an empty cache of npm's."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    return tmp_path


def test_without_a_network_the_build_says_what_it_needs(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    with pytest.raises(hook.VendorError, match=r"uplot 1\.6\.\d+.*registry cannot be\s+reached"):
        hook.bring_vendor_files(checkout)
    assert not (checkout / hook.VENDOR).exists()


def test_what_is_there_and_right_is_not_fetched_again(
    hook: ModuleType, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / hook.VENDOR, checkout / hook.VENDOR)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    assert hook.bring_vendor_files(checkout) is False


@pytest.mark.parametrize("damage", ["a file", "the lock"])
def test_a_changed_file_or_lock_is_noticed(hook: ModuleType, checkout: Path, damage: str) -> None:
    vendor = checkout / hook.VENDOR
    shutil.copytree(ROOT / hook.VENDOR, vendor)
    locked = hook.read_lock_entry(checkout / "package-lock.json")
    assert hook.is_current(vendor, locked)
    if damage == "a file":
        with (vendor / "uPlot.min.css").open("a") as style:
            style.write("*{}")
    else:
        locked = json.loads(json.dumps(locked).replace("1.6.", "1.7."))
    assert not hook.is_current(vendor, locked)


def test_a_package_that_is_not_the_locked_one_is_refused_by_name(hook: ModuleType) -> None:
    assert "not what package-lock.json has the hash of" in hook.explain(
        "uplot 1.6.32", "npm error code EINTEGRITY"
    )
