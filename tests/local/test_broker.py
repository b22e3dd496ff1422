"""A Kafka node in a folder: it comes up, keeps its log, and gives its place back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from matchcast.local import ports
from matchcast.local.broker import Broker
from matchcast.local.kafka_protocol import answers
from matchcast.local.ports import LOOPBACK
from matchcast.stream.client import NewTopic, connect_admin


def test_a_broker_that_was_killed_comes_back_with_its_topics(start_kafka: Callable[[], Broker]) -> None:
    broker = start_kafka()
    admin = connect_admin(broker.bootstrap)
    admin.create_topics([NewTopic("kept", 3, 1)])["kept"].result(10)
    broker.kill()
    assert not answers(LOOPBACK, broker.port, timeout=1.0)
    broker.start()
    broker.wait_until_ready()
    assert len(admin.list_topics(timeout=10).topics["kept"].partitions) == 3


def test_a_broker_listens_on_loopback_alone(kafka: Broker) -> None:
    settings = (kafka.folder / "server.properties").read_text()
    listeners = next(line for line in settings.splitlines() if line.startswith("listeners="))
    assert all("://127.0.0.1:" in listener for listener in listeners.partition("=")[2].split(","))
    holder = ports.holder_of(kafka.port)
    assert kafka.process is not None
    assert holder is not None
    assert holder.pid == kafka.process.pid


def test_a_format_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    half = tmp_path / "data.formatting"
    half.mkdir(parents=True)
    (half / "meta.properties").write_text("version=1\n")
    with Broker.running(tmp_path, heap="256m") as broker:
        assert answers(LOOPBACK, broker.port, timeout=1.0)
    assert not half.exists()


def test_a_broker_whose_port_is_taken_names_the_process_that_has_it(kafka: Broker, tmp_path: Path) -> None:
    assert kafka.process is not None
    with pytest.raises(ports.PortTaken, match=rf"Port {kafka.port}.*\(pid {kafka.process.pid}\)"):
        Broker(tmp_path, port=kafka.port).start()
