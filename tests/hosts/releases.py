"""Releases as `make release` builds them, of this checkout with a change."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.hosts.controller import ROOT

NEEDED = (
    "Makefile",
    "pyproject.toml",
    "hatch_build.py",
    "package.json",
    "package-lock.json",
    ".npmrc",
    "README.md",
    "LICENSE",
    "NOTICE",
    "src",
    "dags",
    "requirements",
)
VERSION = Path("src/matchcast/__init__.py")


def build_release(folder: Path, version: str, changes: Mapping[str, str] | None = None) -> Path:
    """Build a release of this checkout with another version, each file of `changes` ending in the given lines.

    Args:
        folder: where the changed checkout is made; the release is below it.
    """
    for name in NEEDED:
        origin, target = ROOT / name, folder / name
        if origin.is_dir():
            shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, target)
    text = (folder / VERSION).read_text("utf-8")
    changed, count = re.subn(r'^(__version__ = )".*"$', rf'\1"{version}"', text, flags=re.MULTILINE)
    assert count == 1
    (folder / VERSION).write_text(changed, "utf-8")
    for name, lines in (changes or {}).items():
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{lines}\n")
    done = subprocess.run(
        ["make", "--no-print-directory", "release"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])
