"""Data disks: files behind loop devices, each bound to the path that a cloud gives a volume."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.rig.shell import RigError, run

OCI_DATA_DISK = "/dev/oracleoci/oraclevdb"


@dataclass(frozen=True)
class Disk:
    """A disk that a host is to have: its name, its size, and where the host finds it."""

    name: str = "data"
    megabytes: int = 512
    path: str = OCI_DATA_DISK

    @classmethod
    def parse(cls, text: str) -> Disk:
        """Read `NAME:MEGABYTES[:PATH]`.

        Raises:
            RigError: the text is not of that form.
        """
        form = re.fullmatch(r"([a-z][a-z0-9]*):([0-9]+)(?::(/dev/[\w./-]+))?", text)
        if form is None:
            raise RigError(f"no disk: {text!r}", hint="write NAME:MEGABYTES or NAME:MEGABYTES:/dev/PATH")
        return cls(form[1], int(form[2]), form[3] or OCI_DATA_DISK)


@dataclass(frozen=True)
class AttachedDisk:
    """A disk of a host: its file, its loop device, and where the host finds it."""

    name: str
    file: str
    loop: str
    path: str

    @property
    def number(self) -> str:
        """The device's number, `major:minor`."""
        status = Path(self.loop).stat()
        return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def attach(disk: Disk, file: Path, origin: Path | None = None) -> AttachedDisk:
    """Make a disk, empty or with the content of `origin`, and a loop device for it; a file that is there is taken."""
    if origin is not None:
        run("cp", "--sparse=always", origin, file)
    elif not file.exists():
        with file.open("wb") as empty:
            empty.truncate(disk.megabytes << 20)
    return AttachedDisk(
        disk.name, str(file), run("losetup", "--find", "--show", file).stdout.strip(), disk.path
    )


def detach_all_below(folder: Path) -> None:
    """Free every loop device whose file lies in a folder."""
    for line in run("losetup", "--noheadings", "--raw", "--output", "NAME,BACK-FILE").stdout.splitlines():
        loop, _, file = line.partition(" ")
        if Path(file).is_relative_to(folder):
            run("losetup", "--detach", loop, check=False)
