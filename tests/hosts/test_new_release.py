"""A new release takes over, or does not, while visitors go on asking: none of their requests fails."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from testinfra.host import Host
from tests.hosts.conftest import reach
from tests.hosts.controller import Controller
from tests.hosts.converged import converged
from tests.hosts.load import Load
from tests.hosts.releases import build_release
from tests.hosts.rig import Rig
from tests.hosts.rig.acme import AcmeServer
from tests.hosts.visitor import wait_until

pytestmark = pytest.mark.timeout(1800)

HOST = "rolling"
NEXT = "--tags=matchcast,api,dashboard,nginx"
BROKEN = {"api": "src/matchcast/api/server.py", "dashboard": "src/matchcast/dashboard/server.py"}


@dataclass(frozen=True)
class Standing:
    """What of the releases stands on a host."""

    current: str
    serving: dict[str, tuple[int, str]]
    """The slot and the release of each service, as recorded for nginx."""
    running: list[str]

    @classmethod
    def of(cls, host: Host) -> Standing:
        """Look at a host."""
        facts = json.loads(host.file("/etc/ansible/facts.d/matchcast.fact").content_string)
        units = host.check_output("systemctl list-units --plain --no-legend --state=active 'matchcast-*@*'")
        return cls(
            current=host.check_output("basename $(readlink /opt/matchcast/current)"),
            serving={name: (fact["slot"], fact["release"]) for name, fact in facts.items() if "slot" in fact},
            running=sorted(line.split()[0] for line in units.splitlines()),
        )


@pytest.fixture(scope="module")
def controller(rig: Rig, acme: AcmeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """A host that serves a release already."""
    with converged(rig, acme, tmp_path_factory.mktemp("controller"), HOST) as controller:
        yield controller


@pytest.fixture
def host(controller: Controller) -> Host:
    return reach(controller.rig, HOST)


@pytest.fixture
def load(controller: Controller) -> Iterator[Load]:
    """Visitors who ask from before a play until after it."""
    with Load(controller.rig.host(HOST).address, controller.acme.root) as load:
        wait_until(lambda: len(load.answered) == 4 and load.has_heard_since(0), "every question is answered")
        yield load
    print(load.told())


def release_option(folder: Path) -> str:
    return f"--extra-vars={json.dumps({'matchcast_release': str(folder)})}"


def test_a_new_release_takes_over_without_a_failed_request(
    controller: Controller, host: Host, load: Load, tmp_path: Path
) -> None:
    before = Standing.of(host)
    new = build_release(tmp_path / "new", "9.0.0")
    played = controller.play(NEXT, release_option(new))
    assert played.code == 0, played.output[-8000:]
    moment = time.monotonic()
    after = Standing.of(host)
    assert after.current == new.name != before.current
    assert after.serving == {name: (3 - slot, new.name) for name, (slot, _) in before.serving.items()}
    assert after.running == [
        f"matchcast-{name}@{slot}.service" for name, (slot, _) in sorted(after.serving.items())
    ]
    for release in (before.current, after.current):
        manifest = host.file(f"/opt/matchcast/releases/{release}/manifest.json")
        assert json.loads(manifest.content_string)["release"] == release
    wait_until(lambda: load.has_heard_since(moment), "the event stream goes on", 60)
    assert load.failed == []


@pytest.mark.parametrize("part", ["api", "dashboard"])
def test_a_release_with_a_part_that_does_not_start_leaves_all_as_it_was(
    controller: Controller, host: Host, load: Load, tmp_path: Path, part: str
) -> None:
    before = Standing.of(host)
    broken = build_release(
        tmp_path / "broken", "9.9.9", {BROKEN[part]: 'raise RuntimeError("a part that cannot start")'}
    )
    played = controller.play(NEXT, release_option(broken))
    assert played.code == 2
    told = " ".join(played.output.split())
    slot, release = before.serving[part]
    assert f"matchcast-{part}@{3 - slot}.service with release {broken.name} did not show" in told
    assert f"Slot {slot} goes on serving release {release}." in told
    assert "RuntimeError: a part that cannot start" in told
    assert Standing.of(host) == before
    assert load.failed == []


def test_a_play_that_was_killed_in_the_middle_of_the_switch_ends_well_when_it_is_run_again(
    controller: Controller, host: Host, load: Load, tmp_path: Path
) -> None:
    before = Standing.of(host)
    new = build_release(tmp_path / "new", "9.1.0")
    killer = threading.Thread(
        target=kill_at, args=(controller.folder / "play.log", "Record that the slot serves"), daemon=True
    )
    killer.start()
    killed = controller.play(NEXT, release_option(new))
    killer.join()
    assert killed.code == -signal.SIGKILL
    between = Standing.of(host)
    assert between.current == before.current
    assert set(before.running) <= set(between.running)

    played = controller.play(NEXT, release_option(new))
    assert played.code == 0, played.output[-8000:]
    after = Standing.of(host)
    assert after.current == new.name
    assert {release for _, release in after.serving.values()} == {new.name}
    assert len(after.running) == 2
    assert load.failed == []


def test_a_play_that_was_killed_before_nginx_was_told_costs_the_release_after_it_no_request(
    controller: Controller, host: Host, load: Load, tmp_path: Path
) -> None:
    killer = threading.Thread(
        target=kill_at, args=(controller.folder / "play.log", "PLAY [Web]"), daemon=True
    )
    killer.start()
    killed = controller.play(NEXT, release_option(build_release(tmp_path / "never", "9.2.0")))
    killer.join()
    assert killed.code == -signal.SIGKILL
    new = build_release(tmp_path / "new", "9.3.0")
    played = controller.play(NEXT, release_option(new))
    assert played.code == 0, played.output[-8000:]
    after = Standing.of(host)
    assert after.current == new.name
    assert {release for _, release in after.serving.values()} == {new.name}
    assert load.failed == []


def kill_at(shown: Path, task: str, seconds: float = 900.0) -> None:
    """Kill the playbook of this process with no chance to clean up once it has begun a task, or a play."""
    began, deadline = time.time(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if shown.stat().st_mtime >= began and task in shown.read_text("utf-8", "replace"):
            for process in psutil.Process(os.getpid()).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if "ansible-playbook" in " ".join(process.cmdline()[:3]):
                        process.kill()
            return
        time.sleep(0.05)
