"""Three hosts with a node of Kafka each: one cluster by the inventory alone, which is then treated badly."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.hosts.conftest import ANSIBLE
from tests.hosts.counting import Counted
from tests.hosts.playing import run_to_its_end
from tests.hosts.rig import Rig
from tests.local.machine import wait_until

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("kafka-1", "kafka-2", "kafka-3")

pytestmark = pytest.mark.timeout(2400)


@dataclass(frozen=True)
class Cluster:
    rig: Rig
    folder: Path

    @property
    def servers(self) -> str:
        return ",".join(f"{self.rig.host(name).address}:9092" for name in NAMES)

    def write_inventory(self) -> None:
        """Name the hosts, and put the site's own group_vars beside them."""
        (self.folder / "group_vars/all").mkdir(parents=True)
        shutil.copy(ROOT / "ansible/group_vars/all/main.yml", self.folder / "group_vars/all")
        inventory = self.rig.inventory({"kafka": NAMES})
        everything = inventory["all"]
        assert isinstance(everything, dict)
        everything["vars"] |= {"vault_kafka_cluster_id": "rU4jTzG2QnqkPpZb0mJx1A", "kafka_heap_mb": 512}
        (self.folder / "inventory.json").write_text(json.dumps(inventory), encoding="utf-8")

    def play(self, **variables: object) -> str:
        """Run the role on all three; return what Ansible printed."""
        playbook = ROOT / "tests/hosts/kafka_cluster.yml"
        command = [
            str(ANSIBLE / "ansible-playbook"), "-i", str(self.folder / "inventory.json"), str(playbook),
            "--extra-vars", json.dumps(variables),
        ]  # fmt: skip
        output = self.folder / "play.log"
        code = run_to_its_end(command, output, {**os.environ, "NO_COLOR": "1"}, ROOT / "ansible")
        shown = output.read_text("utf-8", "replace")
        assert code == 0, shown[-6000:]
        return shown

    def wait_until_healthy(self, name: str) -> None:
        """Wait until a node says that all three vote and have caught up, and that all replicas are in step."""
        self.rig.run_on(name, "timeout 300 sh -c 'until kafka-healthy 2>/dev/null; do sleep 1; done'")

    def started(self) -> dict[str, int]:
        """Return when each broker was started, in microseconds since its host's boot."""
        ask = "systemctl show --property=ExecMainStartTimestampMonotonic --value kafka"
        return {name: int(self.rig.run_on(name, ask).stdout) for name in NAMES}

    def kept(self, topic: str) -> dict[int, dict[str, int]]:
        """Return the bytes that each node keeps of each partition of a topic."""
        shown = self.rig.run_on(
            "kafka-1",
            f"kafka-log-dirs --bootstrap-server {self.servers} --describe --topic-list {topic}",
        ).stdout
        told = json.loads(next(line for line in shown.splitlines() if line.startswith("{")))
        return {
            node["broker"]: {
                part["partition"]: part["size"] for folder in node["logDirs"] for part in folder["partitions"]
            }
            for node in told["brokers"]
        }


@pytest.fixture(scope="module")
def cluster(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not (ANSIBLE / "ansible-playbook").exists():
        pytest.skip("the environment of Ansible is not made: make ansible")
    rig.up(*NAMES, release="trixie")
    try:
        cluster = Cluster(rig, tmp_path_factory.mktemp("cluster"))
        cluster.write_inventory()
        cluster.play()
        yield cluster
    finally:
        rig.down(*NAMES)


def test_an_inventory_of_three_makes_one_cluster_and_a_second_run_changes_nothing(cluster: Cluster) -> None:
    quorum = cluster.rig.run_on(
        "kafka-2", f"kafka-metadata-quorum --bootstrap-server {cluster.servers} describe --replication"
    ).stdout
    voters = [line.split() for line in quorum.splitlines()[1:] if line.split()[-1] in ("Leader", "Follower")]
    assert sorted(row[0] for row in voters) == ["1", "2", "3"]
    # A node's directory stands in the log of a dynamic quorum alone; in a static one it is all A.
    assert not any(re.fullmatch("A+", row[1]) for row in voters)
    recap = cluster.play().partition("PLAY RECAP")[2]
    assert [line.split()[3] for line in recap.splitlines() if "changed=" in line] == ["changed=0"] * 3


def test_a_host_that_crashes_loses_no_acknowledged_record_and_catches_up_when_it_is_back(
    cluster: Cluster,
) -> None:
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


def test_a_bare_host_in_the_place_of_one_that_is_lost_votes_and_holds_every_acknowledged_record(
    cluster: Cluster,
) -> None:
    records = Counted(cluster.servers, "lost")
    records.make_topic()
    with records.writing(rate=200):
        wait_for(records, 1000)
        address = cluster.rig.host("kafka-3").address
        cluster.rig.host("kafka-3").crash()
        cluster.rig.down("kafka-3")
        cluster.rig.up("kafka-3", release="trixie")
        assert cluster.rig.host("kafka-3").address == address
        cluster.play()
    assert records.failed == {}
    cluster.wait_until_healthy("kafka-3")
    assert records.lost() == set()
    kept = cluster.kept("lost")
    assert kept[3] == kept[1] == kept[2]
    assert sum(kept[3].values()) > len(records.acknowledged)


def test_new_settings_restart_one_node_after_the_other_and_lose_no_record(cluster: Cluster) -> None:
    before = cluster.started()
    records = Counted(cluster.servers, "rolling")
    records.make_topic()
    with records.writing(rate=200):
        cluster.play(kafka_settings={"log.flush.interval.ms": 60000})
    after = cluster.started()
    assert all(after[name] > before[name] for name in NAMES)
    assert records.failed == {}
    assert records.lost() == set()


def wait_for(records: Counted, count: int) -> None:
    """Wait until so many records are acknowledged."""
    wait_until(lambda: len(records.acknowledged) >= count, f"{count} records are acknowledged", 240)
