"""A host with a producer: it plays, shut in, and goes on where it was when it is killed."""

from __future__ import annotations

import json

from testinfra.host import Host

UNIT = "matchcast-producer.service"


def records(host: Host) -> int:
    topics = json.loads(host.check_output("matchcast topics --json"))
    return next(topic["records"] for topic in topics if topic["name"] == "live_football_events")


def wait_for_more(host: Host, than: int) -> int:
    for _ in range(60):
        now = records(host)
        if now > than:
            return now
    raise AssertionError(f"no event followed the first {than}")


def test_it_plays_and_starts_at_every_boot(host: Host) -> None:
    assert host.service(UNIT).is_running
    assert host.service(UNIT).is_enabled
    wait_for_more(host, wait_for_more(host, 0))


def test_it_goes_on_when_it_is_killed(host: Host) -> None:
    with host.sudo():
        killed = host.service(UNIT).systemd_properties["MainPID"]
        host.check_output(f"kill -9 {killed}")
        host.check_output(
            f"timeout 90 sh -c 'until systemctl is-active --quiet {UNIT} && "
            f"[ $(systemctl show -P MainPID {UNIT}) != {killed} ]; do sleep 0.5; done'"
        )
    wait_for_more(host, records(host))


def test_its_sandbox_is_as_tight_as_promised(host: Host) -> None:
    last = host.check_output(f"systemd-analyze security {UNIT} --no-pager").splitlines()[-1]
    assert float(last.split(": ")[1].split()[0]) <= 2.0, last
