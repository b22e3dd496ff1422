"""`ansible/deploy.py`, broken off: what it was given is gone, and what it started has ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOYING = """
import sys

import deploy

try:
    deploy.listen()
    with deploy.desk({one.name: "hunter2" for one in deploy.VARIABLES}) as work:
        print((work / "ssh").resolve(), flush=True)
        play = "trap 'touch heard' TERM; setsid sleep 600 & echo $! $$; touch under_way; wait; sleep 600"
        deploy.run(["sh", "-c", play], work)
except deploy.BrokenOff as broken:
    sys.exit(128 + broken.number)
"""
"""A deploy whose play goes on when it is asked to end, and has a process that left its session, as Ansible's do."""


@pytest.mark.parametrize(
    "number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name
)
def test_a_signal_breaks_a_deploy_off_and_no_other_one_its_clearing_up(
    tmp_path: Path, number: signal.Signals
) -> None:
    with begun(tmp_path) as deploy:
        deploy.send_signal(number)
        wait_for("heard", tmp_path, deploy)
        flood_until_it_ends(deploy)
        printed, said = deploy.communicate()
    assert deploy.returncode == 128 + number, said
    sockets, pids = printed.splitlines()
    assert list(tmp_path.iterdir()) == []
    assert not Path(sockets).exists()
    assert [pid for pid in pids.split() if Path("/proc", pid).exists()] == []
    assert said == ""


def test_a_deploy_that_was_started_by_nohup_outlives_its_terminal(tmp_path: Path) -> None:
    with begun(tmp_path, "--ignore-signal=HUP") as deploy:
        deploy.send_signal(signal.SIGHUP)
        deploy.send_signal(signal.SIGTERM)
        _, said = deploy.communicate()
    assert deploy.returncode == 128 + signal.SIGTERM, said


def begun(folder: Path, signals: str = "--default-signal") -> subprocess.Popen[str]:
    """Start a deploy whose secrets lie below a folder; return when its play is under way."""
    deploy = subprocess.Popen(
        ["env", signals, sys.executable, "-c", DEPLOYING],
        env={**os.environ, "PYTHONPATH": str(ROOT / "ansible"), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for("under_way", folder, deploy)
    return deploy


def wait_for(sign: str, folder: Path, deploy: subprocess.Popen[str]) -> None:
    """Wait until the play of a deploy has left a file."""
    deadline = time.monotonic() + 60
    while not list(folder.glob(f"matchcast-deploy-*/{sign}")):
        assert deploy.poll() is None, deploy.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def flood_until_it_ends(deploy: subprocess.Popen[str]) -> None:
    """Send every signal to end, again and again, as an impatient user or a runner that is going down."""
    deadline = time.monotonic() + 60
    while deploy.poll() is None:
        assert time.monotonic() < deadline
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            deploy.send_signal(number)
        time.sleep(0.01)
