"""An empty disk at Oracle's path; side_effect.yml has taken it away and back again."""

from __future__ import annotations

import os
import subprocess
import sys

from testinfra.host import Host

MOUNT = "/var/lib/matchcast"


def size_mb(host: Host) -> int:
    return int(host.check_output(f"df --block-size=1M --output=size {MOUNT}").split()[-1])


def test_the_disk_is_mounted_by_uuid_and_does_not_stop_a_boot(host: Host) -> None:
    mount = host.mount_point(MOUNT)
    assert mount.exists
    assert mount.filesystem == "ext4"
    assert "noatime" in mount.options
    (line,) = [line for line in host.file("/etc/fstab").content_string.splitlines() if MOUNT in line]
    with host.sudo():
        uuid = host.check_output("blkid --probe --match-tag UUID --output value /dev/oracleoci/oraclevdb")
    assert line.split()[0] == f"UUID={uuid}"
    assert "nofail" in line.split()[3].split(",")


def test_data_outlives_all_that_was_done_to_the_disk(host: Host) -> None:
    assert host.file(f"{MOUNT}/precious").content_string == "0.42\n"


def test_the_filesystem_has_grown_with_its_disk(host: Host) -> None:
    assert size_mb(host) > 400


def test_a_reboot_brings_the_disk_back(host: Host) -> None:
    rig = [os.environ["MATCHCAST_ROOT"] + "/.venv/bin/python", "-m", "tests.hosts.rig"]
    name = host.check_output("hostname")
    subprocess.run([*rig, "reboot", name], cwd=os.environ["MATCHCAST_ROOT"], check=True, stdout=sys.stderr)
    assert host.file(f"{MOUNT}/precious").content_string == "0.42\n"
