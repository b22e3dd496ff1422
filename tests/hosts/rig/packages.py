"""Packages that hosts have fetched, kept for the hosts of later runs.

They are the lowest layer of each host's filesystem: apt and pip find in their own caches what an earlier host
left there, still check its hash, and need no setting for it. A generation of the cache never changes; what a
host has added makes the next one, of hard links.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hosts.rig.places import CACHE, held, is_in_use

APT = Path("var/cache/apt/archives")
CACHES = (APT, Path("root/.cache/pip"), Path("root/.cache/uv"))
DEB = re.compile(r"(?P<name>[^_]+)_.+_(?P<architecture>\w+)\.deb")


def generations(release: str) -> list[Path]:
    """Return the generations of a release's cache, the oldest first."""
    folder = CACHE / "packages" / release
    folder.mkdir(parents=True, exist_ok=True)
    return sorted((path for path in folder.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))


@contextmanager
def newest(release: str) -> Iterator[list[Path]]:
    """Hand out the newest generation, if there is one, and keep it from removal until it is mounted."""
    with held(CACHE / "packages.lock"):
        yield generations(release)[-1:]


def gather(release: str, upper: Path) -> None:
    """Make a new generation of what a host has added to its caches; `upper` holds what the host has written."""
    fetched = [file for cache in CACHES for file in files_of(upper, cache)]
    if not fetched:
        return
    with held(CACHE / "packages.lock"):
        known = generations(release)
        before = known[-1] if known else None
        added = [file for file in fetched if before is None or not (before / file).exists()]
        if not added:
            return
        number = int(before.name) + 1 if before else 1
        aside = CACHE / "packages" / release / f"{number}.new"
        shutil.rmtree(aside, ignore_errors=True)
        replaced = {deb["name"]: deb["architecture"] for file in added if (deb := DEB.fullmatch(file.name))}
        for file in files_of(before, Path()) if before else ():
            deb = DEB.fullmatch(file.name)
            if deb is None or replaced.get(deb["name"]) != deb["architecture"]:
                place(before / file, aside / file, os.link)
        for file in added:
            place(upper / file, aside / file, shutil.copy2)
        aside.rename(aside.with_suffix(""))
        for old in known:
            if not is_in_use(old):
                shutil.rmtree(old)


def files_of(root: Path, folder: Path) -> list[Path]:
    """Return the whole files below a folder of a root, as paths from the root; not what apt is still fetching."""
    found = []
    for file in (root / folder).rglob("*"):
        path = file.relative_to(root)
        if file.is_file() and not file.is_symlink() and "partial" not in path.parts and file.name != "lock":
            found.append(path)
    return found


def place(origin: Path, target: Path, by: Callable[[Path, Path], object]) -> None:
    """Bring a file to its place in a generation, with its folders."""
    target.parent.mkdir(parents=True, exist_ok=True)
    by(origin, target)


def strip(upper: Path) -> None:
    """Take what was gathered out of what a host has written: a saved host need not carry it."""
    for cache in CACHES:
        for file in files_of(upper, cache):
            (upper / file).unlink()
