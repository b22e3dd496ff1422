"""What the role data_disk takes for an empty disk: one that shows nothing at all, and shows it."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="block devices are made by root alone")

VARIABLES = Path(__file__).parents[2] / "roles/data_disk/vars/main.yml"


def held(disk: Path) -> str:
    """Return what the role finds on a disk; nothing when it would format it."""
    probe = yaml.safe_load(VARIABLES.read_text("utf-8"))["_data_disk_held"]
    script = f'set -u -o pipefail\n{probe}\nheld "$1"'
    command = ["bash", "-c", script, "bash", str(disk)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A block device whose 64 MB are zeros."""
    image = tmp_path / "image"
    image.touch()
    os.truncate(image, 64 << 20)
    attached = subprocess.run(
        ["losetup", "--find", "--show", image], capture_output=True, text=True, check=True
    )
    device = Path(attached.stdout.strip())
    yield device
    subprocess.run(["losetup", "--detach", device], check=True)


def test_a_new_disk_is_empty(disk: Path) -> None:
    assert held(disk) == ""


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("mkfs.ext4 -q {}", "ext4"),
        ("mkswap {}", "swap"),
        ("printf raw | dd of={} bs=1 seek=65536 conv=notrunc", "data without a filesystem"),
    ],
)
def test_a_disk_that_was_written_is_not(disk: Path, command: str, found: str) -> None:
    subprocess.run(command.format(disk), shell=True, check=True, capture_output=True)
    assert held(disk) == found


def test_a_disk_that_cannot_be_read_is_not_empty(tmp_path: Path) -> None:
    # A major number of those that no driver has: the kernel does not open it, and blkid says what it says of an empty disk.
    gone = tmp_path / "gone"
    os.mknod(gone, 0o600 | stat.S_IFBLK, os.makedev(240, 7))
    assert subprocess.run(["blkid", "--probe", gone], capture_output=True, check=False).returncode == 2
    assert held(gone) == "it cannot be read"


def test_a_file_is_no_disk(tmp_path: Path) -> None:
    assert held(tmp_path) == "it is not a block device"
