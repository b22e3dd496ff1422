"""Three hosts with a node of Kafka each: made by the role, and then treated badly."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.hosts.conftest import ANSIBLE
from tests.hosts.counting import Counted
from tests.hosts.rig import Rig

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("kafka-1", "kafka-2", "kafka-3")

pytestmark = pytest.mark.timeout(3600)


@dataclass
class Cluster:
    rig: Rig
    folder: Path

    @property
    def addresses(self) -> dict[str, str]:
        return {name: self.rig.host(name).address for name in NAMES}

    @property
    def servers(self) -> str:
        return ",".join(f"{address}:9092" for address in self.addresses.values())

    def play(self, *arguments: str) -> str:
        """Run the role on all three; return what Ansible printed."""
        inventory = self.rig.inventory({"kafka": NAMES})
        everything = inventory["all"]
        assert isinstance(everything, dict)
        for name, address in self.addresses.items():
            everything["hosts"][name]["address"] = address
        everything["vars"]["nodes"] = [
            {"id": number, "host": address} for number, address in enumerate(self.addresses.values(), 1)
        ]
        file = self.folder / "inventory.json"
        file.write_text(json.dumps(inventory), encoding="utf-8")
        done = subprocess.run(
            [ANSIBLE / "ansible-playbook", "-i", file, ROOT / "tests/hosts/kafka_cluster.yml", *arguments],
            cwd=ROOT / "ansible",
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
        return done.stdout

    def wait_until_healthy(self, name: str) -> None:
        self.rig.run_on(name, "timeout 300 sh -c 'until kafka-healthy 2>/dev/null; do sleep 1; done'")

    def started(self) -> dict[str, int]:
        """Return when each broker was started, in microseconds."""
        ask = "systemctl show --property=ExecMainStartTimestampMonotonic --value kafka"
        return {name: int(self.rig.run_on(name, ask).stdout) for name in NAMES}


@pytest.fixture(scope="module")
def cluster(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not (ANSIBLE / "ansible-playbook").exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    rig.up(*NAMES, release="trixie")
    try:
        cluster = Cluster(rig, tmp_path_factory.mktemp("cluster"))
        cluster.play()
        yield cluster
    finally:
        rig.down(*NAMES)


def test_a_second_run_changes_nothing(cluster: Cluster) -> None:
    recap = cluster.play().partition("PLAY RECAP")[2]
    assert [line.split()[3] for line in recap.splitlines() if "changed=" in line] == ["changed=0"] * 3


def test_no_acknowledged_record_is_lost_when_a_host_crashes(cluster: Cluster) -> None:
    records = Counted(cluster.servers, "crash")
    records.make_topic()
    with records.writing(rate=500):
        wait_for(records, 1500)
        cluster.rig.host("kafka-2").crash()
        wait_for(records, len(records.acknowledged) + 3000)
    assert records.failed == {}
    assert records.lost() == set()
    cluster.rig.boot("kafka-2")
    cluster.wait_until_healthy("kafka-2")
    assert records.lost() == set()


def test_new_settings_restart_one_node_after_the_other_and_lose_no_record(cluster: Cluster) -> None:
    before = cluster.started()
    records = Counted(cluster.servers, "rolling")
    records.make_topic()
    with records.writing(rate=200):
        cluster.play("--extra-vars", json.dumps({"kafka_settings": {"log.flush.interval.ms": 60000}}))
    after = cluster.started()
    assert all(after[name] > before[name] for name in NAMES)
    assert records.failed == {}
    assert records.lost() == set()


def test_a_node_that_lost_its_disk_joins_again_and_gets_its_records_back(cluster: Cluster) -> None:
    cluster.rig.run_on(
        "kafka-3",
        "sudo systemctl stop kafka-watchdog.timer kafka && sudo rm -r /var/lib/matchcast/kafka/data",
    )
    cluster.play("--extra-vars", json.dumps({"kafka_settings": {"log.flush.interval.ms": 60000}}))
    cluster.wait_until_healthy("kafka-3")
    kept = cluster.rig.run_on(
        "kafka-3", "sudo sh -c 'cat /var/lib/matchcast/kafka/data/crash-*/*.log | wc -c'"
    )
    assert int(kept.stdout) > 0


def wait_for(records: Counted, count: int) -> None:
    """Wait until so many records are acknowledged."""
    deadline = time.monotonic() + 240
    while len(records.acknowledged) < count:
        assert time.monotonic() < deadline, (
            f"{len(records.acknowledged)} of {count} records were acknowledged"
        )
        time.sleep(0.05)
