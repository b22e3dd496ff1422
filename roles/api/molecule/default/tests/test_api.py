"""A host of the model API: one slot serves, shut in, and another release takes over without a gap."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

UNIT = "matchcast-api@1.service"


def ask(host: Host, path: str, *options: str) -> dict:
    return json.loads(host.check_output(f"curl -sSf http://127.0.0.1:8011{path} {' '.join(options)}"))


def test_the_first_slot_serves_and_the_other_is_empty(host: Host) -> None:
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    assert not host.service("matchcast-api@2.service").is_running
    with host.sudo():
        fact = json.loads(host.file("/etc/ansible/facts.d/matchcast.fact").content_string)
    assert fact["api"]["slot"] == 1
    assert host.check_output("readlink /opt/matchcast/current").endswith(fact["api"]["release"])


def test_it_forecasts_without_kafka(host: Host) -> None:
    body = json.dumps(
        {
            "match": {"home_team": "France", "away_team": "Brazil"},
            "period": 1,
            "minute": 20,
            "score": {"home": 0, "away": 0},
        }
    )
    forecast = ask(host, "/predict", "-H 'content-type: application/json'", f"-d '{body}'")
    assert forecast["home"] + forecast["draw"] + forecast["away"] == pytest.approx(1)
    assert forecast["model_version"] == ask(host, "/ready")["model_version"]


def test_it_listens_on_loopback_alone(host: Host) -> None:
    assert host.socket("tcp://127.0.0.1:8011").is_listening
    assert not host.socket("tcp://0.0.0.0:8011").is_listening


def test_its_sandbox_is_as_tight_as_promised(host: Host) -> None:
    last = host.check_output(f"systemd-analyze security {UNIT} --no-pager").splitlines()[-1]
    assert float(last.split(": ")[1].split()[0]) <= 2.0, last


def wait_for_another(host: Host, pid: str) -> None:
    """Wait until the unit is active again, as another process, and answers."""
    host.check_output(
        f"timeout 120 sh -c 'until [ $(systemctl show -P MainPID {UNIT}) != {pid} ] && "
        f"systemctl is-active --quiet {UNIT} && curl -sf http://127.0.0.1:8011/ready; do sleep 0.5; done'"
    )


def test_it_is_healed_when_it_is_killed(host: Host) -> None:
    with host.sudo():
        killed = host.service(UNIT).systemd_properties["MainPID"]
        host.check_output(f"kill -9 {killed}")
        wait_for_another(host, killed)


def test_a_process_that_hangs_is_restarted_by_its_watchdog(host: Host) -> None:
    with host.sudo():
        hung = host.service(UNIT).systemd_properties["MainPID"]
        host.check_output(f"kill -STOP {hung}")
        wait_for_another(host, hung)
        assert "Watchdog timeout" in host.check_output(f"journalctl --unit {UNIT} --no-pager")


def test_the_limit_of_its_memory_is_the_kernels(host: Host) -> None:
    group = host.service(UNIT).systemd_properties["ControlGroup"]
    limits = host.run(
        f"cat '/sys/fs/cgroup/memory{group}/memory.limit_in_bytes' '/sys/fs/cgroup{group}/memory.max'"
    )
    assert limits.stdout.split() == [str(512 * 1024**2)]
