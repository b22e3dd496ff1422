"""Airflow on a bare host, beside its database and a release: run by its units, asked over its API."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

PARTS = ("api-server", "scheduler", "dag-processor", "triggerer")
OPERATOR = ("admin", "the-operator-of-this-scenario")
SERVICE = ("dashboard", "the-dashboard-of-this-scenario")
SECRETS = (
    OPERATOR[1],
    SERVICE[1],
    "the-database-of-this-scenario",
    "tokens-of-this-scenario",
    "sessions-of-this-scenario",
    "dGhpcnR5LXR3by1ieXRlcy1mb3ItdGhpcy1zY2VuYXI",
)
SSH = ("ssh", "-F", f"/var/tmp/matchcast-hosts/{os.environ['MATCHCAST_RIG']}/ssh_config")
ASK = "curl --silent --max-time 60 --write-out '\\n%{http_code}' --config -"

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask(host: Host) -> Ask:
    """Ask Airflow's API on the host itself; what is sent stands neither in a command nor in the journal."""
    name = host.check_output("hostname")

    def ask(path: str, method: str = "GET", body: object = None, token: str = "") -> tuple[int, Any]:
        lines = {"url": f"http://127.0.0.1:8080/airflow{path}", "request": method}
        if body is not None:
            lines["data"] = json.dumps(body)
        given = "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items())
        given += 'header = "Content-Type: application/json"\n'
        given += f'header = "Authorization: Bearer {token}"\n' if token else ""
        done = subprocess.run([*SSH, name, ASK], input=given, capture_output=True, text=True, check=True)
        text, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(text) if text else None

    return ask


def log_in(ask: Ask, account: tuple[str, str]) -> str:
    status, told = ask("/auth/token", "POST", {"username": account[0], "password": account[1]})
    assert status == 201
    token: str = told["access_token"]
    return token


def wait_until_well(host: Host) -> None:
    for part in PARTS:
        host.check_output(
            f"timeout 240 sh -c 'until /usr/local/lib/matchcast/airflow-watchdog --ask {part}; do sleep 1; done' 2>&1"
        )


def processes(host: Host) -> dict[str, str]:
    ask = "systemctl show --property=MainPID --value airflow-{}"
    return {part: host.check_output(ask.format(part)) for part in PARTS}


def test_no_secret_is_seen_in_processes_units_or_the_journal(host: Host) -> None:
    with host.sudo():
        seen = host.check_output(
            "ps axww; systemctl show --no-pager 'airflow*'; cat /etc/systemd/system/airflow*; journalctl --no-pager"
        )
    seen += host.check_output(
        "ps axeww; find /etc/airflow /usr/local/lib/matchcast -type f -readable -exec cat {} +"
    )
    assert "airflow-scheduler" in seen
    assert [secret for secret in SECRETS if secret in seen] == []
    assert host.run("cat /etc/airflow/airflow.env").rc != 0


def test_all_four_processes_are_well_and_come_back_at_a_boot(host: Host, ask: Ask) -> None:
    wait_until_well(host)
    for part in PARTS:
        assert host.service(f"airflow-{part}").is_enabled
    status, health = ask("/api/v2/monitor/health")
    assert status == 200
    assert {name: part["status"] for name, part in health.items()} == {
        "metadatabase": "healthy", "scheduler": "healthy", "triggerer": "healthy", "dag_processor": "healthy",
    }  # fmt: skip


def test_no_process_starts_before_the_database_is_of_its_version(host: Host) -> None:
    migrated = started(host, "airflow-migrate", "ExecMainExitTimestampMonotonic")
    for part in PARTS:
        assert started(host, f"airflow-{part}", "ExecMainStartTimestampMonotonic") > migrated


def test_processes_that_find_no_database_start_by_themselves_once_it_is_there(host: Host) -> None:
    with host.sudo():
        host.check_output("systemctl stop airflow-watchdog.timer postgresql airflow-migrate")
        host.run("systemctl start --no-block airflow-migrate airflow-scheduler")
        host.check_output(
            "timeout 120 sh -c 'until [ $(systemctl show -P NRestarts airflow-migrate) -gt 0 ]; do sleep 1; done'"
        )
        assert not host.service("airflow-scheduler").is_running
        host.check_output("systemctl start --no-block postgresql")
        host.check_output(
            "timeout 120 sh -c 'until systemctl is-active --quiet airflow-scheduler; do sleep 1; done'"
        )
        host.check_output(
            f"systemctl start airflow-watchdog.timer {' '.join(f'airflow-{part}' for part in PARTS)}"
        )
    wait_until_well(host)


def started(host: Host, unit: str, which: str) -> int:
    return int(host.check_output(f"systemctl show --property={which} --value {unit}"))


def test_only_the_two_accounts_log_in_by_their_own_passwords(ask: Ask) -> None:
    assert log_in(ask, OPERATOR)
    assert log_in(ask, SERVICE)
    for name, password in (("admin", "admin"), ("admin", SERVICE[1]), ("dashboard", "dashboard")):
        status, _ = ask("/auth/token", "POST", {"username": name, "password": password})
        assert status == 401


def test_both_dags_are_loaded_and_run_by_their_timetables(ask: Ask) -> None:
    token = log_in(ask, OPERATOR)
    _, found = ask("/api/v2/dags", token=token)
    paused = {dag["dag_id"]: dag["is_paused"] for dag in found["dags"]}
    assert paused == {"football_pipeline": False, "retraining_pipeline": False}
    _, errors = ask("/api/v2/importErrors", token=token)
    assert errors["import_errors"] == []


def test_the_dashboard_may_pause_a_dag_and_make_no_account(ask: Ask) -> None:
    token = log_in(ask, SERVICE)
    dag = "/api/v2/dags/retraining_pipeline?update_mask=is_paused"
    for paused in (True, False):
        status, told = ask(dag, "PATCH", {"is_paused": paused}, token=token)
        assert (status, told["is_paused"]) == (200, paused)
    status, _ = ask("/auth/fab/v1/users", token=token)
    assert status == 403


def test_it_listens_on_loopback_alone(host: Host) -> None:
    listening = [line.split()[3] for line in host.check_output("ss -Hltn").splitlines()]
    assert "127.0.0.1:8080" in listening
    assert {each for each in listening if not each.startswith(("127.0.0.1:", "[::1]:"))} <= {
        "0.0.0.0:22",
        "[::]:22",
    }


@pytest.mark.parametrize("unit", ["migrate", *PARTS, "watchdog", "clean"])
def test_the_units_are_confined_and_bounded(host: Host, unit: str) -> None:
    shown = host.check_output(f"systemd-analyze security --no-pager airflow-{unit} | tail -n 1")
    exposure = re.search(r"\d+\.\d+", shown)
    assert exposure is not None
    assert float(exposure[0]) < 4.0
    assert host.check_output(f"systemctl show --property=MemoryMax --value airflow-{unit}") != "infinity"


def test_of_older_environments_the_one_before_stays(host: Host) -> None:
    assert host.file("/opt/airflow/of-the-lock-before").is_directory
    assert not host.file("/opt/airflow/of-an-older-lock").exists
    assert not host.file("/opt/airflow/of-an-older-lock.txt").exists


def test_logs_that_are_old_are_removed_and_younger_ones_stay(host: Host) -> None:
    assert host.service("airflow-clean.timer").is_enabled
    logs = "/var/lib/matchcast/airflow/logs/of-a-test"
    with host.sudo():
        host.check_output(f"install -d -o airflow -g airflow {logs}/old {logs}/young")
        host.check_output(f"touch {logs}/young/log && touch -d '31 days ago' {logs}/old/log")
        host.check_output(f"chown -R airflow: {logs} && systemctl start airflow-clean.service")
        assert host.check_output(f"find {logs} -type f") == f"{logs}/young/log"
        host.check_output(f"rm -r {logs}")


def test_processes_that_are_killed_come_back(host: Host) -> None:
    wait_until_well(host)
    before = processes(host)
    with host.sudo():
        for part in PARTS:
            host.check_output(f"systemctl kill --signal=KILL airflow-{part}")
    for part in PARTS:
        host.check_output(
            f"timeout 60 sh -c 'until [ $(systemctl show -P MainPID airflow-{part}) -gt 0 ]; do sleep 0.5; done'"
        )
    wait_until_well(host)
    after = processes(host)
    assert [part for part in PARTS if after[part] in ("0", before[part])] == []


def look(host: Host, times: int) -> None:
    """Let the watchdog look so often."""
    # Not by its unit, which systemd would not start so often.
    for _ in range(times):
        host.check_output("/usr/local/lib/matchcast/airflow-watchdog")


def hang(host: Host) -> str:
    """Stop the scheduler, and wait until Airflow calls it unhealthy; return its process."""
    process = processes(host)["scheduler"]
    host.check_output(f"kill -STOP {process}")
    host.check_output(
        "timeout 120 sh -c 'while /usr/local/lib/matchcast/airflow-watchdog --ask scheduler; do sleep 1; done' 2>&1"
    )
    return process


def test_the_watchdog_starts_a_scheduler_again_that_hangs_and_is_patient_with_one_that_was_just_started(
    host: Host,
) -> None:
    wait_until_well(host)
    before = processes(host)
    assert host.service("airflow-watchdog.timer").is_enabled
    with host.sudo():
        host.check_output("systemctl stop airflow-watchdog.timer")
        host.check_output("systemctl start airflow-watchdog.service")
        hanging = hang(host)
        look(host, 2)
        assert processes(host)["scheduler"] == hanging
        look(host, 1)
        assert processes(host)["scheduler"] not in ("0", hanging)
        hanging = hang(host)
        look(host, 9)
        assert processes(host)["scheduler"] == hanging
        look(host, 1)
        assert processes(host)["scheduler"] not in ("0", hanging)
        host.check_output("systemctl start airflow-watchdog.timer")
    wait_until_well(host)
    assert processes(host)["api-server"] == before["api-server"]
