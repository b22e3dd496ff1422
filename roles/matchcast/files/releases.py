"""Install a release on this host, or remove old ones: ``releases.py install FOLDER``, ``releases.py prune``.

FOLDER is what ``make release`` built: the wheel, its locks and ``manifest.json`` with the hash of each. The
environment is made aside, tried, and renamed to the release's name: what has that name is whole, and an
install that was cut short is begun anew with all that it had fetched. Standard library only, for any
Python 3.11 to 3.13; prints one line, and exits with 1 after a sentence on what is wrong and what to do.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MANIFEST = "manifest.json"
APP_LOCK = "app.txt"
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
LONGEST_OUTPUT = 8
UNREACHABLE = (
    "new connection",
    "name resolution",
    "onnection refused",
    "onnection broken",
    "timed out",
    "nreachable",
    "Max retries exceeded",
    "Cannot connect to proxy",
)


class Failure(Exception):
    """A sentence on what went wrong, and one on what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def run(command: list[str | Path], doing: str, **variables: str) -> str:
    """Run a command; return what it printed.

    Raises:
        Failure: it failed; tells trouble with the network, the hashes and the disk from the rest.
    """
    # An environment that is not finished is not to write bytecode, which would name its place aside.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode == 0:
        return done.stdout
    output = (done.stdout + done.stderr).strip()
    said = "\n".join(f"    {line}" for line in output.splitlines()[-LONGEST_OUTPUT:])
    if "No space left" in output:
        raise Failure(f"{doing} ran out of disk:\n{said}", "free some, then run the play again")
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in output:
        raise Failure(
            f"{doing} was given a file that is not the locked one; nothing of it was installed:\n{said}",
            "run the play again; if it stays so, the package index or a cache on the way serves other files",
        )
    if any(sign in output for sign in UNREACHABLE):
        raise Failure(
            f"{doing} cannot reach the package index:\n{said}",
            "check the host's network, name service, proxy or /etc/pip.conf, then run the play again: "
            "what was fetched is kept",
        )
    raise Failure(f"{doing} failed:\n{said}", "mend what it says, then run the play again")


def read_manifest(folder: Path) -> dict[str, object]:
    """Return the manifest of a release, its files proven against the hashes that it has.

    Raises:
        Failure: the folder holds no release, or a file is not the one that was built.
    """
    again = "run the play again: it brings the release anew"
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        hashes = {
            name: manifest["sha256"][name] for name in (manifest["wheel"], APP_LOCK, *manifest["sha256"])
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(f"{folder} holds no release: {error!r}.", again) from error
    for name, expected in hashes.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            raise Failure(f"{name} of the release cannot be read: {error.strerror}.", again) from error
        if found != expected:
            raise Failure(
                f"{name} is not the file that was built: its SHA-256 is {found}, not {expected}.", again
            )
    return dict(manifest)


def make_environment(folder: Path, manifest: dict[str, object], aside: Path) -> None:
    """Make the environment of a release: exactly the locked packages, and the wheel.

    The packages are those of a release that is here and has the same lock, where there is one: its files
    are linked, which takes a second, no network and no disk. What a release holds is never written again.
    """
    pip: list[str | Path] = [
        aside / "bin/python", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
        "--no-compile", "--no-deps",
    ]  # fmt: skip
    alike = find_alike(manifest, aside.parent)
    if alike is not None:
        shutil.copytree(alike, aside, symlinks=True, copy_function=os.link)
        (aside / MANIFEST).unlink()
    else:
        # pip brings its own list of authorities: let it trust those that the host does.
        trust = {} if "PIP_CERT" in os.environ else {"PIP_CERT": SYSTEM_CERTIFICATES}
        run([sys.executable, "-m", "venv", aside], "Making the environment (python3-venv)")
        run(
            [*pip, "--require-hashes", "--only-binary=:all:", f"--requirement={folder / APP_LOCK}"],
            "Installing the locked packages",
            **trust,
        )
    wheel = folder / str(manifest["wheel"])
    run([*pip, "--no-index", "--force-reinstall", wheel], "Installing Matchcast")


def whole_releases(folder: Path) -> list[Path]:
    """Return the releases of a folder, without what is half made or half removed."""
    return [path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")]


def find_alike(manifest: dict[str, object], releases: Path) -> Path | None:
    """Return a release here whose packages are those of a manifest, for this Python; None: there is none."""
    for path in whole_releases(releases):
        try:
            there = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        python = path / f"lib/python{sys.version_info.major}.{sys.version_info.minor}"
        if there["sha256"][APP_LOCK] == manifest["sha256"][APP_LOCK] and python.is_dir():  # type: ignore[index]
            return path
    return None


def move_scripts(aside: Path, place: Path) -> None:
    """Let the environment's scripts name the Python of the place where it is going to be."""
    for script in (aside / "bin").iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        first, _, rest = content.partition(b"\n")
        if first.startswith(b"#!") and first.endswith(b"/bin/python"):
            new = script.with_name(
                f".{script.name}.new"
            )  # not in place: the file may be another release's too
            new.write_bytes(f"#!{place}/bin/python\n".encode() + rest)
            new.chmod(script.stat().st_mode)
            new.replace(script)


def compile_packages(aside: Path, place: Path) -> None:
    """Compile the packages, as files of their place; a file for another Python may stay uncompiled."""
    (packages,) = aside.glob("lib/python3*/site-packages")
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0", "-s", aside, "-p", place, packages]
    subprocess.run(command, capture_output=True, check=False)


def install(folder: Path, releases: Path) -> str:
    """Install the release of a folder, if it is not there yet; return what was done.

    Raises:
        Failure: a file is damaged, a package cannot be had, the disk is full, or the package does not run.
    """
    manifest = read_manifest(folder)
    release = str(manifest["release"])
    place = releases / release
    if place.exists():
        return f"{release} is installed already"
    aside = releases / f".{release}.new"
    shutil.rmtree(aside, ignore_errors=True)
    make_environment(folder, manifest, aside)
    version = run([aside / "bin/python", "-m", "matchcast", "--version"], "Trying the release").split()[-1]
    if version != manifest["version"]:
        raise Failure(
            f"The release is {manifest['version']}, but what it installs says {version}.", "build it anew"
        )
    move_scripts(aside, place)
    compile_packages(aside, place)
    shutil.copy(folder / MANIFEST, aside / MANIFEST)
    os.sync()  # the name must not reach the disk before what it names
    aside.rename(place)
    return f"{release} installed"


def in_use(root: Path) -> set[Path]:
    """Return the releases that a link names: the current one and those of the slots."""
    links = [root / "current", *(root / "slots").glob("*")]
    return {link.resolve() for link in links if link.is_symlink()}


def prune(root: Path, keep: int) -> list[str]:
    """Remove all but the newest releases and those in use; return the names of the removed."""
    for end in ("new", "old"):  # left by an install or a removal that was killed
        for left in (root / "releases").glob(f".*.{end}"):
            shutil.rmtree(left, ignore_errors=True)
    newest = sorted(whole_releases(root / "releases"), key=lambda path: path.stat().st_mtime, reverse=True)
    used = in_use(root)
    removed = []
    for path in newest[keep:]:
        if path.resolve() in used:
            continue
        doomed = path.with_name(f".{path.name}.old")
        path.rename(doomed)  # what has a release's name is whole, to the last moment
        shutil.rmtree(doomed)
        removed.append(path.name)
    return removed


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold a folder, so that two plays do not install into each other."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main() -> int:
    """Do what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument(
        "--root", type=Path, default=Path("/opt/matchcast"), help="where releases/ and slots/ are"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    installing = commands.add_parser("install", help="install the release of a folder")
    installing.add_argument("folder", type=Path)
    pruning = commands.add_parser("prune", help="remove old releases")
    pruning.add_argument("--keep", type=int, required=True, help="how many of the newest stay")
    arguments = parser.parse_args()
    os.umask(0o022)
    releases = arguments.root / "releases"
    try:
        with one_at_a_time(releases):
            if arguments.command == "install":
                print(install(arguments.folder, releases))
            else:
                removed = prune(arguments.root, arguments.keep)
                print(f"removed {' '.join(removed)}" if removed else "nothing to remove")
    except Failure as failure:
        print(f"{failure.message}\nTry: {failure.hint}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}\nTry: free the disk, or mend what it says, then run the play again", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
