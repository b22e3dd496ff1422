"""What cannot end well ends early: with a sentence that says what to do, and nothing changed on the host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from testinfra.host import Host
from tests.hosts.conftest import reach
from tests.hosts.controller import Controller, prepared
from tests.hosts.rig import Disk, Rig
from tests.hosts.rig.acme import NAME as ELSEWHERE
from tests.hosts.rig.acme import AcmeServer

pytestmark = pytest.mark.timeout(900)

HOST = "refused"
DISK = "/dev/oracleoci/oraclevdb"
STATE = "/var/lib/matchcast"
ERASE = f"wipefs --all {DISK} && dd if=/dev/zero of={DISK} bs=1M count=1"
BEGINNING = f"head --bytes=200M {DISK} | sha256sum"
MIRROR_503 = """
import http.server
class Mirror(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)
http.server.HTTPServer(("127.0.0.1", 3128), Mirror).serve_forever()
"""
PARTITION_TABLE = """
entry = bytes([0, 0, 2, 0, 0x83, 0, 0, 0]) + (2048).to_bytes(4, "little") + (4096).to_bytes(4, "little")
with open("/dev/oracleoci/oraclevdb", "r+b") as disk:
    disk.write(entry.rjust(446 + 16, bytes(1)) + bytes(48) + bytes([0x55, 0xAA]))
"""


@pytest.fixture(scope="module")
def controller(rig: Rig, acme: AcmeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """A bare host with an empty data disk, and all that a user brings."""
    folder = tmp_path_factory.mktemp("controller")
    with prepared(rig, acme, folder, HOST, disks=(Disk(megabytes=2100),)) as controller:
        yield controller


@pytest.fixture
def host(controller: Controller) -> Host:
    return reach(controller.rig, HOST)


def refuse(controller: Controller, *sentences: str, tags: str = "", **variables: object) -> None:
    """Require that the play ends with sentences, before it has changed anything."""
    options = [f"--tags={tags}"] if tags else []
    played = controller.play(*options, f"--extra-vars={json.dumps(variables)}")
    told = " ".join(played.output.split())
    assert played.code not in (0, None), told
    for sentence in sentences:
        assert sentence in told
    assert played.changes == []
    assert "PLAY [Ground of all hosts]" not in played.output or tags == "base"


# --- the computer of the operator -----------------------------------------------------------------


@contextmanager
def without(path: Path) -> Iterator[None]:
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    try:
        yield
    finally:
        aside.replace(path)


@contextmanager
def edited(path: Path, pattern: str, text: str) -> Iterator[None]:
    before = path.read_text("utf-8")
    changed = re.sub(pattern, text, before, flags=re.MULTILINE)
    assert changed != before
    path.write_text(changed, "utf-8")
    try:
        yield
    finally:
        path.write_text(before, "utf-8")


def test_secrets_that_are_not_made_yet(controller: Controller) -> None:
    with without(controller.folder / "ansible/group_vars/all/vault.yml"):
        refuse(controller, "There are no secrets yet. Make them (make secrets), then run the play again.")


def test_an_inventory_that_is_not_there(controller: Controller) -> None:
    with without(controller.folder / "inventory"):
        refuse(controller, "Copy inventory.example to inventory, if it is not there yet.")


def test_an_inventory_with_an_empty_group(controller: Controller) -> None:
    with edited(
        controller.folder / "inventory", rf"^\[dashboard\]\n{HOST}$|^\[dashboard\]\nsite$", "[dashboard]"
    ):
        refuse(controller, "The inventory has no host in dashboard.", "one host may be in all of them")


def test_an_inventory_without_the_site_s_name(controller: Controller) -> None:
    with edited(controller.folder / "inventory", "^matchcast_domain.*$", ""):
        refuse(controller, "Set matchcast_domain and matchcast_acme_email in it, as inventory.example shows.")


def test_a_host_that_does_not_answer(controller: Controller) -> None:
    refuse(
        controller,
        "site cannot be worked on:",
        "Connection refused",
        "See that the host runs, that ansible_host (127.0.0.1) and ansible_user of the inventory are right",
        ansible_host="127.0.0.1",
        ansible_port=9,
    )


# --- the host -------------------------------------------------------------------------------------


def test_a_system_that_the_roles_do_not_know(controller: Controller, host: Host) -> None:
    host.check_output("cp -P /etc/os-release /etc/os-release.aside && rm /etc/os-release")
    host.check_output('printf \'NAME="Ubuntu"\\nID=ubuntu\\nVERSION_ID="22.04"\\n\' > /etc/os-release')
    try:
        refuse(
            controller,
            "This host runs Ubuntu 22.04, and the roles are made for Debian 12, Debian 13, Ubuntu 24.04.",
        )
    finally:
        host.check_output("mv /etc/os-release.aside /etc/os-release")


def test_too_little_memory(controller: Controller) -> None:
    refuse(controller, "Take a larger host, or spread the groups", base_memory_mb=10_000_000)


def test_too_little_room_on_the_root_disk(controller: Controller) -> None:
    refuse(controller, "MB free, and what is to be installed takes 10000000 MB.", base_disk_mb=10_000_000)


def test_a_data_disk_that_is_too_small(controller: Controller) -> None:
    refuse(
        controller,
        f"{DISK} has 2100 MB, and what the host is to keep takes 3000 MB. Enlarge the volume",
        data_disk_megabytes=3000,
    )


def test_an_operator_to_be_removed_who_runs_the_play(controller: Controller) -> None:
    refuse(
        controller,
        "base_operators removes ubuntu, whom Ansible logs in as.",
        base_operators=[{"name": "ubuntu", "state": "absent"}],
    )


def test_root_whom_hardened_ssh_would_refuse(controller: Controller, host: Host) -> None:
    host.check_output("install -D -m 600 /home/ubuntu/.ssh/authorized_keys /root/.ssh/authorized_keys")
    try:
        refuse(controller, "Ansible logs in as root, whom hardened SSH refuses.", ansible_user="root")
    finally:
        host.check_output("rm /root/.ssh/authorized_keys")


def test_a_first_boot_that_has_failed(controller: Controller, host: Host) -> None:
    host.check_output(
        "printf '#!/bin/sh\\necho status: error; exit 1\\n' > /usr/bin/cloud-init && chmod +x /usr/bin/cloud-init"
    )
    try:
        refuse(controller, "has failed (status: error). See why with `cloud-init status --long`")
    finally:
        host.check_output("rm /usr/bin/cloud-init")


def test_too_little_time_to_log_in_anew(controller: Controller) -> None:
    refuse(controller, "firewall_rollback_seconds is 9", firewall_rollback_seconds=9)


@pytest.mark.parametrize(
    ("port", "tags", "sentence"),
    [
        (443, "nginx", "python3 listens there. Stop and disable it (systemctl disable --now NAME), then run"),
        (9092, "kafka", "Port 9092 by python3 (process"),
        (8080, "airflow", "port 8080 is taken by python3 (process"),
    ],
)
def test_a_port_that_another_program_has(
    controller: Controller, host: Host, port: int, tags: str, sentence: str
) -> None:
    host.check_output(f"systemd-run --unit=squatter python3 -m http.server {port}")
    host.check_output(f"timeout 20 sh -c 'until ss -Hltn | grep -q :{port}; do sleep 0.1; done'")
    try:
        refuse(controller, sentence, tags=tags)
    finally:
        host.check_output("systemctl stop squatter")


def test_a_name_that_does_not_point_to_the_host(controller: Controller) -> None:
    refuse(
        controller,
        f"{ELSEWHERE} points to",
        "Make an A record for",
        tags="certbot",
        matchcast_domain=ELSEWHERE,
    )


def test_a_mirror_that_fails(controller: Controller, host: Host) -> None:
    index = "$(REPO_URI)dists/$(RELEASE)/InRelease"
    first = host.check_output(f"apt-get indextargets --format '{index}' 'Release: bookworm' | head -1")
    host.check_output("rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin && touch -d @0 /var/lib/apt/lists")
    host.check_output(f"systemd-run --unit=mirror python3 -c '{MIRROR_503}'")
    host.check_output("echo 'Acquire::http::Proxy \"http://127.0.0.1:3128\";' > /etc/apt/apt.conf.d/99mirror")
    try:
        refuse(
            controller,
            f"E: Failed to fetch {first} 503 Service Unavailable",
            "sudo apt-get update",
            "it goes on where it stopped",
            tags="base",
        )
    finally:
        host.check_output("rm /etc/apt/apt.conf.d/99mirror && systemctl stop mirror")


# --- a disk that holds data -----------------------------------------------------------------------


@contextmanager
def erased_after(host: Host) -> Iterator[None]:
    try:
        yield
    finally:
        host.check_output(ERASE)


def test_a_disk_with_another_s_file_system_is_left_as_it_is(controller: Controller, host: Host) -> None:
    with erased_after(host):
        host.check_output(f"mkfs.ext4 -q -L photos {DISK}")
        before = host.check_output(BEGINNING)
        refuse(controller, f"{DISK} holds data (ext4)", "A disk that holds data is never formatted.")
        assert host.check_output(BEGINNING) == before


def test_a_disk_with_a_partition_table_is_left_as_it_is(controller: Controller, host: Host) -> None:
    with erased_after(host):
        host.check_output(f"python3 -c '{PARTITION_TABLE}'")
        before = host.check_output(BEGINNING)
        refuse(controller, f"{DISK} holds data (dos", f"erase it yourself: `{ERASE}`")
        assert host.check_output(BEGINNING) == before


def test_a_disk_with_data_of_no_file_system_is_left_as_it_is(controller: Controller, host: Host) -> None:
    with erased_after(host):
        host.check_output(f"printf raw | dd of={DISK} bs=1 seek=65536 conv=notrunc")
        before = host.check_output(BEGINNING)
        refuse(controller, f"{DISK} holds data (data without a filesystem)")
        assert host.check_output(BEGINNING) == before


# --- a disk that was enlarged ---------------------------------------------------------------------


def test_a_volume_that_was_enlarged_is_all_used_before_anything_asks_for_room(
    controller: Controller, host: Host
) -> None:
    with erased_after(host):
        host.check_output(f"mkfs.ext4 -q -L matchcast {DISK} 1200M")
        try:
            played = controller.play("--tags=data_disk,preflight")
            assert "data_disk : Grow the filesystem, mounted or not" in played.changes
            grown, asked = map(
                played.output.index, ("TASK [data_disk : Grow", "TASK [Ask what Kafka would find]")
            )
            assert grown < asked
            assert int(host.check_output(f"df --output=size --block-size=1M {STATE} | tail -1")) > 1900
        finally:
            host.check_output(f"umount {STATE} && rmdir {STATE} && sed -i '\\# {STATE} #d' /etc/fstab")


# --- and then -------------------------------------------------------------------------------------


def test_once_all_is_mended_the_run_goes_on(controller: Controller, host: Host) -> None:
    played = controller.play("--tags=base,firewall,data_disk")
    assert played.code == 0, played.output[-8000:]
    assert host.mount_point(STATE).exists
