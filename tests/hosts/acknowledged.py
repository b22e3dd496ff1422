"""Write numbered records from one host to Kafka on another, with the release's own client, and count both ends."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hosts.rig import Rig

WRITER = """
import sys, threading
from confluent_kafka import Producer

def tell(error, record):
    print(f"failed: {error}" if error else record.value().decode(), flush=True)

producer = Producer({"bootstrap.servers": sys.argv[1], "acks": "all", "enable.idempotence": True})
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set())).start()
number = 0
while not ended.wait(0.01):
    producer.produce(sys.argv[2], str(number), on_delivery=tell)
    producer.poll(0)
    number += 1
producer.flush()
"""


class Acknowledged:
    """The records that `writer`, a host with a release, has got acknowledged by the broker on `broker`."""

    def __init__(self, rig: Rig, writer: str, broker: str, topic: str, output: Path) -> None:
        self.rig, self.writer, self.broker, self.topic, self.output = rig, writer, broker, topic, output
        self.server = f"{rig.host(broker).address}:9092"

    def make_topic(self) -> None:
        """Make the topic, with more than one partition."""
        self._ask("kafka-topics", "--create --partitions 3")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write up to a hundred records a second while the block runs, and at its end what is not yet acknowledged."""
        command = ["/opt/matchcast/current/bin/python", "-c", WRITER, self.server, self.topic]
        with (
            self.output.open("wb") as told,
            subprocess.Popen(
                ["ssh", "-F", self.rig.ssh_config, self.writer, shlex.join(command)],
                stdin=subprocess.PIPE, stdout=told,
            ) as process,
        ):  # fmt: skip
            yield
        assert process.returncode == 0

    def told(self) -> list[str]:
        """Return the number of each record that was acknowledged, and why others were not."""
        return self.output.read_text("utf-8").splitlines()

    def lost(self) -> set[str]:
        """Return what was acknowledged, or refused, and is not read back."""
        ends = self._ask("kafka-get-offsets", "")
        count = sum(int(line.rpartition(":")[2]) for line in ends.splitlines())
        read = self._ask(
            "kafka-console-consumer", f"--from-beginning --max-messages {count} --timeout-ms 60000"
        )
        return set(self.told()) - set(read.splitlines())

    def _ask(self, command: str, options: str) -> str:
        return self.rig.run_on(
            self.broker, f"{command} --bootstrap-server {self.server} --topic {self.topic} {options}"
        ).stdout
