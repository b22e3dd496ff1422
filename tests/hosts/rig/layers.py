"""Saved hosts: what a host has written, and its disks, kept for others to start from."""

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
    """A saved host: its release and image, its disks, and the layers that it had been started from, newest first."""

    release: str
    image: str
    disks: list[Disk]
    below: list[str]


def read_layer(folder: Path, name: str) -> Layer:
    """Return the layer of a name.

    Raises:
        RigError: there is none.
    """
    try:
        kept = json.loads((folder / name / "layer.json").read_text("utf-8"))
    except FileNotFoundError:
        raise RigError(f"no layer {name!r}", hint="save a host under this name first") from None
    kept["disks"] = [Disk(**disk) for disk in kept["disks"]]
    return Layer(**kept)


def write_layer(folder: Path, name: str, layer: Layer, upper: Path) -> None:
    """Keep what a host that is down has written, in place of a layer of the same name that nobody runs on.

    Args:
        folder: where layers are kept.
        name: of the layer.
        layer: what is known of it.
        upper: what the host has written; the files of its disks lie beside it.
    """
    target, aside = folder / name, folder / f"{name}.new"
    if is_in_use(target / "files"):
        raise RigError(f"hosts run on the layer {name!r}", hint="take them down, or save under another name")
    remove_tree(aside)
    aside.mkdir(parents=True)
    run("cp", "--archive", upper, aside / "files")
    for disk in layer.disks:
        run("cp", "--sparse=always", upper.with_name(f"{disk.name}.img"), aside)
    (aside / "layer.json").write_text(json.dumps(asdict(layer)), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    aside.rename(target)


def lower_folders(folder: Path, layers: Sequence[str], base: Path, packages: Sequence[Path]) -> str:
    """Return overlayfs's `lowerdir` for a host on layers, the newest first."""
    files = [str(folder / layer / "files") for layer in layers]
    return ":".join([*files, str(base), *map(str, packages)])
