"""A host of the dashboard: caught up with Kafka, shut in, its secrets nowhere to be seen."""

from __future__ import annotations

import json

from testinfra.host import Host

UNIT = "matchcast-dashboard@1.service"
SECRETS = ("not-the-one-of-any-site", "neither-is-this")


def test_the_first_slot_serves_and_has_caught_up(host: Host) -> None:
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    ready = json.loads(host.check_output("curl -sSf http://127.0.0.1:8511/ready"))
    assert ready["status"] == "ready"
    with host.sudo():
        fact = json.loads(host.file("/etc/ansible/facts.d/matchcast.fact").content_string)
    assert fact["dashboard"]["slot"] == 1


def test_the_operator_logs_in_with_the_secret_of_the_vault(host: Host) -> None:
    login = (
        "curl -s -o /dev/null -w '%{http_code}' -c /tmp/jar -b /tmp/jar http://127.0.0.1:8511/login "
        "-H 'Origin: http://127.0.0.1:8511' --data-urlencode password="
    )
    host.check_output("curl -s -c /tmp/jar http://127.0.0.1:8511/login")
    token = host.check_output(
        'curl -s -c /tmp/jar -b /tmp/jar http://127.0.0.1:8511/login | grep -o \'name="csrf_token" value="[^"]*"\' '
        "| cut -d'\"' -f4"
    )
    field = f" --data-urlencode csrf_token={token}" if token else ""
    assert host.check_output(f"{login}wrong{field}") != "303"
    assert host.check_output(f"{login}{SECRETS[0]}{field}") in {"302", "303"}


def test_no_secret_is_in_units_processes_or_the_journal(host: Host) -> None:
    with host.sudo():
        seen = host.check_output(
            f"systemctl show {UNIT}; systemctl cat {UNIT}; ps axeww; journalctl --no-pager; "
            "cat /etc/matchcast/matchcast.env /etc/ansible/facts.d/matchcast.fact"
        )
    assert not [secret for secret in SECRETS if secret in seen.replace("password=" + SECRETS[0], "")]


def test_its_sandbox_is_as_tight_as_promised(host: Host) -> None:
    last = host.check_output(f"systemd-analyze security {UNIT} --no-pager").splitlines()[-1]
    assert float(last.split(": ")[1].split()[0]) <= 2.0, last


def test_as_many_streams_as_are_allowed_can_be_opened(host: Host) -> None:
    pid = host.service(UNIT).systemd_properties["MainPID"]
    with host.sudo():
        limits = host.file(f"/proc/{pid}/limits").content_string
    (files,) = [line for line in limits.splitlines() if line.startswith("Max open files")]
    assert int(files.split()[3]) >= 600 + 400 + 256


def test_it_is_healed_when_it_is_killed(host: Host) -> None:
    with host.sudo():
        killed = host.service(UNIT).systemd_properties["MainPID"]
        host.check_output(f"kill -9 {killed}")
        host.check_output("timeout 90 sh -c 'until curl -sf http://127.0.0.1:8511/ready; do sleep 0.2; done'")
        assert host.service(UNIT).systemd_properties["MainPID"] != killed


def test_its_checkpoint_is_on_the_data_disk_and_its_own(host: Host) -> None:
    with host.sudo():
        folder = host.file("/var/lib/matchcast/dashboard")
        assert (folder.user, folder.group, folder.mode) == ("matchcast", "matchcast", 0o750)
    assert host.file("/var/lib/matchcast").user == "root"
