"""Build the release: one folder below ``dist/`` with the wheel, its locks and the hash of each.

A release is named ``<version>-<12 hex digits>``, the digits being a hash over what it holds: the files in
the wheel and the locks. So the same content has the same name on any machine and is built once; a folder
that is there and whole stays, one that is damaged is made again. The tools' environment runs this
(``make release``); what it prints on stdout is the folder.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements/app.txt", "requirements/airflow.txt")
MANIFEST = "manifest.json"
LONGEST_OUTPUT = 12

DATE = "1580601600"
"""Of every file in the wheel, so that two builds are alike: 2020-02-02, as hatchling has it by default."""


class Failure(Exception):
    """A sentence on what went wrong, and one on what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def free_some(folder: Path) -> str:
    """Return what to do about a disk that is full."""
    return f"free some disk at {folder} or {tempfile.gettempdir()}, then `make release` again"


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout into a folder.

    Raises:
        Failure: hatchling, or the hook that brings the chart library, could not.
    """
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": DATE}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        said = "\n".join(
            f"    {line}" for line in (done.stdout + done.stderr).strip().splitlines()[-LONGEST_OUTPUT:]
        )
        if os.strerror(errno.ENOSPC) in said:
            raise Failure("There is no room to build the wheel.", free_some(folder))
        raise Failure(
            f"The wheel could not be built:\n{said}", "mend what it says, then `make release` again"
        )
    return wheels[0]


def read_record(wheel: Path) -> bytes:
    """Return the wheel's own list of its files and their hashes: the same however it was compressed."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
        return archive.read(name)


def name_release(wheel: Path, locks: list[Path]) -> tuple[str, str]:
    """Return the version of a wheel, and the name of its release."""
    version = wheel.name.split("-")[1]
    content = hashlib.sha256()
    for part in (read_record(wheel), *(lock.read_bytes() for lock in locks)):
        content.update(hashlib.sha256(part).digest())
    return version, f"{version}-{content.hexdigest()[:12]}"


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_whole(folder: Path) -> bool:
    """Tell whether a release's folder holds what its manifest says: a power cut may have left less."""
    try:
        files: dict[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))["sha256"]
        return all(checksum(folder / name) == known for name, known in files.items())
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False


def build(dist: Path) -> tuple[Path, bool]:
    """Return the release's folder, and whether it was made now; one that is there and whole stays.

    Raises:
        Failure: a lock is missing, or the wheel could not be built.
    """
    locks = [ROOT / name for name in LOCKS]
    missing = [name for name, lock in zip(LOCKS, locks, strict=True) if not lock.exists()]
    if missing:
        raise Failure(
            f"{' and '.join(missing)} is missing in {ROOT}.", "check the clone out anew, or `make lock`"
        )
    dist.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release-", dir=dist) as work:
        aside = Path(work) / "release"
        aside.mkdir()
        wheel = build_wheel(aside)
        version, release = name_release(wheel, locks)
        folder = dist / release
        if is_whole(folder):
            return folder, False
        for lock in locks:
            shutil.copy(lock, aside / lock.name)
        files = {path.name: checksum(path) for path in sorted(aside.iterdir())}
        manifest = {"release": release, "version": version, "wheel": wheel.name, "sha256": files}
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
        try:
            if folder.exists():
                folder.rename(Path(work) / "damaged")
            aside.rename(folder)
        except OSError:
            if not is_whole(folder):
                raise
            return folder, False  # another build was faster, with the same content
        return folder, True


def main() -> int:
    """Build the release and print its folder; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="where its folder is made")
    try:
        folder, made = build(parser.parse_args().dist.absolute())
    except Failure as failure:
        print(f"✘ {failure.message}\nTry: {failure.hint}", file=sys.stderr)
        return 1
    except OSError as error:
        hint = (
            free_some(ROOT / "dist") if error.errno == errno.ENOSPC else "see that this user may write there"
        )
        print(f"✘ {error.filename or ROOT}: {error.strerror}.\nTry: {hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except ImportError as error:
        print(f"✘ {error}\nTry: make release, which has the tools", file=sys.stderr)
        return 1
    print(f"✔ release    {folder.name} {'built' if made else 'is built already'}", file=sys.stderr)
    print(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
