"""The inventory that Terraform hands over, as Ansible reads it. The cloud is a stand-in."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.terraform.running import ROOT, Site

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


def hand_over(site: Site, folder: Path) -> Path:
    """Apply, and write the inventory to a file."""
    site.apply()
    inventory = folder / "inventory"
    inventory.write_text(site.outputs()["inventory"], encoding="utf-8")
    return inventory


def groups_of(inventory: dict[str, Any]) -> dict[str, list[str]]:
    """Return the hosts of each group that has any."""
    return {name: inventory[name]["hosts"] for name in GROUPS if name in inventory}


def test_the_inventory_of_one_host_says_what_the_example_says(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    made, example = read(hand_over(make_site(), tmp_path)), read(ROOT / "inventory.example")
    assert groups_of(made) == groups_of(example) == {name: ["site"] for name in GROUPS}
    told, wanted = made["_meta"]["hostvars"]["site"], example["_meta"]["hostvars"]["site"]
    site_wide = ("matchcast_domain", "matchcast_acme_email", "ansible_user")
    assert {name: told[name] for name in site_wide} == {name: wanted[name] for name in site_wide}
    assert told["ansible_host"] == "198.51.100.10"
    assert told["matchcast_private_address"] == wanted["matchcast_private_address"]


def test_each_host_needs_the_data_disk_that_it_was_given(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    """The role takes a list and a yes or no: in an inventory both could have come out as words."""
    made = read(hand_over(make_site(data_device="/dev/oracleoci/oraclevdc"), tmp_path))
    told = made["_meta"]["hostvars"]["site"]
    assert told["data_disk_devices"] == ["/dev/oracleoci/oraclevdc"]
    assert told["data_disk_required"] is True


def test_the_inventory_of_a_cluster_reaches_the_hosts_inside_over_the_public_one(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    made = read(hand_over(make_site(topology="cluster"), tmp_path))
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
        assert hosts[name]["ansible_ssh_common_args"] == "-o ProxyJump=ubuntu@198.51.100.10"


def test_without_simulated_matches_no_host_plays_any(make_site: Callable[..., Site], tmp_path: Path) -> None:
    assert set(groups_of(read(hand_over(make_site(simulated_matches=False), tmp_path)))) == GROUPS - {
        "producer"
    }


@pytest.mark.parametrize("topology", ["single", "cluster"])
def test_site_yml_takes_the_inventory_as_it_is(
    make_site: Callable[..., Site], tmp_path: Path, topology: str
) -> None:
    inventory = hand_over(make_site(topology=topology), tmp_path)
    listed = ansible("ansible-playbook", "site.yml", "--list-hosts", "--inventory", str(inventory))
    assert listed.returncode == 0, listed.stderr
    hosts = set(read(inventory)["_meta"]["hostvars"])
    assert all(f"      {host}\n" in listed.stdout for host in hosts)
    assert "hosts (0)" not in listed.stdout
