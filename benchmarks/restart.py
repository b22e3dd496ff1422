"""A restart with millions of events behind it: the dashboard catches up, is killed, and starts again."""

from __future__ import annotations

import tempfile
import time
from itertools import islice
from pathlib import Path

import click
import psutil

from benchmarks.catch_up import play
from benchmarks.report import print_report
from benchmarks.system import TOPIC, serving
from matchcast.local.broker import Broker
from matchcast.local.ports import LOOPBACK, free_port
from matchcast.settings import load
from matchcast.stream.topics import catalogue, ensure_topics
from matchcast.stream.writer import EventWriter

CATCH_UP_SECONDS = 900
CHECKPOINT_SECONDS = 10
"""Longer than the dashboard waits before it keeps a checkpoint."""


def fill(broker: str, events: int) -> float:
    """Write events to Kafka; return how long it took in seconds."""
    began = time.perf_counter()
    writer = EventWriter(broker)
    for record in islice(play(events), events):
        writer.write(TOPIC, record.value or b"", key=record.key)
    writer.flush()
    return time.perf_counter() - began


@click.command()
@click.option("--events", default=5_000_000, show_default=True, help="Events that are behind the restart.")
def main(events: int) -> None:
    """Measure how long the dashboard takes to be ready: from nothing, and after it was killed."""
    with tempfile.TemporaryDirectory(prefix="matchcast-bench-") as name:
        folder = Path(name)
        with Broker.running(folder / "kafka") as broker:
            ensure_topics(broker.bootstrap, catalogue(load(events_topic=TOPIC)))
            filling = fill(broker.bootstrap, events)
            environment = {
                "MATCHCAST_KAFKA_BROKER": broker.bootstrap,
                "MATCHCAST_API_URL": f"http://{LOOPBACK}:{free_port()}",
                "MATCHCAST_STATE_DIR": str(folder / "state"),
            }
            began = time.perf_counter()
            with serving("dashboard", free_port(), environment, folder, CATCH_UP_SECONDS) as dashboard:
                first = time.perf_counter() - began
                time.sleep(CHECKPOINT_SECONDS)
                for process in [*psutil.Process(dashboard.pid).children(recursive=True), dashboard]:
                    process.kill()
            began = time.perf_counter()
            with serving("dashboard", free_port(), environment, folder):
                again = time.perf_counter() - began
    row = {
        "events": events,
        "written_s": round(filling, 1),
        "first_start_s": round(first, 1),
        "restart_s": round(again, 1),
    }
    print_report("dashboard, from start to ready", [row])


if __name__ == "__main__":
    main()
