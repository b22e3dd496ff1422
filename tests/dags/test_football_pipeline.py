"""The stream becomes history by Airflow's own hand: once each, whatever fails or is killed meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.dags.conftest import AIRFLOW, Airflow, Site, kill_with_step

from matchcast.history.files import HistoryFolder
from matchcast.history.parquet import open_history

FOOTBALL = "football_pipeline"


def require_each_once(site: Site, written: int) -> None:
    with open_history(site.history) as database:
        ((rows, places),) = database.execute(
            "SELECT count(*), count(DISTINCT (kafka_partition, kafka_offset)) FROM events"
        ).fetchall()
    assert rows == places == written


def test_dags_load_without_errors(airflow: Airflow) -> None:
    assert airflow.loaded["errors"] == {}
    assert FOOTBALL in airflow.loaded["dags"]


def test_dags_stay_thin() -> None:
    folder = Path(__file__).parents[2] / "dags"
    for file in folder.glob("*_pipeline.py"):
        assert len(file.read_text().splitlines()) < 60, file


def test_a_step_that_tells_no_result_fails_with_a_sentence(tmp_path: Path) -> None:
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    silent = tmp_path / "bin/python"
    silent.parent.mkdir()
    silent.write_text("#!/bin/sh\n")
    silent.chmod(0o755)
    code = f"from release import run_step; run_step({str(tmp_path)!r}, 'drain', 'b1')"
    folder = Path(__file__).parents[2] / "dags"
    variables = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run(
        [AIRFLOW, "-c", code], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert "StepFailed: drain ended well and told no result" in done.stderr


_STUBBORN = """#!{python}
import os, pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
aside = pathlib.Path(__file__).with_name("pid.part")
aside.write_text(str(os.getpid()))
aside.rename(aside.with_suffix(""))
print("it ignores its end", flush=True)
while True:
    time.sleep(1)
"""

_TASK = """
import logging, release, sys
logging.basicConfig(level=logging.INFO)
release.PATIENCE = 1

class TimedOut(BaseException):
    pass

def time_out(record):
    raise TimedOut("the task's time is up")

if sys.argv[2:] == ["times out"]:
    release.log.addFilter(time_out)
release.run_step(sys.argv[1], "drain", "b1")
"""


@pytest.fixture
def stubborn(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a task whose step ignores SIGTERM; the step's process id is in the file bin/pid."""
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    folder = tmp_path / "bin"
    folder.mkdir()
    python, step = folder / "python", folder / "matchcast"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    step.write_text(_STUBBORN.format(python=sys.executable))
    for program in (python, step):
        program.chmod(0o755)
    started: list[subprocess.Popen[str]] = []

    def start(*how: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [AIRFLOW, "-c", _TASK, str(tmp_path), *how],
                cwd=Path(__file__).parents[2] / "dags",
                env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for task in started:
        task.kill()
        task.communicate()
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        psutil.Process(int((folder / "pid").read_text())).kill()


def test_a_step_that_ignores_its_end_is_killed_so_that_a_task_s_time_limit_holds(
    stubborn: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    _, said = stubborn("times out").communicate(timeout=120)
    assert "TimedOut: the task's time is up" in said
    assert not psutil.pid_exists(int((tmp_path / "bin/pid").read_text()))


def test_a_step_that_ignores_its_end_does_not_outlive_a_task_that_was_killed(
    stubborn: Callable[..., subprocess.Popen[str]], tmp_path: Path, eventually: Callable[..., None]
) -> None:
    task = stubborn()
    pid = tmp_path / "bin/pid"
    eventually(pid.exists)
    step = psutil.Process(int(pid.read_text()))
    guard = step.parent()
    assert guard is not None
    task.kill()
    eventually(lambda: not step.is_running())
    eventually(lambda: not guard.is_running())


def test_what_played_on_the_stream_is_history_scored_and_checked(
    airflow: Airflow, site: Site, played: dict[str, list[bytes]]
) -> None:
    written = site.write(played)
    run = airflow.run(FOOTBALL, "2026-01-01T00:00:00+00:00", **site.variables)
    assert run.state == "success", run.log
    assert run.returned["drain"]["batch"] == run.run_id
    assert run.returned["drain"]["events"] == written
    checked = run.returned["check"]
    assert (checked["passed"], checked["faults"]) == (True, [])
    assert 0 < checked["log_loss"] < 1.5
    require_each_once(site, written)
    with open_history(site.history) as database:
        ended = database.execute("SELECT match_id FROM matches WHERE origin = 'simulated'").fetchall()
        scored = database.execute(
            "SELECT match_id, count(*), count(DISTINCT model_version) FROM read_parquet(?) GROUP BY ALL",
            [str(site.history.path / "forecasts" / f"{run.run_id}.parquet")],
        ).fetchall()
    assert sorted(row[0] for row in ended) == sorted(played)
    assert sorted(scored) == [(match_id, 18, 1) for match_id in sorted(played)]


def test_what_is_missing_fails_its_task_with_the_reason_and_the_run_succeeds_when_run_again(
    airflow: Airflow, site: Site, played: dict[str, list[bytes]]
) -> None:
    written = site.write(played)
    moment = "2026-01-02T00:00:00+00:00"
    for task, reason, wrong in (
        ("drain", "✘ Kafka at 127.0.0.1:1 does not answer", {"MATCHCAST_KAFKA_BROKER": "127.0.0.1:1"}),
        ("drain", "has no topic nowhere", {"MATCHCAST_EVENTS_TOPIC": "nowhere"}),
        ("score", "gives no forecast: nothing listens there", {"MATCHCAST_API_URL": "http://127.0.0.1:1"}),
    ):
        failed = airflow.run(FOOTBALL, moment, **{**site.variables, **wrong})
        assert (failed.state, failed.tasks[task]) == ("failed", "failed"), failed.log
        assert reason in failed.log
    run = airflow.run(FOOTBALL, moment, **site.variables)
    assert run.state == "success", run.log
    assert run.run_id == failed.run_id
    require_each_once(site, written)


@pytest.mark.parametrize("step", ["drain", "features", "score", "check"])
def test_a_run_that_is_killed_at_a_step_goes_on_when_run_again_and_loses_and_doubles_nothing(
    airflow: Airflow, site: Site, played: dict[str, list[bytes]], eventually: Callable[..., None], step: str
) -> None:
    written = site.write(played)
    moment = "2026-01-03T00:00:00+00:00"
    airflow.begin(FOOTBALL, moment, **site.variables)
    eventually(lambda: airflow.step(step), 200)
    kill_with_step(airflow, step)
    airflow.start()
    run = airflow.run(FOOTBALL, moment, **site.variables)
    assert run.state == "success", run.log
    require_each_once(site, written)
    assert [path.stem for path in (site.history.path / "batches").iterdir()] == [run.run_id]
    assert run.returned["features"]["matches"] == len(played)
    assert run.returned["score"]["forecasts"] == 18 * len(played)


def test_a_run_that_is_killed_after_it_planned_its_batch_keeps_to_the_plan(
    airflow: Airflow, site: Site, played: dict[str, list[bytes]], eventually: Callable[..., None]
) -> None:
    written = site.write(played)
    moment = "2026-01-04T00:00:00+00:00"
    airflow.begin(FOOTBALL, moment, **site.variables)
    eventually(lambda: list(site.history.path.rglob("batches/*.json")), 200)
    airflow.kill()
    airflow.start()
    site.write({"later": next(iter(played.values()))})
    run = airflow.run(FOOTBALL, moment, **site.variables)
    assert run.state == "success", run.log
    require_each_once(site, written)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Airflow]:
    """Airflow whose history lies on a disk of 64 kB, which nobody else sees and which ends with it."""
    if not AIRFLOW.exists():
        pytest.skip("Airflow's environment is not made; `make airflow` makes it")
    if os.getuid() != 0:
        pytest.skip("only root may mount a small disk")
    history = tmp_path / "history"
    history.mkdir()
    mount = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@"'
    airflow = Airflow(tmp_path, "unshare", "--mount", "sh", "-c", mount, str(history))
    airflow.start()
    yield airflow
    airflow.kill()


def test_a_full_disk_fails_the_task_with_the_reason_and_the_run_succeeds_once_there_is_room(
    small_disk: Airflow, site: Site, played: dict[str, list[bytes]]
) -> None:
    written = site.write(played)
    moment = "2026-01-05T00:00:00+00:00"
    there = Path(f"/proc/{small_disk.pid}/root{site.history.path}")

    def resize(size: str) -> None:
        command = ["nsenter", f"--target={small_disk.pid}", "--mount", "mount", "-o", f"remount,size={size}"]
        subprocess.run([*command, str(site.history.path)], check=True)

    full = small_disk.run(FOOTBALL, moment, **site.variables)
    assert (full.state, full.tasks["drain"]) == ("failed", "failed")
    assert "cannot be written: the disk is full" in full.log
    assert "make room" in full.log
    resize("64m")
    drained = small_disk.run(
        FOOTBALL, moment, **{**site.variables, "MATCHCAST_API_URL": "http://127.0.0.1:1"}
    )
    assert drained.tasks["score"] == "failed"
    ballast = there / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(bytes(64 * 1024**2))
    full = small_disk.run(FOOTBALL, moment, **site.variables)
    assert full.state == "failed"
    assert "the disk is full" in full.log
    ballast.unlink()
    run = small_disk.run(FOOTBALL, moment, **site.variables)
    assert run.state == "success", run.log
    require_each_once(replace(site, history=HistoryFolder(there)), written)
