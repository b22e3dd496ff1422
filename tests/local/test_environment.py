"""The environment is made from the locks, and made again when it was cut short."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from tests.local.machine import Machine, Program, processes_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout's files, in a folder where nothing was made yet."""
    folder = tmp_path_factory.mktemp("checkout") / "matchcast"
    folder.mkdir()
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    for name in tracked.stdout.decode().split("\0"):
        if name and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    return folder


def shell_environment() -> dict[str, str]:
    """Return the environment of a shell that knows nothing of this test run."""
    foreign = ("MATCHCAST_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTEST_", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def make(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=checkout, env={**shell_environment(), **environment}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def nowhere(folder: Path) -> dict[str, str]:
    """Return the variables with which no package can be had: no network, and caches that are empty."""
    proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    return {
        **proxies,
        **{name.lower(): value for name, value in proxies.items()},
        **dict.fromkeys(("NO_PROXY", "no_proxy", "PIP_NO_INDEX", "PIP_FIND_LINKS"), ""),
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_CACHE_DIR": str(folder / "uv"),
        "PIP_CACHE_DIR": str(folder / "pip"),
    }


def test_a_first_make_brings_everything_and_a_second_does_nothing(checkout: Path) -> None:
    first = make(checkout, "environment")
    assert first.returncode == 0, first.stderr
    for name, begun in (
        ("packages", "fetching {count} packages"),
        ("matchcast", "building it, with the chart library from npm"),
    ):
        count = len(re.findall(r"^[\w.-]+==", (ROOT / "requirements/app.txt").read_text(), re.MULTILINE))
        told = [line for line in first.stderr.splitlines() if line[2:].startswith(f"{name} ")]
        assert told[0] == f"… {name:10} {begun.format(count=count)}", "it says what it does before it does it"
        assert told[1].startswith(f"✔ {name:10} ")
    shown = subprocess.run(
        [checkout / ".venv/bin/matchcast", "--version"], capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith("matchcast ")
    assert (checkout / "src/matchcast/dashboard/static/vendor/uPlot.iife.min.js").exists()
    second = make(checkout, "environment")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_what_running_needs_is_in_its_lock_and_without_network_it_runs_without_airflow(
    checkout: Path, machine: Machine
) -> None:
    make(checkout, "environment")
    ours = {name: value for name, value in machine.environment.items() if name.startswith("MATCHCAST_")}
    offline = {**nowhere(machine.folder), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    variables = {**shell_environment(), **ours, **offline}
    up = Program(["make", "-C", str(checkout), "up"], machine.folder / "up", variables)
    machine.programs.append(up)
    up.wait_for("Ready in")
    assert "live at 30x" in up.shown
    up.wait_for("✘ airflow       cannot be started")
    assert "they cannot be reached" in up.shown
    assert "The rest goes on" in up.shown
    up.wait_for("Try: check the network or proxy")
    code, shown = machine.run("status")
    assert (code, "failed for" in shown) == (1, True), shown
    up.signal(signal.SIGTERM)
    up.end()
    assert re.search(r"kafka +ended", up.shown)
    assert processes_of(machine.state) == []


def test_an_install_that_was_cut_short_is_made_whole(checkout: Path) -> None:
    make(checkout, "environment")
    (checkout / ".venv/matchcast.json").unlink()
    site = next((checkout / ".venv/lib").glob("python*/site-packages"))
    shutil.rmtree(site / "click")
    next(site.glob("click-*.dist-info/RECORD")).unlink()
    again = make(checkout, "environment")
    assert again.returncode == 0, again.stderr
    subprocess.run([checkout / ".venv/bin/matchcast", "--version"], capture_output=True, check=True)


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    make(checkout, "environment")
    python = checkout / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert make(checkout, "environment").returncode == 0
    subprocess.run([python, "-c", "import matchcast"], check=True)


def test_an_environment_that_two_checkouts_share_holds_the_code_of_the_one_that_asked_last(
    checkout: Path, tmp_path: Path
) -> None:
    other, shared = tmp_path / "other", tmp_path / "shared"
    shutil.copytree(checkout, other, symlinks=True, ignore=shutil.ignore_patterns(".venv", ".matchcast"))
    for asking in (checkout, other):
        command = [str(asking / "requirements/environment.sh"), "app", "--folder", str(shared)]
        subprocess.run(command, cwd=asking, env=shell_environment(), check=True)
        found = subprocess.run(
            [shared / "bin/python", "-c", "import matchcast; print(matchcast.__file__)"],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert Path(found.stdout.strip()).is_relative_to(asking / "src")


def test_a_python_that_is_too_old_is_a_sentence(checkout: Path) -> None:
    old = checkout / "python-old"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = make(checkout, "environment", f"PYTHON={old}")
    assert refused.returncode != 0
    assert "is not a Python that Matchcast runs on: 3.11, 3.12 or 3.13" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_without_network_the_first_install_is_a_sentence(checkout: Path, tmp_path: Path) -> None:
    refused = make(checkout, "dev", XDG_CACHE_HOME=str(tmp_path), **nowhere(tmp_path))
    assert refused.returncode != 0
    assert "they cannot be reached" in refused.stderr
    assert "Try: check the network or proxy" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "… tools      fetching uv, hatchling and node: " in refused.stderr


def test_on_a_terminal_what_is_fetched_is_told_with_its_seconds_while_it_lasts(
    checkout: Path, tmp_path: Path
) -> None:
    variables = {**shell_environment(), "XDG_CACHE_HOME": str(tmp_path), **nowhere(tmp_path)}
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        with os.fdopen(theirs, "wb") as terminal:
            command = ["make", "--no-print-directory", "dev"]
            process = subprocess.Popen(command, cwd=checkout, env=variables, stderr=terminal)
        shown = b""
        with suppress(OSError):  # Linux ends a terminal that nobody writes to any more with EIO
            while some := screen.read(4096):
                shown += some
    assert process.wait(60) != 0
    moving, _, end = shown.decode().rpartition("\r\033[K")
    seconds = re.findall(r"… tools      fetching uv, hatchling and node.*?, (\d+) s", moving)
    assert len(seconds) > 1
    assert seconds == sorted(seconds, key=int)
    assert end.startswith("✘ Fetching the build tools needs the package registries"), "on a line of its own"
