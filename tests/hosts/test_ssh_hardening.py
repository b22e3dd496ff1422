"""Hardened SSH cannot lock the operator out."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from testinfra.host import Host
from tests.hosts.conftest import ANSIBLE
from tests.hosts.rig import Rig
from tests.hosts.rig.shell import run

ROOT = Path(__file__).parents[2]
HARDENED = "/etc/ssh/sshd_config.d/10-base.conf"


@pytest.mark.timeout(900)
def test_ssh_stays_as_it_is_where_another_file_would_refuse_the_operator_s_key(
    rig: Rig, boot: Callable[..., Host], tmp_path: Path
) -> None:
    if not (ANSIBLE / "ansible-playbook").exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    host = boot("locked", release="trixie")
    host.check_output("printf 'PubkeyAuthentication no\\n' > /etc/ssh/sshd_config.d/05-other.conf")

    play = tmp_path / "play.yml"
    play.write_text("[{hosts: all, become: true, roles: [base]}]", encoding="utf-8")
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps(rig.inventory()), encoding="utf-8")
    done = subprocess.run(
        ["ansible-playbook", f"--inventory={inventory}", "--limit=locked", "--tags=preflight,ssh", play],
        cwd=ROOT / "ansible",
        env={
            **os.environ,
            "PATH": f"{ANSIBLE}:{os.environ['PATH']}",
            "ANSIBLE_ROLES_PATH": str(ROOT / "roles"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout
    assert "`pubkeyauthentication yes` would not hold. Nothing has changed on this host." in " ".join(
        done.stdout.split()
    )
    assert not host.file(HARDENED).exists
    assert host.run("systemctl is-active base-ssh-rollback.timer").stdout.strip() == "inactive"
    run("ssh", "-F", rig.ssh_config, "-o", "ControlPath=none", "locked", "true")  # a login of its own
