"""The computer that a site is made from, as its users have it: a copy of `ansible/`, an inventory, secrets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.hosts.conftest import ANSIBLE
from tests.hosts.playing import run_to_its_end
from tests.hosts.rig import Disk, Rig
from tests.hosts.rig.acme import AcmeServer

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "inventory.example"
NAME = "site.matchcast.test"
PLAYBOOK = ANSIBLE / "ansible-playbook"
RECAP = re.compile(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
TOOK = re.compile(r"^(?P<task>\S.*?) -+ (?P<seconds>[\d.]+)s$", re.MULTILINE)


class Unprinted(dict[str, str]):
    """Secrets that a test which fails does not print."""

    def __repr__(self) -> str:
        return f"{len(self)} secrets"

    def seen_in(self, text: str) -> list[str]:
        """Return the names of those whose value a text holds."""
        # Kafka's id is made with the secrets and is none.
        return [name for name in self if name != "vault_kafka_cluster_id" and self[name] in text]


@dataclass(frozen=True)
class Played:
    """What a run of the play printed, and how long it took."""

    code: int
    output: str
    seconds: float

    @property
    def changed(self) -> int:
        """How many tasks have changed something, on all hosts."""
        return sum(int(line[2]) for line in RECAP.finditer(self.output))

    @property
    def changes(self) -> list[str]:
        """The tasks that have changed something."""
        task, found = "", []
        for line in self.output.splitlines():
            if line.startswith(("TASK [", "RUNNING HANDLER [")):
                task = line.partition("[")[2].partition("]")[0]
            elif line.startswith("changed:") and task not in found:
                found.append(task)
        return found

    @property
    def longest(self) -> list[str]:
        """The twenty tasks that took longest, each with its seconds."""
        return [f"{line['seconds']:>7} s  {line['task']}" for line in TOOK.finditer(self.output)]

    def told(self) -> str:
        """What a test says of it when it fails, and of its time when it does not."""
        return "\n".join([f"ended with {self.code} after {self.seconds:.0f} s", *self.longest])


def filled_in(inventory: str, addresses: Mapping[str, str]) -> str:
    """Write over an example's site, mail and addresses those of the tests."""
    meant = {"forecasts.example.org": NAME, "you@example.org": "operator@matchcast.test", **addresses}
    for written in meant:
        assert written in inventory
    return re.sub("|".join(map(re.escape, meant)), lambda found: meant[found[0]], inventory)


@dataclass(frozen=True)
class Controller:
    """Where the play of one site is run from: `folder` holds all that is not in the checkout."""

    rig: Rig
    folder: Path
    acme: AcmeServer
    host: str = "site"

    def prepare(self, inventory: str | None = None) -> None:
        """Do what the README tells: fill in the inventory, that of one host if none is given, and make the secrets."""
        self.lay_out(inventory)
        self.make_secrets()

    def lay_out(self, inventory: str | None = None) -> None:
        """Bring the files of `prepare`, without secrets."""
        self.bring_playbooks(
            {
                "ansible_ssh_common_args": f"-F {self.rig.ssh_config}",
                "ansible_control_path": f"{self.rig.folder}/ssh-%%r-%%h",
            }
        )
        if inventory is None:
            inventory = filled_in(EXAMPLE.read_text("utf-8"), {"203.0.113.10": self.host})
        (self.folder / "inventory").write_text(inventory, "utf-8")

    def bring_playbooks(self, ways: Mapping[str, str]) -> None:
        """Copy the playbooks, and write the settings of a user: the ways to the hosts, and what these hosts are like."""
        shutil.copytree(ROOT / "ansible", self.folder / "ansible", ignore=shutil.ignore_patterns("vault.yml"))
        # They have the machine's own clock and memory, and certificates from a server of the rig's.
        settings = {
            **ways,
            "base_clock": False,
            "base_swap": False,
            "certbot_server": self.acme.directory,
            "certbot_ca_file": str(self.acme.ca),
        }
        (self.folder / "ansible/group_vars/all/site.yml").write_text(yaml.safe_dump(settings), "utf-8")

    def make_secrets(self) -> str:
        """Do what `make secrets` does; return what it says."""
        return self._ask(ANSIBLE / "python", "make_secrets.py")

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ANSIBLE_ROLES_PATH": str(ROOT / "roles"),
            "ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.profile_tasks",
            "MATCHCAST_VAULT_PASSWORD_FILE": str(self.folder / "vault_password"),
            "PATH": f"{ANSIBLE}:{os.environ['PATH']}",
            "NO_COLOR": "1",
        }

    def _ask(self, *command: str | Path) -> str:
        return subprocess.run(
            command, cwd=self.folder / "ansible", env=self._environment, capture_output=True, text=True, check=True
        ).stdout  # fmt: skip

    def secrets(self) -> Unprinted:
        """Return what `make show-secrets` shows."""
        return Unprinted(
            yaml.safe_load(self._ask(ANSIBLE / "ansible-vault", "view", "group_vars/all/vault.yml"))
        )

    def play(self, *arguments: str) -> Played:
        """Run site.yml; `play.log` beside the inventory can be followed."""
        command = [str(PLAYBOOK), "--inventory", "../inventory", "site.yml", *arguments]
        began, shown = time.monotonic(), self.folder / "play.log"
        code = run_to_its_end(command, shown, self._environment, self.folder / "ansible")
        return Played(code, shown.read_text("utf-8", "replace"), time.monotonic() - began)


@contextmanager
def prepared(
    rig: Rig,
    acme: AcmeServer,
    folder: Path,
    host: str,
    *,
    image: str = "debian",
    disks: tuple[Disk, ...] = (),
    aliases: tuple[str, ...] = (NAME,),
) -> Iterator[Controller]:
    """Give a bare host, with all that a user brings to make a site of it; the host ends with the context."""
    if not PLAYBOOK.exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    rig.up(host, image=image, disks=disks, aliases=aliases)
    try:
        controller = Controller(rig, folder, acme, host)
        controller.prepare()
        yield controller
    finally:
        rig.down(host)
