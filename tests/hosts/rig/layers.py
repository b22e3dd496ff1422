"""Saved hosts: what a host has written, and its disks, kept for others to start from.

A layer is a folder: below a rig's own it goes with the rig, elsewhere it is there for other rigs too.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.hosts.rig.disks import Disk
from tests.hosts.rig.places import is_in_use, remove_tree
from tests.hosts.rig.shell import RigError, run


@dataclass(frozen=True)
class Layer:
    """A saved host: its release and image, its disks, and the layers below it, the newest first."""

    release: str
    image: str
    disks: list[Disk]
    below: list[Path]


def read_layer(folder: Path) -> Layer:
    """Return what is known of the layer that a folder holds.

    Raises:
        RigError: it holds none, or one that was not saved to its end.
    """
    try:
        kept = json.loads((folder / "layer.json").read_text("utf-8"))
    except FileNotFoundError:
        raise RigError(f"no layer in {folder}", hint="save a host there first") from None
    kept["disks"] = [Disk(**disk) for disk in kept["disks"]]
    kept["below"] = [Path(below) for below in kept["below"]]
    return Layer(**kept)


def write_layer(folder: Path, layer: Layer, upper: Path) -> None:
    """Keep what a host that is down has written, in place of a layer in the same folder that nobody runs on.

    Args:
        folder: the layer's; it is made aside, and renamed when it is whole.
        layer: what is known of it.
        upper: what the host has written; the files of its disks lie beside it.
    """
    aside = folder.with_name(f"{folder.name}.new")
    if is_in_use(folder / "files"):
        raise RigError(
            f"hosts run on the layer in {folder}", hint="take them down, or save under another name"
        )
    remove_tree(aside)
    aside.mkdir(parents=True)
    run("cp", "--archive", upper, aside / "files")
    for disk in layer.disks:
        run("cp", "--sparse=always", upper.with_name(f"{disk.name}.img"), aside)
    (aside / "layer.json").write_text(json.dumps(asdict(layer), default=str), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def lower_folders(layers: Sequence[Path], base: Path, packages: Sequence[Path]) -> str:
    """Return overlayfs's `lowerdir` for a host on layers, the newest first."""
    files = [layer / "files" for layer in layers]
    return ":".join(map(str, [*files, base, *packages]))
