"""Hosts that really boot, as fixtures."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from testinfra.backend.ssh import SshBackend
from testinfra.host import Host
from tests.hosts.rig import Disk, Rig
from tests.hosts.rig.acme import GO, AcmeServer, ensure_acme

TOOLS = ("systemd-nspawn", "mmdebstrap", "dnsmasq", "nft", "ip", "ssh", "losetup", "openssl")
ANSIBLE = Path(__file__).parents[2] / ".venv-ansible/bin"


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A rig of this run's own; what runs that were killed have left is taken down first."""
    if os.geteuid() != 0:
        pytest.skip("hosts are booted by root alone")
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        pytest.skip(f"{', '.join(missing)} is not here: run requirements/hosts.sh")
    with Rig.owned() as rig:
        yield rig


@pytest.fixture(scope="session")
def acme(rig: Rig) -> AcmeServer:
    """A real ACME server that the hosts reach by name."""
    if not GO.exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    rig.prepare()
    return ensure_acme(rig.network)


@pytest.fixture
def boot(rig: Rig) -> Iterator[Callable[..., Host]]:
    """Boot hosts that end with the test: `boot("web", release=…, image=…, disks=…, layer=…)`."""
    before = set(rig.names())

    def boot(
        name: str,
        release: str = "bookworm",
        image: str = "debian",
        disks: tuple[Disk, ...] = (),
        aliases: tuple[str, ...] = (),
        layer: Path | None = None,
    ) -> Host:
        rig.up(name, release=release, image=image, disks=disks, aliases=aliases, layer=layer)
        return reach(rig, name)

    yield boot
    rig.down(*[name for name in rig.names() if name not in before])


def reach(rig: Rig, name: str) -> Host:
    """Return testinfra's view of a host of a rig."""
    # Not by testinfra.get_host, which would give what it knows of an earlier host of that name.
    return Host(SshBackend(name, ssh_config=str(rig.ssh_config), sudo=True))


def listening_ports(host: Host) -> set[int]:
    """Return the TCP ports that a host listens on."""
    return {int(line.split()[3].rpartition(":")[2]) for line in host.check_output("ss -Hltn").splitlines()}
