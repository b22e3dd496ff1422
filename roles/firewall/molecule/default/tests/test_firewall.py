"""A host with the packet filter of Oracle's images, and one that had none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from testinfra.host import Host


@pytest.fixture
def address(host: Host) -> str:
    return host.check_output("hostname -I").split()[0]


@pytest.fixture(scope="module")
def listeners(host: Host) -> Iterator[None]:
    """Something listens on every port that is asked."""
    with host.sudo():
        for port in (80, 443, 8081, 8501, 9092, 9093):
            host.run(f"systemd-run --quiet --unit=listener-{port} python3 -m http.server {port}")
    for port in (80, 443, 8081, 8501, 9092, 9093):
        host.check_output(
            f"timeout 30 sh -c 'until ss -Hltn sport = :{port} | grep -q .; do sleep 0.2; done'"
        )
    yield
    with host.sudo():
        host.run("systemctl stop 'listener-*'")


def open_ports(address: str, ports: list[int]) -> set[int]:
    found = set()
    for port in ports:
        try:
            socket.create_connection((address, port), 3).close()
        except OSError:
            continue
        found.add(port)
    return found


def rules(host: Host, program: str = "iptables") -> list[str]:
    with host.sudo():
        return host.check_output(f"{program} -S").splitlines()


def test_only_the_named_ports_are_open_and_a_removed_one_is_shut_again(
    host: Host, address: str, listeners: None
) -> None:
    # 9092 is open to where the tests come from, 9093 to another network, 8081 was open before.
    assert open_ports(address, [22, 80, 443, 8081, 8501, 9092, 9093]) == {22, 80, 443, 9092}


def test_the_rules_of_ipv6_are_kept_too(host: Host) -> None:
    chain = [rule for rule in rules(host, "ip6tables") if rule.startswith("-A MATCHCAST")]
    assert "-A MATCHCAST -p tcp -m tcp --dport 443 -j ACCEPT" in chain
    assert "-A MATCHCAST -s 2001:db8::/64 -p tcp -m tcp --dport 9093 -j ACCEPT" in chain
    assert chain[-1] == "-A MATCHCAST -j REJECT --reject-with icmp6-adm-prohibited"


def test_the_rules_of_the_image_stay(host: Host) -> None:
    if host.check_output("hostname") != "fwoci":
        assert not [rule for rule in rules(host) if "InstanceServices" in rule]
        return
    kept = rules(host)
    assert len([rule for rule in kept if rule.startswith("-A InstanceServices")]) >= 3
    assert "-A INPUT -j REJECT --reject-with icmp-host-prohibited" in kept
    inputs = [rule for rule in kept if rule.startswith("-A INPUT")]
    assert inputs[0] == "-A INPUT -j MATCHCAST"
    with host.sudo():
        assert "InstanceServices" in host.file("/etc/iptables/rules.v4").content_string


def test_nothing_waits_to_take_the_rules_back(host: Host) -> None:
    with host.sudo():
        assert "matchcast-firewall-rollback" not in host.check_output(
            "systemctl list-timers --all --no-legend"
        )


def test_a_reboot_brings_the_same_rules_back(host: Host, address: str) -> None:
    before = rules(host), rules(host, "ip6tables")
    rig = [os.environ["MATCHCAST_ROOT"] + "/.venv/bin/python", "-m", "tests.hosts.rig"]
    name = host.check_output("hostname")
    subprocess.run([*rig, "reboot", name], cwd=os.environ["MATCHCAST_ROOT"], check=True, stdout=sys.stderr)
    assert (rules(host), rules(host, "ip6tables")) == before
    assert open_ports(address, [22]) == {22}
