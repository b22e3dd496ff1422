"""Make the environment that Matchcast runs in, from the locks beside this file: ``environment.py KIND``.

KIND is ``app`` (what running takes), ``dev`` (and what developing takes), ``airflow`` (Airflow alone, in
``.venv-airflow``: it takes an older FastAPI), ``ansible`` and ``terraform`` (each with its tools alone, in
``.venv-ansible`` and ``.venv-terraform``) or ``build`` (prints where the tools are that make the
others: uv, hatchling, node). A development environment serves for running too, so ``app`` leaves one
as it is. What is there and right is left alone, which takes no time; what was cut short or no longer
fits the locks is made again. Standard library only: it runs before anything is installed.
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
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

LOCKS = Path(__file__).resolve().parent
ROOT = LOCKS.parent
STAMP = "matchcast.json"
ALONE = ("airflow", "ansible", "terraform")  # environments without the project, each in a folder of its own
PROJECT_FILES = (
    "pyproject.toml",
    "hatch_build.py",
    "package.json",
    "package-lock.json",
    "src/matchcast/__init__.py",
)
BUILT = ROOT / "src/matchcast/dashboard/static/vendor/manifest.json"
BUILD_EDITABLE = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
OWN_CERTIFICATES = (
    "peer certificate",
    "CERTIFICATE_VERIFY_FAILED",
    "SELF_SIGNED_CERT",
    "UNABLE_TO_GET_ISSUER_CERT",
)
NETWORK_TROUBLE = (
    "new connection",
    "name resolution",
    "dns error",
    "error sending request",
    "Could not connect",
    "onnection refused",
    "timed out",
    "nreachable",
)


class Failure(Exception):
    """A sentence on what went wrong, and one on what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Step:
    """Something that takes its time, shown on stderr, since stdout is for what a caller reads.

    First what is being done; on a terminal also how long it has been, and what the tool at work said
    last; then what was done.
    """

    def __init__(self, name: str, doing: str, done: str) -> None:
        self._name, self._doing, self._done = name, doing, done
        self._began = time.monotonic()
        self._moves = sys.stderr.isatty()

    def __enter__(self) -> Step:
        if not self._moves:
            self._show(f"… {self._name:10} {self._doing}\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        took = time.monotonic() - self._began
        self._show("" if kind else f"✔ {self._name:10} {self._done:44} {took:.1f} s\n")

    def move(self, said: str) -> None:
        """Show that it goes on."""
        if self._moves:
            words = f"… {self._name:10} {self._doing}, {time.monotonic() - self._began:.0f} s  {said}"
            self._show(words[: shutil.get_terminal_size().columns - 1])

    def _show(self, text: str) -> None:
        """Show a text in the place of a line that has not ended."""
        print(f"\r\033[K{text}" if self._moves else text, end="", file=sys.stderr, flush=True)


def run(command: list[str | Path], doing: str, shown: Step) -> str:
    """Run a tool, showing what it says; return what it printed on stdout.

    Raises:
        Failure: it failed; tells trouble with the network from the rest.
    """
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=printed, stderr=said, env=environment, cwd=ROOT)
        try:
            while (code := process.poll()) is None:
                shown.move(last_line(said) or last_line(printed))
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.25)
        except BaseException:
            process.kill()
            process.wait()
            raise
        printed.seek(0)
        said.seek(0)
        stdout, stderr = (file.read().decode(errors="replace") for file in (printed, said))
    if code == 0:
        return stdout
    output = (stdout + stderr).strip()
    last = "\n".join(f"    {line}" for line in output.splitlines()[-6:])
    if any(sign in output for sign in OWN_CERTIFICATES):
        raise Failure(
            f"{doing} met a certificate that this network made itself:\n{last}",
            "name its authority's file in SSL_CERT_FILE, PIP_CERT, REQUESTS_CA_BUNDLE and NODE_EXTRA_CA_CERTS",
        )
    if any(sign in output for sign in NETWORK_TROUBLE):
        raise Failure(
            f"{doing} needs the package registries, and they cannot be reached:\n{last}",
            "check the network or proxy, then run the same command again: what was fetched is kept",
        )
    if "No space left" in output:
        raise Failure(f"{doing} ran out of disk.", f"free some at {ROOT} or {cache_dir()}, then run it again")
    raise Failure(f"{doing} failed:\n{last}", "run the same command again; if it stays so: make clean")


def last_line(file: IO[bytes]) -> str:
    """Return the last line that is whole in a file which a tool writes to."""
    end = os.fstat(file.fileno()).st_size
    lines = os.pread(file.fileno(), 1_000, max(0, end - 1_000)).decode(errors="replace").split("\n")
    return lines[-2].strip() if len(lines) > 1 else ""


def count_of(lock: Path) -> int:
    """Return how many packages a lock names."""
    return sum(
        "==" in line and not line.startswith((" ", "#")) for line in lock.read_text("utf-8").splitlines()
    )


def cache_dir() -> Path:
    """Return the user's cache folder of this project."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "matchcast"


def digest(*texts: bytes | str) -> str:
    """Return one short hash over all that is given."""
    total = hashlib.sha256()
    for text in texts:
        total.update(hashlib.sha256(text.encode() if isinstance(text, str) else text).digest())
    return total.hexdigest()[:16]


def identity(python: str | Path) -> str:
    """Return what tells an interpreter from another, or from an environment of another; "" if it does not run."""
    command = [python, "-c", "import sys; print(sys.version, sys.base_prefix)"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Hold a folder, so that two starts do not install into each other."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def ensure_tools() -> Path:
    """Return the folder of the environment with uv, hatchling and node, made when missing."""
    lock = (LOCKS / "build.txt").read_bytes()
    folder = cache_dir() / "tools" / digest(lock, sys.version, sys.base_prefix)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder.parent):
        stamp = folder / STAMP
        if not stamp.exists():
            fetching = f"fetching uv, hatchling and node: {count_of(LOCKS / 'build.txt')} packages"
            with Step("tools", fetching, "uv, hatchling and node, as locked") as shown:
                run([sys.executable, "-m", "venv", "--clear", folder], "Making the tools' environment", shown)
                run(
                    [folder / "bin/python", "-m", "pip", "install", "--progress-bar=off", "--retries=2",
                     "--require-hashes", "--only-binary=:all:", f"--requirement={LOCKS / 'build.txt'}"],
                    "Fetching the build tools", shown,
                )  # fmt: skip
                stamp.write_text("{}", encoding="utf-8")
    return folder


def ensure_environment(kind: str, folder: Path, python: str) -> None:
    """Make `folder` the environment of a kind for an interpreter, or leave it when it is that already."""
    with one_at_a_time(ROOT):
        stamp = folder / STAMP
        found = read_stamp(stamp)
        if found.get("kind") == "dev":
            kind = "dev"
        lock = LOCKS / f"{kind}.txt"
        packages = digest(lock.read_bytes(), identity(python), str(folder.resolve()))
        holds_project = kind not in ALONE
        files = PROJECT_FILES if holds_project else ()
        project = digest(*[(ROOT / name).read_bytes() for name in files], packages, str(ROOT))
        have_packages = found.get("packages") == packages and (folder / "bin/python").exists()
        if have_packages and found.get("project") == project and (BUILT.exists() or not holds_project):
            return
        tools = ensure_tools()
        if not found:  # cut short: what is there may lack files that its records name
            shutil.rmtree(folder, ignore_errors=True)
        stamp.unlink(missing_ok=True)
        if not have_packages:
            install_packages(tools / "bin/uv", lock, folder, python)
        if holds_project:
            install_project(tools, folder)
        aside = stamp.with_suffix(".new")
        aside.write_text(
            json.dumps({"kind": kind, "packages": packages, "project": project}) + "\n", encoding="utf-8"
        )
        aside.replace(stamp)


def read_stamp(stamp: Path) -> dict[str, str]:
    """Return what an environment says of itself; nothing when it is half made."""
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def install_packages(uv: Path, lock: Path, folder: Path, python: str) -> None:
    """Bring the environment's packages to exactly what the lock names, each with a hash it knows."""
    count = count_of(lock)
    with Step("packages", f"fetching {count} packages", f"{count} of {lock.relative_to(ROOT)}") as shown:
        if identity(folder / "bin/python") != identity(python):
            shutil.rmtree(folder, ignore_errors=True)
            run([uv, "venv", "--quiet", f"--python={python}", folder], "Making the environment", shown)
        run(
            [uv, "pip", "sync", "--require-hashes", "--no-build", f"--python={folder / 'bin/python'}", lock],
            "Fetching the packages",
            shown,
        )


def install_project(tools: Path, folder: Path) -> None:
    """Install this checkout, so that a change of its code needs no new install."""
    wheels = folder / "matchcast-wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    wheels.mkdir()
    building = "building it, with the chart library from npm"
    with Step("matchcast", building, "installed from this folder") as shown:
        # Built with the locked tools rather than in an environment that a build would fetch for itself.
        printed = run([tools / "bin/python", "-c", BUILD_EDITABLE, wheels], "Building Matchcast", shown)
        wheel = wheels / printed.split()[-1]
        run(
            [tools / "bin/uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--reinstall",
             f"--python={folder / 'bin/python'}", wheel],
            "Installing Matchcast", shown,
        )  # fmt: skip
        shutil.rmtree(wheels)


def main() -> int:
    """Make what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("kind", choices=["app", "dev", *ALONE, "build"])
    parser.add_argument("--folder", type=Path, help="where to make it (default: .venv, or .venv-KIND)")
    parser.add_argument(
        "--python",
        default=os.path.realpath(sys.executable),
        help="the interpreter to make it for (default: this one)",
    )
    arguments = parser.parse_args()
    try:
        if arguments.kind == "build":
            print(ensure_tools())
        else:
            usual = ROOT / (f".venv-{arguments.kind}" if arguments.kind in ALONE else ".venv")
            folder = arguments.folder or usual
            ensure_environment(arguments.kind, folder.absolute(), arguments.python)
    except Failure as failure:
        print(f"✘ {failure.message}\nTry: {failure.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
