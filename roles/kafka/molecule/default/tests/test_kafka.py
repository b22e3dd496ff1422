"""One node on a bare host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid

import pytest
from testinfra.host import Host

SERVER = "--bootstrap-server 127.0.0.1:9092"
TUNNEL = "--bootstrap-server 127.0.0.1:9094"


def ready(host: Host) -> None:
    host.check_output("timeout 240 sh -c 'until kafka-healthy >/dev/null 2>&1; do sleep 1; done'")


def records(host: Host, topic: str) -> list[str]:
    return host.check_output(
        f"kafka-console-consumer {SERVER} --topic {topic} --from-beginning --max-messages 2 --timeout-ms 60000 2>/dev/null; true"
    ).splitlines()


@pytest.fixture(scope="module")
def topic(host: Host) -> str:
    """Two records that came through the tunnel's listener."""
    ready(host)
    name = f"probe-{uuid.uuid4().hex[:8]}"
    host.check_output(f"kafka-topics {SERVER} --create --topic {name} --partitions 2")
    host.check_output(f"printf 'one\\ntwo\\n' | kafka-console-producer {TUNNEL} --topic {name} 2>&1")
    return name


def test_a_client_at_the_end_of_a_tunnel_writes_what_the_site_reads(host: Host, topic: str) -> None:
    assert sorted(records(host, topic)) == ["one", "two"]


def test_it_listens_on_loopback_alone(host: Host) -> None:
    listening = host.check_output("ss -Hltn")
    for port in (9092, 9093, 9094):
        assert re.search(rf"\s\[?(::ffff:)?127\.0\.0\.1\]?:{port}\s", listening)
        assert not re.search(rf"\s(0\.0\.0\.0|\*|\[::\]):{port}\s", listening)


def test_the_jars_are_those_of_the_lock(host: Host) -> None:
    assert host.run("cd /opt/kafka/current && sha256sum --check --status --strict jars.sha256").rc == 0
    locked = host.check_output("grep -c . /opt/kafka/current/jars.sha256")
    assert host.check_output("ls /opt/kafka/current/*.jar | wc -l") == locked


@pytest.mark.parametrize("unit", ["kafka.service", "kafka-watchdog.service"])
def test_the_units_are_confined(host: Host, unit: str) -> None:
    exposure = host.check_output(f"systemd-analyze security --no-pager {unit} | tail -n 1")
    assert float(re.search(r"\d+\.\d+", exposure)[0]) <= 2.0


def test_the_broker_may_not_take_more_memory_than_it_was_given(host: Host) -> None:
    most = int(host.check_output("systemctl show --property=MemoryMax --value kafka.service"))
    heap = int(re.search(r"-Xmx(\d+)m", host.check_output("systemctl cat kafka.service"))[1])
    assert most == (2 * heap + 640) * 1024 * 1024


def test_a_killed_broker_comes_back_with_its_records(host: Host, topic: str) -> None:
    with host.sudo():
        host.check_output("systemctl kill --signal=KILL kafka.service")
    ready(host)
    assert sorted(records(host, topic)) == ["one", "two"]


def test_a_broker_that_hangs_is_killed_by_the_watchdog_and_comes_back(host: Host) -> None:
    pid = host.check_output("systemctl show --property=MainPID --value kafka.service")
    with host.sudo():
        host.check_output("systemctl start kafka-watchdog.service")
        host.check_output(f"kill -STOP {pid}")
        for _ in range(3):
            assert host.check_output("systemctl show --property=MainPID --value kafka.service") == pid
            host.check_output("systemctl start kafka-watchdog.service")
    ready(host)
    assert host.check_output("systemctl show --property=MainPID --value kafka.service") != pid


def test_a_reboot_brings_the_broker_back(host: Host, topic: str) -> None:
    rig = [os.environ["MATCHCAST_ROOT"] + "/.venv/bin/python", "-m", "tests.hosts.rig"]
    name = host.check_output("hostname")
    subprocess.run([*rig, "reboot", name], cwd=os.environ["MATCHCAST_ROOT"], check=True, stdout=sys.stderr)
    ready(host)
    assert sorted(records(host, topic)) == ["one", "two"]
