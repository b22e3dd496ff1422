"""`matchcast up` on a machine of its own: the real broker, API, dashboard and producer."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import sys
import urllib.request
from contextlib import ExitStack
from typing import Any

import psutil
import pytest
from tests.local.machine import Machine, processes_of, wait_until


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def history_of(machine: Machine) -> dict[str, int]:
    """How many points of the forecast the dashboard has of each match."""
    matches = get(f"{machine.dashboard}/api/matches")["matches"]
    return {
        match["match_id"]: len(
            get(f"{machine.dashboard}/api/prediction?match_id={match['match_id']}")["history"]
        )
        for match in matches
    }


def test_one_command_brings_live_matches_and_one_key_ends_all(machine: Machine) -> None:
    program = machine.start("up", "--no-airflow")
    program.wait_for("Ready in")
    assert "five matches live" in program.shown
    assert f"127.0.0.1:{machine.kafka_port}" in program.shown
    assert f"http://127.0.0.1:{machine.api_port}/docs" in program.shown
    assert len(get(f"{machine.dashboard}/api/matches")["matches"]) == 5

    kept = machine.state / "secrets" / "operator_password"
    password = kept.read_text().strip()
    assert f"operator password: {password}" in program.shown
    assert re.fullmatch(r"[A-Za-z0-9]{17,}", password)  # what a form and a shell take as it is
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    arguments = [" ".join(process.cmdline()) for process in processes_of(machine.state)]
    assert not any(password in line for line in arguments)

    code, shown = machine.run("up", "--no-airflow")
    assert code == 0
    assert "Already running" in shown
    assert machine.dashboard in shown
    code, shown = machine.run("status")
    assert code == 0, shown
    assert all(part in shown for part in ("kafka", "api", "dashboard", "producer"))
    assert str(kept) in shown
    assert password not in shown
    code, shown = machine.run("doctor")
    assert code == 0, shown
    assert "kafka of the running system" in shown
    _, shown = machine.run("logs", "dashboard")
    assert "dashboard" in shown

    program.signal(signal.SIGINT)
    assert program.end() == 130
    ends = re.findall(r"✔ (\w+) +ended", program.shown)
    assert ends == ["producer", "dashboard", "api", "kafka"], program.shown
    assert processes_of(machine.state) == []
    assert machine.run("status") == (1, "Matchcast does not run. Start it: make up\n")


def test_a_power_cut_costs_neither_matches_nor_their_history(machine: Machine) -> None:
    first = machine.start("up", "--no-airflow")
    first.wait_for("Ready in")
    wait_until(lambda: min(history_of(machine).values()) >= 3, "three points of each match")
    before = history_of(machine)
    first.process.kill()
    for process in processes_of(machine.state):
        process.kill()
    second = machine.start("up", "--no-airflow")
    second.wait_for("Ready in")

    def all_is_back() -> bool:
        after = history_of(machine)
        return all(after.get(match, 0) >= points for match, points in before.items())

    wait_until(all_is_back, f"as many points of each match as before: {before}")
    code, shown = machine.run("down")
    assert code == 0
    assert "Stopped." in shown
    assert second.end() == 0
    assert processes_of(machine.state) == []


def test_a_part_that_is_killed_comes_back(machine: Machine) -> None:
    program = machine.start("up", "--no-airflow")
    program.wait_for("Ready in")
    parts = json.loads(machine.run("status", "--json")[1])["parts"]
    by_name = {part["name"]: part["process"]["pid"] for part in parts}
    for name in ("api", "kafka"):
        psutil.Process(by_name[name]).kill()
        wait_until(lambda name=name: f"✘ {name}" in program.shown, f"{name} shown as ended")
    wait_until(lambda: program.shown.count("back after") >= 2, "both back")
    wait_until(lambda: machine.run("status")[0] == 0, "all online")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_down_ends_what_a_killed_supervisor_has_left(machine: Machine) -> None:
    program = machine.start("up", "--no-producer", "--no-airflow")
    program.wait_for("Ready in")
    program.process.kill()
    program.end()
    code, shown = machine.run("down")
    assert code == 0, shown
    assert processes_of(machine.state) == []


def test_taken_ports_are_all_named_at_once_with_who_has_them(machine: Machine) -> None:
    ports = {machine.api_port: "MATCHCAST_API_PORT", machine.airflow_port: "MATCHCAST_AIRFLOW_PORT"}
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        code, shown = machine.run("up")
    assert code == 1
    for port, variable in ports.items():
        assert f"Port {port}: taken by python" in shown
        assert variable in shown
    assert "Traceback" not in shown
    assert processes_of(machine.state) == []


def test_without_network_a_first_start_says_so_in_a_sentence(machine: Machine) -> None:
    nowhere = "http://127.0.0.1:9"
    code, shown = machine.run(
        "up",
        "--no-airflow",
        XDG_CACHE_HOME=str(machine.folder),
        HTTPS_PROXY=nowhere,
        HTTP_PROXY=nowhere,
        NO_PROXY="",
    )
    assert code == 1
    assert "cannot be fetched" in shown
    assert "Try: check the network" in shown
    assert "Traceback" not in shown
    assert processes_of(machine.state) == []
    code, shown = machine.run("doctor", XDG_CACHE_HOME=str(machine.folder), HTTPS_PROXY=nowhere, NO_PROXY="")
    assert code == 1
    assert "0 of" in shown
    assert "cannot be reached" in shown


def test_a_state_folder_that_cannot_be_made_is_a_sentence(machine: Machine) -> None:
    machine.state.write_text("a file, not a folder")
    code, shown = machine.run("up", "--no-airflow")
    assert code == 1
    assert "cannot be written" in shown
    assert "MATCHCAST_STATE_DIR" in shown
    assert "Traceback" not in shown
