"""What the pages and the small programs around the configuration say and do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.terraform.running import CONFIGURATION, Site


def test_the_tables_of_the_page_are_those_of_the_configuration() -> None:
    checked = subprocess.run(
        [sys.executable, CONFIGURATION / "readme.py", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.stderr == ""
    assert checked.returncode == 0


def test_the_inventory_is_written_where_ansible_looks_for_it_and_written_anew(site: Site) -> None:
    inventory = site.folder / "inventory"
    done = site.start(["./inventory.sh"])
    assert done.stdout == "✔ inventory: https://forecasts.example.org/ at 198.51.100.10\n"
    assert inventory.read_text("utf-8") == site.outputs()["inventory"]
    inventory.write_text(
        inventory.read_text("utf-8").replace("198.51.100.10", "203.0.113.9"), encoding="utf-8"
    )
    assert site.start(["./inventory.sh"]).returncode == 0
    assert inventory.read_text("utf-8") == site.outputs()["inventory"]


def test_an_inventory_written_by_hand_is_left_alone(site: Site) -> None:
    inventory = site.folder / "inventory"
    inventory.write_text("[all]\nmine\n", encoding="utf-8")
    done = site.start(["./inventory.sh"])
    assert done.returncode == 1
    assert "Try: mv inventory inventory.old, then make inventory" in done.stderr
    assert inventory.read_text("utf-8") == "[all]\nmine\n"


def test_a_disk_that_is_full_leaves_the_inventory_that_was(site: Site) -> None:
    assert site.start(["./inventory.sh"]).returncode == 0
    inventory = site.folder / "inventory"
    before = inventory.read_text("utf-8")
    site.folder.joinpath("inventory.new").symlink_to("/dev/full")
    done = site.start(["./inventory.sh"])
    assert done.returncode == 1
    assert (
        "✘ The inventory could not be written; why is said above. The one that was is as it was.\n"
        in done.stderr
    )
    assert inventory.read_text("utf-8") == before
    assert [file.name for file in site.folder.glob("inventory*")] == ["inventory"]


def test_without_a_site_both_programs_say_what_to_do(make_site: Callable[..., Site]) -> None:
    site = make_site()
    for program, advice in (
        ("./inventory.sh", "Try: cd terraform && terraform apply"),
        ("./teardown.sh", "Try: "),
    ):
        done = site.start([program], typed="forecasts.example.org\n")
        assert done.returncode == 1
        assert "✘ There is no site in Terraform's state." in done.stderr
        assert advice in done.stderr
    assert not list(site.folder.glob("inventory*"))


@pytest.mark.parametrize("program", ["inventory.sh", "teardown.sh"])
def test_what_keeps_terraform_from_its_state_is_shown(site: Site, program: str) -> None:
    (site.work / "terraform.tfstate").write_text("{", encoding="utf-8")
    done = site.start([f"./{program}"], typed="forecasts.example.org\n")
    assert done.returncode == 1
    assert "Unsupported state file format" in done.stderr
    assert "Try: cd terraform && terraform init" in done.stderr
    assert "There is no site" not in done.stderr
    assert not list(site.folder.glob("inventory*"))


@pytest.mark.parametrize("program", ["inventory.sh", "teardown.sh"])
def test_without_terraform_both_programs_say_which_to_install(tmp_path: Path, program: str) -> None:
    shutil.copytree(
        CONFIGURATION, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")
    )
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("dirname", "head"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [tmp_path / "terraform" / program],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "✘ There is no terraform on the path.\nTry: install Terraform 1.11 or newer\n"
