"""The way from `terraform apply` to HTTPS and back, step by step, as a user of Oracle Cloud goes it.

The configuration, its inventory's program, the playbook and the program that tears down are those of the checkout,
copied beside a state of their own; only the provider is the stand-in, with instances that boot (`cloud`).
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hosts.conftest import ANSIBLE
from tests.hosts.controller import PLAYBOOK, Controller, Played
from tests.hosts.playing import run_to_its_end
from tests.hosts.rig import Rig, RigError
from tests.hosts.rig.acme import AcmeServer, ensure_acme
from tests.hosts.rig.base import ensure_base
from tests.hosts.visitor import Visitor
from tests.terraform.running import PYTHON, Site, fetch_schemas, find_terraform, sites

DOMAIN = "forecasts.matchcast.test"


@dataclass(frozen=True)
class Checkout(Controller):
    """The computer that the site is made from; Terraform writes its inventory."""

    @property
    def ssh_config(self) -> Path:
        """What a user has in ~/.ssh/config."""
        return self.folder / "ssh_config"

    def bring_own_files(self) -> None:
        """Write what a user brings beside the inventory: a way to log in, settings of the roles."""
        self.ssh_config.write_text(
            f"IdentityFile {self.rig.folder}/key\n"
            "IdentitiesOnly yes\n"
            f"UserKnownHostsFile {self.folder}/known_hosts\n"
            "StrictHostKeyChecking accept-new\n"
            "BatchMode yes\n"
            "ConnectTimeout 10\n"
            "LogLevel ERROR\n",
            encoding="utf-8",
        )
        self.bring_playbooks(
            {
                "ansible_ssh_extra_args": f"-F {self.ssh_config}",
                "ansible_control_path": f"{self.folder}/ssh-%%h",
            }
        )

    def ping(self) -> set[str]:
        """Return the hosts of the inventory that Ansible can work on."""
        command = [str(ANSIBLE / "ansible"), "all", "--one-line", "--module-name", "ansible.builtin.ping"]
        shown = self.folder / "ping.log"
        run_to_its_end(command, shown, self._environment, self.folder / "ansible")
        return set(re.findall(r"^(\S+) \| SUCCESS", shown.read_text("utf-8"), re.MULTILINE))


@dataclass(frozen=True)
class Rehearsal:
    """One site in the cloud that is played. Each step fails with an AssertionError that says what was not so."""

    rig: Rig
    acme: AcmeServer
    site: Site

    @property
    def checkout(self) -> Checkout:
        """Where it is run from."""
        return Checkout(self.rig, self.site.folder, self.acme)

    @property
    def address(self) -> str:
        """The site's public address."""
        address: str = self.site.outputs()["public_address"]
        return address

    @property
    def visitor(self) -> Visitor:
        """Somebody who comes by the site's public address."""
        return Visitor(self.address, self.acme.root, DOMAIN)

    # --- up -----------------------------------------------------------------------------------------

    def apply(self) -> str:
        """Let Terraform make the hosts, and see that it finds nothing more to do."""
        self.site.apply()
        assert self.site.plan() == {}
        return f"{sum(self.site.account.contents().values())} resources: {', '.join(self.rig.names())} at {self.address}"

    def point_the_name(self) -> str:
        """Let the site's name lead to the reserved address."""
        self.rig.network.point(DOMAIN, self.address)
        return f"{DOMAIN} leads to {self.address}"

    def write_inventory(self) -> str:
        """Write the inventory of what Terraform made."""
        done = self.site.start(["./inventory.sh"])
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().removeprefix("✔ inventory: ")

    def make_secrets(self) -> str:
        """Make the secrets, and bring what else a user brings."""
        self.checkout.bring_own_files()
        [said] = [line for line in self.checkout.make_secrets().splitlines() if line.startswith("✔ secrets")]
        return said.removeprefix("✔ secrets").partition(" in ")[0].strip()

    def play(self) -> Played:
        """Turn the hosts into the site."""
        played = self.checkout.play()
        assert played.code == 0, played.output[-8000:]
        return played

    # --- the site -----------------------------------------------------------------------------------

    def visit(self) -> str:
        """Ask the site for its page over TLS, and verify its certificate."""
        page = self.visitor.ask("/")
        assert page.status == 200, page.status
        trust = ssl.create_default_context(cafile=str(self.acme.root))
        with (
            socket.create_connection((self.address, 443), timeout=30) as connection,
            trust.wrap_socket(connection, server_hostname=DOMAIN) as secured,
        ):
            shown: Any = secured.getpeercert()
        issuer = dict(part[0] for part in shown["issuer"])["commonName"]
        return f"https://{DOMAIN}/ answers; its certificate is verified: by {issuer}, to {shown['notAfter']}"

    # --- down ---------------------------------------------------------------------------------------

    def try_a_plain_destroy(self) -> str:
        """See that a plain destroy is refused, and that the site goes on."""
        before = self.site.account.contents()
        said = self.site.run("destroy", "-no-color", "-input=false", "-auto-approve", codes=(1,)).stderr
        assert "Instance cannot be destroyed" in said, said
        assert self.site.account.contents() == before
        assert self.visitor.ask("/").status == 200
        return "refused: the data volume is kept, and the site goes on"

    def tear_down(self, typed: str) -> tuple[int, str]:
        """Run the program that tears down, with an answer to its question; return its exit code and what it said."""
        done = self.site.start(["./teardown.sh", "-no-color", "-input=false"], typed=f"{typed}\n")
        return done.returncode, done.stdout + done.stderr

    def left(self) -> dict[str, Any]:
        """Return what is there: hosts, resources, Terraform's state, what a teardown puts beside the configuration, volumes."""
        found = {
            "hosts": self.rig.names(),
            "resources": self.site.account.contents(),
            "state": self.site.run("state", "list").stdout.split(),
            "guards": [file.name for file in self.site.work.glob("modules/storage/teardown_*.tf")],
            "volumes": [file.name for file in (self.rig.folder / "memory/volumes").glob("*")],
        }
        return {what: left for what, left in found.items() if left}

    def tear_all_down(self) -> str:
        """Tear down, and see that nothing is left."""
        code, said = self.tear_down(DOMAIN)
        assert code == 0, said
        assert self.left() == {}
        return "nothing is left: no host, no resource, no state"


@contextmanager
def begun(rig: Rig, **answers: Any) -> Iterator[Rehearsal]:
    """Prepare an empty account with a rig behind it.

    Args:
        rig: has no host yet, and is taken down by whoever made it.
        answers: variables of Terraform's beside the usual ones.

    Raises:
        RigError: something is lacking on this machine.
    """
    terraform = find_terraform()
    if not PYTHON.exists() or terraform is None:
        raise RigError(
            "there is no Terraform of 1.11 or newer, or no environment for its stand-in",
            hint="make terraform",
        )
    if not PLAYBOOK.exists():
        raise RigError("the environment of Ansible is not made", hint="make ansible")
    rig.prepare()
    ensure_base("bookworm", "oci")
    acme = ensure_acme(rig.network)
    folder = rig.folder / "rehearsal"
    folder.mkdir()
    schemas = folder / "schemas.json"
    schemas.write_text(json.dumps(fetch_schemas(folder / "package")), encoding="utf-8")
    with sites(folder, terraform, schemas, program=("tests.hosts.rehearsal.cloud", rig.id)) as make:
        site = make(
            domain=DOMAIN,
            acme_email="operator@matchcast.test",
            ssh_public_keys=[rig.public_key.strip()],
            ssh_networks=[f"{rig.network.uplink[0]}/32"],
            network=str(rig.network.hosts),
            sizes={"site": {"data_gb": 50}},  # the least that Oracle Cloud makes
            **answers,
        )
        yield Rehearsal(rig, acme, site)
