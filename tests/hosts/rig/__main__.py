"""Hosts that really boot, by hand: ``python -m tests.hosts.rig COMMAND`` in the checkout, as root.

They belong to the rig that MATCHCAST_RIG names (2 to 8 small letters and digits), which stays until `down`
without a name.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from pathlib import Path

from tests.hosts.rig.acme import ensure_acme
from tests.hosts.rig.base import IMAGES, RELEASES, ensure_base
from tests.hosts.rig.disks import Disk
from tests.hosts.rig.rig import Rig, rigs
from tests.hosts.rig.shell import RigError


def default_id() -> str:
    """Return the id that MATCHCAST_RIG names, else one derived from the checkout's folder."""
    return os.environ.get("MATCHCAST_RIG") or f"x{hashlib.sha256(str(Path.cwd()).encode()).hexdigest()[:5]}"


def parse(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.hosts.rig",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    base = commands.add_parser("base", help="make the image of a release, or find it made")
    up = commands.add_parser("up", help="make hosts and boot them")
    up.add_argument("names", nargs="+", metavar="NAME")
    for each in (base, up):
        each.add_argument("--release", choices=RELEASES, default="bookworm")
        each.add_argument(
            "--image", choices=IMAGES, default="debian", help="oci: with Oracle's packet filter"
        )
    up.add_argument("--disk", action="append", default=[], metavar="NAME:MEGABYTES[:PATH]")
    up.add_argument(
        "--alias", action="append", default=[], metavar="NAME", help="a further name that leads to it"
    )
    up.add_argument("--layer", help="start from a saved host")
    down = commands.add_parser("down", help="remove hosts; without a name, the rig")
    down.add_argument("names", nargs="*", metavar="NAME")
    for command, does in {
        "boot": "boot a host that is down",
        "stop": "shut a host down in order",
        "reboot": "let a host reboot itself",
        "crash": "end a host as a power cut does",
    }.items():
        commands.add_parser(command, help=does).add_argument("name", metavar="NAME")
    save = commands.add_parser("save", help="keep a host as a layer; it is gone then")
    save.add_argument("name", metavar="NAME")
    save.add_argument("layer", metavar="LAYER")
    commands.add_parser(
        "acme", help="start an ACME server that ends with the rig; print what it is reached by"
    )
    commands.add_parser("list", help="show the hosts")
    commands.add_parser("inventory", help="print an inventory for Ansible")
    ssh = commands.add_parser("ssh", help="log in to a host, or run a command on it")
    ssh.add_argument("name", metavar="NAME")
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    return parser.parse_args(words)


def obey(asked: argparse.Namespace) -> None:
    """Do what was asked for.

    Raises:
        RigError: it could not be done.
    """
    began = time.monotonic()
    if asked.command == "base":
        print(ensure_base(asked.release, asked.image))
        return
    id = default_id()
    if id not in rigs() and asked.command != "up":
        if asked.command not in ("down", "list"):
            raise RigError(f"there is no rig {id}", hint="boot a host: up NAME")
        return
    rig = Rig(id)
    match asked.command:
        case "up":
            disks = [Disk.parse(text) for text in asked.disk]
            hosts = rig.up(
                *asked.names,
                release=asked.release,
                image=asked.image,
                disks=disks,
                aliases=asked.alias,
                layer=rig.layer(asked.layer) if asked.layer else None,
            )
            for host in hosts:
                print(f"{host.name} {host.address} after {time.monotonic() - began:.1f} s")
        case "down" if asked.names:
            rig.down(*asked.names)
        case "down":
            rig.take_down()
        case "boot":
            rig.boot(asked.name)
        case "reboot":
            rig.reboot(asked.name)
        case "stop":
            rig.host(asked.name).stop()
        case "crash":
            rig.host(asked.name).crash()
        case "save":
            rig.save(asked.name, rig.layer(asked.layer))
        case "acme":
            server = ensure_acme(rig.network)
            print(f"directory {server.directory}\nits authority {server.ca}\nroot {server.root}")
        case "list":
            for name in rig.names():
                host = rig.host(name)
                print(name, host.address, host.release, host.image, "up" if host.is_running() else "down")
        case "inventory":
            print(json.dumps(rig.inventory(), indent=2))
        case "ssh":
            rig.host(asked.name)
            os.execvp("ssh", ["ssh", "-F", str(rig.ssh_config), asked.name, *asked.words])


def main() -> int:
    """Obey the command line; return the exit code."""
    try:
        obey(parse(sys.argv[1:]))
    except RigError as error:
        print(f"✘ {error.message}" + (f"\nTry: {error.hint}" if error.hint else ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
