"""Supervision: order, restarts with backoff, and an end that leaves nothing; shown with small parts."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from tests.local.machine import Program, processes_of, wait_until

from matchcast.local.folder import PartRecord, RunRecord, StateFolder
from matchcast.local.part import Part
from matchcast.local.processes import Identity
from matchcast.local.screen import Screen
from matchcast.local.supervisor import StartFailed, Supervisor

Run = Callable[[list[dict[str, object]]], Program]

SERVES = "import os, time, pathlib; pathlib.Path(os.environ['READY']).touch(); time.sleep(600)"
IGNORES_TERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVES}"
ENDS = "import sys; sys.exit('no luck today')"
HAS_A_WORKER = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); {SERVES}"


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "state" / "run.json").read_text())
    return {part["name"]: part for part in found["parts"]} | {"supervisor": found["supervisor"]}


def test_parts_end_in_the_opposite_order_on_ctrl_c(run_parts: Run, tmp_path: Path) -> None:
    program = run_parts([{"name": name, "code": SERVES} for name in ("first", "second", "third")])
    program.wait_for("Ready")
    program.signal(signal.SIGINT)
    assert program.end() == 128 + signal.SIGINT
    ends = [line.split()[1] for line in program.shown.splitlines() if " ended " in line]
    assert ends == ["third", "second", "first"]
    assert processes_of(tmp_path / "state") == []


def test_a_part_waits_for_the_parts_that_it_needs(run_parts: Run) -> None:
    program = run_parts(
        [{"name": "late", "code": SERVES, "needs": ["early"]}, {"name": "early", "code": SERVES}]
    )
    program.wait_for("Ready")
    assert program.shown.index("early") < program.shown.index("late")


def test_a_part_that_is_killed_is_started_again_with_its_workers_cleared(
    run_parts: Run, tmp_path: Path
) -> None:
    program = run_parts([{"name": "api", "code": HAS_A_WORKER}])
    program.wait_for("Ready")
    before = {process.pid for process in processes_of(tmp_path / "state")}
    os.kill(record(tmp_path)["api"]["process"]["pid"], signal.SIGKILL)
    program.wait_for("ended (SIGKILL)")
    program.wait_for("back after")
    wait_until(lambda: len(processes_of(tmp_path / "state")) == 2, "the part and its worker")
    assert before.isdisjoint(process.pid for process in processes_of(tmp_path / "state"))


def test_a_part_that_keeps_ending_is_given_up_with_its_last_words(run_parts: Run, tmp_path: Path) -> None:
    program = run_parts([{"name": "good", "code": SERVES}, {"name": "bad", "code": ENDS}])
    assert program.end() == 1
    assert "starts again in 1 s" in program.shown
    assert "starts again in 2 s" in program.shown
    assert "no luck today" in program.shown
    assert "bad ended 3 times before it was ready" in program.shown
    assert "Traceback" not in program.shown
    assert processes_of(tmp_path / "state") == []


def test_a_second_ctrl_c_kills_what_does_not_end(run_parts: Run, tmp_path: Path) -> None:
    program = run_parts([{"name": "stubborn", "code": IGNORES_TERM, "patience": 60}])
    program.wait_for("Ready")
    program.signal(signal.SIGINT)
    program.wait_for("Stopping")
    program.signal(signal.SIGINT)
    assert program.end(10) == 128 + signal.SIGINT
    assert "killed" in program.shown
    assert processes_of(tmp_path / "state") == []


def test_a_part_that_does_not_end_in_time_is_killed(run_parts: Run, tmp_path: Path) -> None:
    program = run_parts([{"name": "stubborn", "code": IGNORES_TERM, "patience": 0.2}])
    program.wait_for("Ready")
    program.signal(signal.SIGTERM)
    assert program.end(20) == 128 + signal.SIGTERM
    assert processes_of(tmp_path / "state") == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_no_part_outlives_a_supervisor_that_was_killed(run_parts: Run, tmp_path: Path) -> None:
    program = run_parts([{"name": name, "code": SERVES} for name in ("first", "second")])
    program.wait_for("Ready")
    program.process.kill()
    wait_until(lambda: processes_of(tmp_path / "state") == [], "all parts ended by the kernel", 10)


def test_a_supervisor_knows_its_own_birth_from_that_of_a_later_process(
    run_parts: Run, tmp_path: Path
) -> None:
    program = run_parts([{"name": "part", "code": SERVES}])
    program.wait_for("Ready")
    kept = record(tmp_path)["supervisor"]
    assert kept["pid"] == program.process.pid
    assert kept["birth"] == pytest.approx(psutil.Process(program.process.pid).create_time(), abs=0.1)


def test_a_terminal_that_is_gone_does_not_keep_the_parts_from_ending(tmp_path: Path) -> None:
    parts = json.dumps([{"name": name, "code": SERVES} for name in ("first", "second")])
    script = str(Path(__file__).with_name("run_parts.py"))
    process = subprocess.Popen(
        [sys.executable, script, str(tmp_path / "state"), parts],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    while b"Ready" not in process.stdout.readline():
        pass
    process.stdout.close()
    process.send_signal(signal.SIGHUP)
    process.wait(20)
    assert processes_of(tmp_path / "state") == []


def test_a_pid_that_another_process_has_by_now_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        folder = StateFolder(tmp_path)
        folder.make()
        own = Identity.own()
        earlier = Identity(stranger.pid, psutil.Process(stranger.pid).create_time() - 3600)
        folder.write_record(
            RunRecord(own, 0.0, parts=[PartRecord("kafka", "online", "", 0.0, process=earlier)])
        )
        assert folder.leftovers() == []
        assert folder.running() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize(("room", "told"), [(0, True), (10**12, False)])
def test_a_full_disk_is_told_in_a_sentence_in_place_of_what_a_part_says_of_it(
    room: int, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=10**12, used=10**12 - room, free=room)
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    folder, shown = StateFolder(tmp_path / "state"), io.StringIO()
    folder.make()
    part = Part("kafka", "here", lambda: [sys.executable, "-c", ENDS], lambda: False, dict(os.environ))
    try:
        with pytest.raises(StartFailed) as caught:
            Supervisor([part], folder, Screen(shown), lambda _: None).run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    sentence = f"{folder.root} has no room left: free some"
    assert (sentence in shown.getvalue()) is told
    assert (sentence in (caught.value.hint or "")) is told
    assert ("no luck today" in shown.getvalue()) is not told


def test_the_start_waits_for_no_service_and_a_service_is_shown_once_when_all_of_it_is_ready(
    run_parts: Run, tmp_path: Path
) -> None:
    slow = f"import os, time\nwhile not os.path.exists('{tmp_path}/go'): time.sleep(0.05)\n{SERVES}"
    program = run_parts(
        [
            {"name": "own", "code": SERVES},
            {"name": "head", "code": SERVES, "service": "whole", "needs": ["own"]},
            {"name": "tail", "code": slow, "service": "whole", "after": ["head"]},
        ]
    )
    program.wait_for("Ready")
    wait_until(lambda: record(tmp_path)["head"]["state"] == "online", "the head online")
    wait_until(lambda: record(tmp_path)["tail"]["state"] == "starting", "the tail under way")
    assert "whole" not in program.shown
    (tmp_path / "go").touch()
    program.wait_for("✔ whole")
    assert "✔ head" not in program.shown


def test_a_service_that_cannot_be_started_is_told_and_the_rest_goes_on(
    run_parts: Run, tmp_path: Path
) -> None:
    program = run_parts(
        [
            {"name": "own", "code": SERVES},
            {"name": "head", "code": SERVES, "service": "whole", "cannot": "No network.", "needs": ["own"]},
            {"name": "tail", "code": SERVES, "service": "whole", "after": ["head"]},
            {"name": "other", "code": ENDS, "service": "another"},
        ]
    )
    program.wait_for("Ready")
    program.wait_for("✘ head          cannot be started: No network. The rest goes on.")
    program.wait_for("Try: do something about it")
    program.wait_for("ended 3 times before it was ready")
    states = {name: part.get("state") for name, part in record(tmp_path).items()}
    assert (states["own"], states["head"], states["tail"], states["other"]) == ("online", *3 * ("failed",))
    assert record(tmp_path)["tail"]["reason"] == "needs head"
    assert program.process.poll() is None


def test_what_was_started_for_a_service_that_fails_ends_with_it(run_parts: Run, tmp_path: Path) -> None:
    under_way = tmp_path / "under way"
    tail = f"import pathlib, time; pathlib.Path({str(under_way)!r}).touch(); time.sleep(600)"
    head = f"import os, sys, time\nwhile not os.path.exists({str(under_way)!r}): time.sleep(0.05)\n{ENDS}"
    program = run_parts(
        [
            {"name": "own", "code": SERVES},
            {"name": "head", "code": head, "service": "whole"},
            {"name": "tail", "code": tail, "service": "whole", "after": ["head"]},
        ]
    )
    program.wait_for("ended 3 times before it was ready")
    wait_until(lambda: record(tmp_path)["tail"]["state"] == "failed", "the tail is given up too")
    assert under_way.exists()
    assert record(tmp_path)["tail"]["process"] is None
    assert not any(under_way.name in " ".join(one.cmdline()) for one in processes_of(tmp_path / "state"))
    assert program.process.poll() is None


def test_what_leaves_a_guarded_command_by_any_group_ends_with_it(run_parts: Run, tmp_path: Path) -> None:
    task = "import os, time; os.setpgid(0, 0); time.sleep(600)"
    worker = (
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {task!r}]); time.sleep(600)"
    )
    scheduler = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {worker!r}]); {SERVES}"
    program = run_parts([{"name": "scheduler", "code": scheduler, "guarded": True}])
    program.wait_for("Ready")
    state = tmp_path / "state"
    wait_until(lambda: len(processes_of(state)) == 4, "guard, scheduler, worker and task")
    guard = psutil.Process(record(tmp_path)["scheduler"]["process"]["pid"])
    guard.children()[0].kill()
    program.wait_for("ended (SIGKILL)")
    program.wait_for("back after")
    wait_until(lambda: len(processes_of(state)) == 4, "the four again, and none of the old")
    guard = psutil.Process(record(tmp_path)["scheduler"]["process"]["pid"])
    guard.kill()
    wait_until(lambda: program.shown.count("back after") == 2, "back when the guard itself was killed")
    wait_until(lambda: len(processes_of(state)) == 4, "the four again")
    if sys.platform == "linux":
        program.process.kill()
        wait_until(lambda: processes_of(state) == [], "all ended when nobody supervises them", 10)
