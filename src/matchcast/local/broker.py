"""One Kafka node (KRaft: broker and controller in one) that lives in a folder and listens on loopback.

    with Broker.running(tmp_path) as broker:
        broker.bootstrap  # "127.0.0.1:49213"

The folder keeps the log between runs. It is formatted aside and renamed, so that a start cut short
leaves either no data folder or a whole one.
"""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matchcast.errors import MatchcastError
from matchcast.local import kafka_jars
from matchcast.local.kafka_protocol import answers
from matchcast.local.ports import LOOPBACK, free_port, require_free
from matchcast.local.processes import spawn, stop_child, tethered
from matchcast.settings import default_cache_dir

PATIENCE = 20.0
"""Seconds that a broker gets to flush and end before it is killed."""

_ONE_NODE = """\
process.roles=broker,controller
node.id=1
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller_port}
log.dirs={data}
auto.create.topics.enable=false
# One node: nothing can be kept twice, and nobody else joins a group.
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
# A node that was killed is refused by its own controller until its old session has passed (9 s by
# default); one that is starved of processor or disk for as long is fenced, and answers nobody.
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
# Sized for one machine; the cleaner's buffer alone takes 128 MB by default.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=4
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
"""

_LOG4J = """\
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
# Each prints some 400 settings at every start.
logger.config.name=org.apache.kafka.common.config.AbstractConfig
logger.config.level=WARN
logger.server.name=kafka.server.KafkaConfig
logger.server.level=WARN
"""


class BrokerFailed(MatchcastError):
    """Kafka could not be formatted or did not come up."""


class Broker:
    """A Kafka node in `folder`; `port` and the controller's port stay its own over restarts.

    Args:
        folder: Where its settings, its log and its data are kept; made when missing.
        port: Port of 127.0.0.1 for clients; 0 takes a free one.
        heap: Most memory of the Java heap, as in ``-Xmx``.
        cache_dir: Where the jars are kept; the user's cache folder when None.
        log: File that its output is appended to; ``kafka.log`` in the folder when None.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        heap: str = "512m",
        cache_dir: Path | None = None,
        log: Path | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self.controller_port = free_port()
        self.heap = heap
        self.cache_dir = cache_dir or default_cache_dir()
        self.log = log or self.folder / "kafka.log"
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextmanager
    def running(cls, folder: Path, *, port: int = 0, heap: str = "512m") -> Iterator[Broker]:
        """Give a broker that answers, and end it afterwards."""
        broker = cls(folder, port=port, heap=heap)
        try:
            broker.start()
            broker.wait_until_ready()
            yield broker
        finally:
            broker.stop()

    @property
    def bootstrap(self) -> str:
        """The address for clients, as ``host:port``."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def data(self) -> Path:
        """The folder of Kafka's log; it exists once the node is formatted."""
        return self.folder / "data"

    def prepare(self, progress: kafka_jars.Progress | None = None) -> None:
        """Fetch the jars if need be, format the folder once, and write the settings of this start.

        Raises:
            BrokerFailed: the folder cannot be formatted.
            JarsUnavailable: the jars cannot be fetched.
        """
        kafka_jars.ensure(self.cache_dir, progress=progress)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log4j2.properties").write_text(_LOG4J, encoding="utf-8")
        if not self.data.exists():
            self._format()
        self._write_settings(self.data)

    def _format(self) -> None:
        aside = self.folder / "data.formatting"
        shutil.rmtree(aside, ignore_errors=True)
        self._write_settings(aside)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        formatted = subprocess.run(
            tethered(self._java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--standalone",
                                f"--config={self.folder / 'server.properties'}")),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if formatted.returncode:
            last = (formatted.stderr or formatted.stdout).strip().splitlines()[-1:]
            raise BrokerFailed(
                f"Kafka could not format {self.data}: {''.join(last) or formatted.returncode}",
                hint="see that the disk has room and the folder may be written",
            )
        aside.rename(self.data)

    def _write_settings(self, data: Path) -> None:
        text = _ONE_NODE.format(
            host=LOOPBACK, port=self.port, controller_port=self.controller_port, data=data
        )
        (self.folder / "server.properties").write_text(text, encoding="utf-8")

    def _java(self, main: str, *arguments: str) -> list[str]:
        # The serial collector and the first compiler alone: half the memory and the quickest start.
        jars = kafka_jars.Lock.read().folder(self.cache_dir)
        return [
            str(kafka_jars.java()),
            f"-Xmx{self.heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true", f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            "-cp", f"{jars}/*", main, *arguments,
        ]  # fmt: skip

    def command(self) -> list[str]:
        """Return the command line that runs the prepared node."""
        return self._java("kafka.Kafka", str(self.folder / "server.properties"))

    def start(self) -> None:
        """Prepare the node and start its process; does not wait for it.

        Raises:
            PortTaken: another process listens on the port.
        """
        require_free(self.port, "Kafka")
        self.prepare()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MATCHCAST_")}
        self.process = spawn(self.command(), log=self.log, env=environment)

    def wait_until_ready(self, timeout: float = 60.0) -> None:
        """Wait until the broker answers clients.

        Raises:
            BrokerFailed: its process ended, or `timeout` seconds passed.
        """
        deadline = time.monotonic() + timeout
        while not answers(LOOPBACK, self.port, timeout=1.0):
            if self.process is None or self.process.poll() is not None:
                raise BrokerFailed(
                    f"Kafka ended before it answered:\n{self._last_lines()}", hint=f"read {self.log}"
                )
            if time.monotonic() > deadline:
                raise BrokerFailed(f"Kafka did not answer within {timeout:g} s.", hint=f"read {self.log}")
            time.sleep(0.05)

    def _last_lines(self, count: int = 5) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
        except FileNotFoundError:
            return ""

    def stop(self) -> None:
        """End the broker in good order; it is killed when it takes longer than `PATIENCE`."""
        if self.process is not None:
            stop_child(self.process, patience=PATIENCE)
            self.process = None

    def kill(self) -> None:
        """End the broker as a power cut does; `start` takes it up again."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None
