"""A rig: hosts that really boot, on a network of their own.

Each is a systemd-nspawn container with systemd as its first process, sshd, and a cloud's user. A rig has an id,
from which the names of all that it makes are derived, so that several are on one machine at once. A rig that a
process owns is taken down by the next rig that starts after that process has gone, however it went.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.hosts.rig.base import ensure_base
from tests.hosts.rig.disks import Disk, detach_all_below
from tests.hosts.rig.host import STOP_SECONDS, USER, Host
from tests.hosts.rig.layers import read_layer
from tests.hosts.rig.network import Network, free_subnet, restore_forwarding
from tests.hosts.rig.places import STATE, held, remove_tree
from tests.hosts.rig.shell import RigError, run

AT_ONCE = 4


class Rig:
    """The rig with an id: opened when it is there, made otherwise."""

    def __init__(self, id: str) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]{1,7}", id):
            raise RigError(f"no id of a rig: {id!r}", hint="take 2 to 8 small letters and digits")
        self.id = id
        self.folder = STATE / id
        self.network = Network(id, self._claim_subnet(), self.folder)

    # --- the rig as a whole -------------------------------------------------------------------------

    @classmethod
    @contextmanager
    def owned(cls) -> Iterator[Rig]:
        """Make a rig of this process's own, and take it down at the end; first, those whose owner has gone."""
        take_down_abandoned()
        id = f"mc{secrets.token_hex(2)}"
        with owning(STATE / id):
            rig = cls(id)
            try:
                yield rig
            finally:
                rig.take_down()

    def _claim_subnet(self) -> str:
        kept = self.folder / "rig.json"
        with held(STATE / "subnets.lock"):
            if not kept.exists():
                others = [
                    json.loads(other.read_text("utf-8"))["subnet"] for other in STATE.glob("*/rig.json")
                ]
                self.folder.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps({"subnet": free_subnet(self.id, others)}), encoding="utf-8")
            subnet: str = json.loads(kept.read_text("utf-8"))["subnet"]
        return subnet

    def prepare(self) -> None:
        """Make what all hosts share: the network, a folder in memory, a key to log in with."""
        if os.geteuid() != 0:
            raise RigError("hosts are booted by root alone", hint="run it with sudo")
        with held(self.folder / "lock"):
            memory = self.folder / "memory"
            memory.mkdir(exist_ok=True)
            if not os.path.ismount(memory):
                run("mount", "-t", "tmpfs", "-o", "size=75%,mode=755", f"{self.id}-hosts", memory)
            if not (self.folder / "key").exists():
                run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.id, "-f", self.folder / "key")
            self.network.raise_up()

    def take_down(self) -> None:
        """Remove all of the rig: hosts, layers, network."""
        self.down(*self.names())
        self.network.take_down()
        memory = self.folder / "memory"
        detach_all_below(memory)  # what was attached to a host, and outlived it
        if os.path.ismount(memory):
            run("umount", memory)
        remove_tree(self.folder)
        restore_forwarding()

    # --- hosts --------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of its hosts, sorted."""
        return sorted(file.stem for file in (self.folder / "hosts").glob("*.json"))

    def host(self, name: str) -> Host:
        """Return a host.

        Raises:
            RigError: there is none of that name.
        """
        file = self.folder / "hosts" / f"{name}.json"
        if not file.exists():
            raise RigError(f"no host {name!r} on the rig {self.id}", hint=f"hosts: {', '.join(self.names())}")
        return Host.read(file, self.folder, self.network)

    def up(
        self,
        *names: str,
        release: str = "bookworm",
        image: str = "debian",
        disks: Sequence[Disk] = (),
        aliases: Sequence[str] = (),
        layer: Path | None = None,
        address: str | None = None,
        keys: str | None = None,
    ) -> list[Host]:
        """Make hosts and boot them, several at once; return when all are ready.

        Args:
            release: Debian's name of the release; that of `layer` if there is one.
            image: "debian", or "oci" with the packet filter of Oracle's images.
            disks: empty data disks of each host, beside those that were saved with `layer`.
            aliases: further names that lead to the host; for one host alone.
            layer: the folder of a saved host to start from.
            address: where on the rig's network it is, for one host alone; the first that is free if none is given.
            keys: public keys that may log in, the rig's own among them; that alone if none are given.
        """
        layers: list[Path] = []
        wanted = list(disks)
        if layer is not None:
            saved = read_layer(layer)
            release, image, layers = saved.release, saved.image, [layer, *saved.below]
            wanted = [*saved.disks, *wanted]
        base = ensure_base(release, image)
        self.prepare()

        def start(name: str) -> Host:
            host = self._register(name, release, image, list(aliases), layers, address)
            host.make(base, wanted, keys or self.public_key)
            self._publish()
            host.boot()
            self.wait_until_ready(host)
            return host

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(start, names))

    def _register(
        self,
        name: str,
        release: str,
        image: str,
        aliases: list[str],
        layers: list[Path],
        address: str | None,
    ) -> Host:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,20}", name) or name == "router":
            raise RigError(
                f"no name of a host: {name!r}", hint="take small letters, digits and -, 21 at most"
            )
        with held(self.folder / "lock"):
            if name in self.names():
                raise RigError(f"there is a host {name!r} on the rig {self.id}", hint="take it down first")
            used = {self.host(other).address for other in self.names()}
            free = [str(each) for each in list(self.network.hosts)[10:120] if str(each) not in used]
            if address is not None and address not in free:
                raise RigError(
                    f"{name} cannot have {address} on the rig {self.id}",
                    hint=f"take one of {self.network.hosts}, such as {free[0]}",
                )
            host = Host(name, self.folder, self.network, address or free[0], release, image, aliases, layers)
            host.write()
            return host

    def down(self, *names: str) -> None:
        """Remove hosts; those that have gone already are passed over."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self._destroy, set(names) & set(self.names())))
        self._publish()

    def _destroy(self, name: str) -> None:
        host = self.host(name)
        run("ssh", "-F", self.ssh_config, "-O", "exit", host.address, check=False)
        host.destroy()

    def boot(self, name: str) -> Host:
        """Boot a host that is down; return when it is ready."""
        host = self.host(name)
        if host.is_running():
            raise RigError(f"{name} runs already")
        host.boot()
        self.wait_until_ready(host)
        return host

    def reboot(self, name: str) -> Host:
        """Let a host reboot itself; return when it is ready again."""
        host = self.host(name)
        before, deadline = host.boot_id(), time.monotonic() + STOP_SECONDS
        self.run_on(name, "sudo systemctl reboot", check=False)
        while host.boot_id() in (0, before):
            if time.monotonic() > deadline:
                raise RigError(f"{name} has not rebooted within {STOP_SECONDS:.0f} s:\n{host.console}")
            time.sleep(0.02)
        self.wait_until_ready(host)
        return host

    def layer(self, name: str) -> Path:
        """Return the folder for a layer that goes with the rig."""
        return self.folder / "layers" / name

    def save(self, name: str, layer: Path) -> None:
        """Shut a host down and keep it, with its disks, in a folder that others start from; it is gone then."""
        host = self.host(name)
        run("ssh", "-F", self.ssh_config, "-O", "exit", host.address, check=False)
        host.save(layer)
        self._publish()

    def wait_until_ready(self, host: Host) -> str:
        """Wait until a host takes logins and has started what it starts; return systemd's word for its state."""
        return host.wait_until_ready(["ssh", "-F", str(self.ssh_config), "-o", "ControlPath=none", host.name])

    # --- ways to them -------------------------------------------------------------------------------

    @property
    def ssh_config(self) -> Path:
        """A configuration of ssh that knows the hosts by name: `ssh -F FILE NAME`."""
        return self.folder / "ssh_config"

    @property
    def public_key(self) -> str:
        """The key that the rig logs in with; `prepare` makes it."""
        return (self.folder / "key.pub").read_text("ascii")

    def run_on(
        self, name: str, command: str, given: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell command on a host, as the cloud's user, with `given` on its stdin."""
        return run("ssh", "-F", self.ssh_config, name, command, given=given, check=check)

    def _publish(self) -> None:
        """Tell the name server and ssh which hosts there are."""
        with held(self.folder / "lock"):
            hosts = [self.host(name) for name in self.names()]
            self.network.publish((host.address, [host.full_name, host.name, *host.aliases]) for host in hosts)
            known = [line for host in hosts if (line := host.host_key) is not None]
            (self.folder / "known_hosts").write_text("".join(f"{line}\n" for line in known), "ascii")
            addresses = "".join(
                f"Host {host.name} {host.full_name}\n  HostName {host.address}\n" for host in hosts
            )
            self.ssh_config.write_text(
                f"{addresses}Host *\n"
                f"  User {USER}\n"
                f"  IdentityFile {self.folder}/key\n"
                f"  UserKnownHostsFile {self.folder}/known_hosts\n"
                f"  ControlPath {self.folder}/ssh-%h\n"
                "  ControlMaster auto\n"
                "  ControlPersist 60\n"
                "  IdentitiesOnly yes\n"
                "  BatchMode yes\n"
                "  ConnectTimeout 10\n"
                "  LogLevel ERROR\n",
                encoding="utf-8",
            )

    def inventory(self, groups: Mapping[str, Sequence[str]] | None = None) -> dict[str, object]:
        """Return an inventory for Ansible of all hosts, those of each group in it too."""
        ways = {
            "ansible_user": USER,
            "ansible_ssh_common_args": f"-F {self.ssh_config}",
            "ansible_control_path": f"{self.folder}/ssh-%%r-%%h",
        }
        children = {group: {"hosts": {name: {} for name in names}} for group, names in (groups or {}).items()}
        hosts = {name: {"ansible_host": name} for name in self.names()}
        return {"all": {"vars": ways, "hosts": hosts, "children": children}}


@contextmanager
def owning(folder: Path) -> Iterator[None]:
    """Own the rig whose folder this is, while this process runs."""
    folder.mkdir(parents=True)
    with (folder / "owner").open("w") as owner:
        fcntl.flock(owner, fcntl.LOCK_EX)
        yield


def take_down_abandoned() -> None:
    """Take down the rigs whose owner has gone; rigs without an owner are somebody's to take down."""
    for file in sorted(STATE.glob("*/owner")):
        with file.open("w") as owner:
            try:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            Rig(file.parent.name).take_down()


def rigs() -> list[str]:
    """Return the ids of the rigs on this machine."""
    return sorted(file.parent.name for file in STATE.glob("*/rig.json"))
