"""From `terraform apply` to HTTPS and back on hosts that boot: what `make rehearse` plays. The cloud is a stand-in.

One site serves all; what takes it away comes last.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import expect
from tests.hosts.controller import PLAYBOOK, ROOT
from tests.hosts.rehearsal.__main__ import SIGNALS, finish
from tests.hosts.rehearsal.cloud_init import first_commands
from tests.hosts.rehearsal.rehearsal import DOMAIN, Rehearsal, begun
from tests.hosts.rehearsal.steps import StepFailed, way_down, way_up
from tests.hosts.rig import OCI_DATA_DISK, Rig
from tests.hosts.rig.places import STATE
from tests.hosts.rig.shell import run
from tests.hosts.visitor import browse, is_open, wait_until
from tests.terraform.running import PYTHON, find_terraform
from tests.terraform.stand_in.cloud import Refused

pytestmark = pytest.mark.timeout(2400)


@pytest.fixture(scope="module", autouse=True)
def tools(rig: Rig) -> None:
    """Skip where the tools are not there, or where the rig of the run skips."""
    if not PYTHON.exists() or find_terraform() is None:
        pytest.skip(
            "there is no Terraform of 1.11 or newer, or no environment for its stand-in: make terraform"
        )
    if not PLAYBOOK.exists():
        pytest.skip("the environment of Ansible is not made: make ansible")


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    """The site after the command's own steps up, on a rig of its own."""
    with Rig.owned() as rig, begun(rig) as rehearsal:
        for step in way_up(rehearsal):
            step.go()
        yield rehearsal


def log_in(rehearsal: Rehearsal, command: str) -> str:
    """Run a command where the inventory says that the host is, with what a user has to log in with."""
    inventory = (rehearsal.checkout.folder / "inventory").read_text("utf-8")
    [address] = re.findall(r"^site ansible_host=(\S+)", inventory, re.MULTILINE)
    [user] = re.findall(r"^ansible_user = (\S+)", inventory, re.MULTILINE)
    return run("ssh", "-F", rehearsal.checkout.ssh_config, f"{user}@{address}", command).stdout.strip()


# --- up -------------------------------------------------------------------------------------------


def test_a_host_that_terraform_made_is_found_by_its_inventory_alone(rehearsal: Rehearsal) -> None:
    inventory = (rehearsal.checkout.folder / "inventory").read_text("utf-8")
    assert inventory == rehearsal.site.outputs()["inventory"]
    assert log_in(rehearsal, "hostname") == "site"
    # As in the cloud, the public address is a translation that the host knows nothing of.
    assert log_in(rehearsal, "hostname -I") == rehearsal.site.outputs()["addresses"]["site"]["private"]


def test_state_lies_on_a_volume_of_the_size_that_was_asked_for(rehearsal: Rehearsal) -> None:
    assert log_in(rehearsal, f"sudo blockdev --getsize64 {OCI_DATA_DISK}") == str(50 << 30)
    assert log_in(rehearsal, "findmnt --noheadings --output SOURCE /var/lib/matchcast") == OCI_DATA_DISK
    assert "kafka" in log_in(rehearsal, "ls /var/lib/matchcast").split()


def test_https_answers_under_a_certificate_that_a_visitor_verifies(rehearsal: Rehearsal) -> None:
    assert rehearsal.visit().startswith(f"https://{DOMAIN}/ answers; its certificate is verified: by Pebble")
    assert "Matchcast" in rehearsal.visitor.ask("/").data.decode()


def test_the_public_address_lets_through_ssh_and_the_web_alone(rehearsal: Rehearsal) -> None:
    ports = (22, 80, 443, 8000, 8011, 8080, 8511, 9092, 9094)
    assert {port for port in ports if is_open(rehearsal.address, port)} == {22, 80, 443}


def test_a_match_that_comes_over_kafka_is_forecast_on_the_page(rehearsal: Rehearsal, tmp_path: Path) -> None:
    row = rehearsal.visitor.follow_a_match()
    assert sum(row["probability"].values()) == pytest.approx(1)
    held = log_in(
        rehearsal,
        "kafka-console-consumer --bootstrap-server 127.0.0.1:9092 --topic live_football_events --from-beginning"
        " --max-messages 200 --timeout-ms 60000 2>/dev/null",
    )
    assert row["match_id"] in {json.loads(event)["match"]["id"] for event in held.splitlines()}
    if shutil.which("certutil") is None or shutil.which("chromium") is None:
        pytest.skip("chromium or certutil is not here: run requirements/browser.sh and requirements/hosts.sh")
    with browse(rehearsal.address, rehearsal.acme.root, tmp_path / "home", DOMAIN) as browser:
        page = browser.new_page(locale="en-GB")
        page.goto(f"https://{DOMAIN}/")
        expect(page.locator("#pill")).to_have_text(re.compile(r"^Live · \d+ s ago$"), timeout=60_000)
        expect(page.locator(".share.home b")).to_have_text(re.compile(r"^\d+\u202f%$"))


def test_every_lamp_is_lit(rehearsal: Rehearsal) -> None:
    rehearsal.visitor.wait_for_all_lamps()


# --- down -----------------------------------------------------------------------------------------


def test_a_plain_destroy_is_refused_and_everything_goes_on(rehearsal: Rehearsal) -> None:
    destroy, _ = way_down(rehearsal)
    destroy.go()
    assert rehearsal.site.plan() == {}
    assert rehearsal.visitor.lamps() == {}


def test_a_teardown_with_another_name_touches_nothing(rehearsal: Rehearsal) -> None:
    before = rehearsal.left()
    code, said = rehearsal.tear_down("example.org")
    assert code == 1
    assert said.endswith("Nothing was touched.\n")
    assert rehearsal.left() == before
    assert rehearsal.visitor.ask("/").status == 200


def test_a_teardown_leaves_no_host_no_resource_no_state(rehearsal: Rehearsal) -> None:
    address = rehearsal.address
    _, teardown = way_down(rehearsal)
    teardown.go()
    assert not is_open(address, 22)
    assert traces(rehearsal.rig.id, "memory/") == []


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Let this process answer signals afterwards as it did before."""
    before = {each: signal.getsignal(each) for each in SIGNALS}
    yield
    for each, answer in before.items():
        signal.signal(each, answer)


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize(
    ("ended_by", "code", "told"),
    [
        (None, 0, "Everything is down again.\n"),
        (KeyboardInterrupt(), 130, "Broken off. Everything is down again.\n"),
        (StepFailed("site failed"), 1, "✘ site failed\nEverything is down again.\n"),
        (StepFailed("account failed", "make ansible"), 1, "✘ account failed\nTry: make ansible\n"),
    ],
    ids=["all steps taken", "broken off", "a step failed", "a step failed and knows what to do"],
)
def test_the_command_clears_up_undisturbed_before_it_says_how_it_ended(
    ended_by: BaseException | None, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The steps are those that the tests above take; this is what `make rehearse` does around them."""

    def clear_up() -> None:
        for each in SIGNALS:
            signal.raise_signal(each)
        print("cleared up")

    def play(stack: ExitStack) -> None:
        stack.callback(clear_up)
        if ended_by is not None:
            raise ended_by

    assert finish(play) == code
    shown = capsys.readouterr()
    assert shown.out + shown.err == f"cleared up\n{told}"


def test_a_rehearsal_that_is_broken_off_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C reaches all that the terminal runs: make, the command, what that has started."""
    shown = tmp_path / "shown"
    with shown.open("wb") as output:
        process = subprocess.Popen(
            ["make", "--no-print-directory", "rehearse"],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until(
            lambda: "s  What the hosts have to be" in shown.read_text("utf-8") or process.poll() is not None,
            "the playbook is at its third play",
        )
        [network] = re.findall(r"; hosts on (\S+)/25", shown.read_text("utf-8"))
        [id] = [
            file.parent.name
            for file in STATE.glob("*/rig.json")
            if f'"{network}/24"' in file.read_text("utf-8")
        ]
        assert traces(id)
        os.killpg(process.pid, signal.SIGINT)
        process.wait(120)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert "Broken off. Everything is down again." in shown.read_text("utf-8")
    wait_until(lambda: not traces(id), f"nothing of {id} is left", 10)


def traces(rig: str, below: str = "") -> list[str]:
    """Return what there is of a rig on this machine: its folder, processes, mounts, namespaces, loop devices.

    Args:
        below: count nothing but what belongs to hosts and volumes, whose files lie in this folder of the rig.
    """
    folder = f"{STATE / rig}/{below}"
    found = [
        line
        for line in run("losetup", "--noheadings", "--output", "BACK-FILE").stdout.split()
        if folder in line
    ]
    for process in psutil.process_iter():
        try:
            if folder in " ".join(process.cmdline()) or f"{process.cwd()}/".startswith(folder):
                found.append(f"{process.pid} {process.name()}")
        except psutil.Error:
            continue
    if not below:
        mounted = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
        found += [line for line in mounted if folder in line]
        found += [
            line for line in run("ip", "netns", "list").stdout.splitlines() if line.startswith(f"{rig}-")
        ]
        found += [str(path) for path in [STATE / rig] if path.exists()]
    return found


# --- several hosts --------------------------------------------------------------------------------


def test_hosts_inside_a_cluster_are_worked_on_over_the_public_one_by_the_inventory_alone() -> None:
    with Rig.owned() as rig, begun(rig, topology="cluster", always_free=False) as rehearsal:
        rehearsal.apply()
        rehearsal.write_inventory()
        rehearsal.make_secrets()
        inside = {"kafka-1", "kafka-2", "kafka-3", "airflow-1"}
        assert rehearsal.checkout.ping() == {"web-1", *inside}
        for name in inside:
            told = rig.run_on(
                name, "sudo journalctl --unit ssh --grep 'Accepted publickey' --output cat"
            ).stdout
            assert f" from {rig.host('web-1').address} " in told


# --- the first start ------------------------------------------------------------------------------


def first_start(text: str) -> list[str]:
    """Return what a first start with a `user_data` does."""
    return first_commands(base64.b64encode(text.encode()).decode())


def test_a_first_start_with_what_these_hosts_do_not_play_is_refused_rather_than_passed_over() -> None:
    assert first_start("#cloud-config\ndisable_root: true\n") == []
    with pytest.raises(Refused, match=r"cloud-init's package_upgrade: True is not played"):
        first_start("#cloud-config\npackage_upgrade: true\n")
    with pytest.raises(Refused, match=r"cloud-init's runcmd: \['reboot'\] is not played"):
        first_start("#cloud-config\nruncmd: [reboot]\n")
    with pytest.raises(Refused, match=r"user_data is no #cloud-config"):
        first_start("#!/bin/sh\nreboot\n")
