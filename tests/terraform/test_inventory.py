"""The inventory that Terraform hands over, as Ansible reads it. The cloud is a stand-in."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.terraform.running import ROOT, sites

ANSIBLE = ROOT / ".venv-ansible/bin"
GROUPS = {"kafka", "airflow", "api", "dashboard", "web", "producer"}


def ansible(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run one of Ansible's programs from ansible/, as its users do."""
    if not (ANSIBLE / program).exists():
        pytest.skip("there is no .venv-ansible; make ansible makes it")
    return subprocess.run(
        [ANSIBLE / program, *words],
        cwd=ROOT / "ansible",
        env={**os.environ, "PATH": f"{ANSIBLE}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def read(inventory: Path) -> dict[str, Any]:
    """Return what Ansible reads in an inventory."""
    listed = ansible("ansible-inventory", "--list", "--inventory", str(inventory))
    assert listed.returncode == 0, listed.stderr
    assert "WARNING" not in listed.stderr
    read: dict[str, Any] = json.loads(listed.stdout)
    return read


@pytest.fixture(scope="module")
def inventories(
    tmp_path_factory: pytest.TempPathFactory, terraform: tuple[str, ...], schemas: Path
) -> Iterator[dict[str, Path]]:
    """The inventories of three sites that were applied, as files."""
    folder = tmp_path_factory.mktemp("inventories")
    asked: dict[str, dict[str, Any]] = {
        "single": {},
        "cluster": {"topology": "cluster"},
        "own feed": {"simulated_matches": False, "data_device": "/dev/oracleoci/oraclevdc"},
    }
    with sites(folder, terraform, schemas) as make:
        for name, answers in asked.items():
            site = make(**answers)
            site.apply()
            (folder / name).write_text(site.outputs()["inventory"], encoding="utf-8")
        yield {name: folder / name for name in asked}


def groups_of(inventory: dict[str, Any]) -> dict[str, list[str]]:
    """Return the hosts of each group that has any."""
    return {name: inventory[name]["hosts"] for name in GROUPS if name in inventory}


def test_the_inventory_of_one_host_says_what_the_example_says(inventories: dict[str, Path]) -> None:
    made, example = read(inventories["single"]), read(ROOT / "inventory.example")
    assert groups_of(made) == groups_of(example) == {name: ["site"] for name in GROUPS}
    told, wanted = made["_meta"]["hostvars"]["site"], example["_meta"]["hostvars"]["site"]
    for name in ("matchcast_domain", "matchcast_acme_email", "ansible_user", "matchcast_private_address"):
        assert told[name] == wanted[name]
    assert told["ansible_host"] == "198.51.100.10"


def test_each_host_needs_the_data_disk_that_it_was_given(inventories: dict[str, Path]) -> None:
    """The role takes a list and a yes or no: in an inventory both could have come out as words."""
    told = read(inventories["own feed"])["_meta"]["hostvars"]["site"]
    assert told["data_disk_devices"] == ["/dev/oracleoci/oraclevdc"]
    assert told["data_disk_required"] is True


def test_without_simulated_matches_no_host_plays_any(inventories: dict[str, Path]) -> None:
    assert set(groups_of(read(inventories["own feed"]))) == GROUPS - {"producer"}


def test_the_inventory_of_a_cluster_reaches_the_hosts_inside_over_the_public_one(
    inventories: dict[str, Path],
) -> None:
    made = read(inventories["cluster"])
    assert groups_of(made) == {
        "kafka": ["kafka-1", "kafka-2", "kafka-3"],
        "airflow": ["airflow-1"],
        "api": ["web-1"],
        "dashboard": ["web-1"],
        "web": ["web-1"],
        "producer": ["kafka-1"],
    }
    hosts = made["_meta"]["hostvars"]
    assert hosts["web-1"]["ansible_host"] == "198.51.100.10"
    assert "ansible_ssh_common_args" not in hosts["web-1"]
    for name in ("kafka-1", "kafka-2", "kafka-3", "airflow-1"):
        assert hosts[name]["ansible_host"] == hosts[name]["matchcast_private_address"]
        assert jump(inventories["cluster"], name) == "-o ProxyJump=ubuntu@198.51.100.10"


def test_whoever_logs_in_to_a_host_inside_logs_in_to_the_public_one_too(
    inventories: dict[str, Path], tmp_path: Path
) -> None:
    """CI has a user of its own, whom the page tells to write into its copy of the inventory."""
    [told] = re.findall(
        r"^(sed .*) inventory \| gh ", (ROOT / "docs/deploying.md").read_text("utf-8"), re.MULTILINE
    )
    command = [*shlex.split(told), str(inventories["cluster"])]
    copy = tmp_path / "inventory"
    copy.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout, "utf-8")
    assert read(copy)["_meta"]["hostvars"]["kafka-1"]["ansible_user"] == "deploy"
    assert jump(copy, "kafka-1") == "-o ProxyJump=deploy@198.51.100.10"


def jump(inventory: Path, host: str) -> str:
    """Return the options with which Ansible calls ssh for a host."""
    asked = ("--module-name", "debug", "--args", "msg={{ ansible_ssh_common_args }}")
    said = ansible("ansible", host, "--inventory", str(inventory), "--one-line", *asked)
    assert said.returncode == 0, said.stdout + said.stderr
    return str(json.loads(said.stdout.partition("=> ")[2])["msg"])


@pytest.mark.parametrize("name", ["single", "cluster"])
def test_site_yml_takes_the_inventory_as_it_is(inventories: dict[str, Path], name: str) -> None:
    listed = ansible("ansible-playbook", "site.yml", "--list-hosts", "--inventory", str(inventories[name]))
    assert listed.returncode == 0, listed.stderr
    assert "WARNING" not in listed.stderr
    plays = re.findall(r"hosts \((\d+)\)", listed.stdout)
    assert plays
    assert "0" not in plays
