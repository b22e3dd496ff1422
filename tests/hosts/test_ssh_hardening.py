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
@pytest.mark.parametrize(
    ("other", "reason"),
    [
        # seen before sshd reads anything
        (
            "PubkeyAuthentication no",
            "`pubkeyauthentication yes` would not hold. Nothing has changed on this host.",
        ),
        # seen by the login alone
        ("DenyUsers ubuntu", "No new login succeeded under SSH's new settings"),
    ],
)
def test_ssh_stays_as_it_is_where_the_operator_could_not_log_in_again(
    rig: Rig, boot: Callable[..., Host], tmp_path: Path, other: str, reason: str
) -> None:
    if not (ANSIBLE / "ansible-playbook").exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    host = boot("locked", release="trixie")
    host.check_output(f"printf '{other}\\n' > /etc/ssh/sshd_config.d/05-other.conf")

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
    assert reason in " ".join(done.stdout.split())
    assert not host.file(HARDENED).exists
    assert host.run("systemctl is-active base-ssh-rollback.timer").stdout.strip() == "inactive"
    host.check_output("rm /etc/ssh/sshd_config.d/05-other.conf && systemctl reload ssh")
    run("ssh", "-F", rig.ssh_config, "-o", "ControlPath=none", "locked", "true")  # a login of its own
