"""Each role by itself, from a bare host: molecule converges, converges again, and looks at what came of it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tests.hosts.conftest import ANSIBLE
from tests.hosts.playing import run_to_its_end
from tests.hosts.rig import Rig

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path.parents[2].name for path in ROOT.glob("roles/*/molecule/default/molecule.yml"))
LOOK = "systemctl --failed --no-legend; sudo journalctl --priority=warning --lines=40 --no-pager --output=short-iso"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", SCENARIOS)
def test_a_role_makes_what_it_says_and_then_changes_nothing(rig: Rig, role: str, tmp_path: Path) -> None:
    if not (ANSIBLE / "molecule").exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    before = set(rig.names())
    run = str(ROOT / "tests/hosts/molecule/run.sh")
    environment = {**os.environ, "MATCHCAST_RIG": rig.id, "NO_COLOR": "1"}
    environment["MOLECULE_EPHEMERAL_DIRECTORY"] = str(tmp_path / "molecule")
    output = tmp_path / "molecule.log"
    try:
        if run_to_its_end([run, role, "test", "--destroy=never"], output, environment):
            shown = output.read_text("utf-8", "replace")
            told = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()[-80:]
            hosts = sorted(set(rig.names()) - before)
            looks = [f"--- {host}\n{rig.run_on(host, LOOK, check=False).stdout}" for host in hosts]
            pytest.fail("\n".join([*told, *looks]), pytrace=False)
    finally:
        rig.down(*[name for name in rig.names() if name not in before])
