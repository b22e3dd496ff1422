"""The steps of football_pipeline on 100,000 new events, and training and judging on matches that you have.

Each step is a process, as Airflow runs it. Processor times stand beside the clock's, so that what else runs
on the machine does not count.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import click

from benchmarks.catch_up import play
from benchmarks.report import print_report
from benchmarks.system import TOPIC, serving
from matchcast.local.broker import Broker
from matchcast.local.ports import LOOPBACK, free_port
from matchcast.settings import load
from matchcast.stream.topics import catalogue, ensure_topics
from matchcast.stream.writer import EventWriter

STEPS = ("drain", "features", "score", "check")
JUDGED_MATCHES = 10_000


def timed(name: str, arguments: list[str], environment: dict[str, str]) -> dict[str, object]:
    """Run a command of ours; return the time that it took, in seconds of the clock and of processors."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "matchcast", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "MATCHCAST_LOG_LEVEL": "warning", **environment},
    )
    took = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"step": name, "clock_s": round(took, 2), "cpu_s": round(used, 2)}


def measure_steps(events: int) -> list[dict[str, object]]:
    """Put so many events onto a stream and take them through the steps; then a run without any."""
    with tempfile.TemporaryDirectory(prefix="matchcast-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(Broker.running(folder / "kafka"))
        ensure_topics(broker.bootstrap, catalogue(load(events_topic=TOPIC)))
        with EventWriter(broker.bootstrap, linger_ms=5) as writer:
            for record in islice(play(events), events):
                writer.write(TOPIC, record.value, key=record.key)
        port = free_port()
        environment = {
            "MATCHCAST_KAFKA_BROKER": broker.bootstrap,
            "MATCHCAST_API_URL": f"http://{LOOPBACK}:{port}",
            "MATCHCAST_STATE_DIR": str(folder / "state"),
            "MATCHCAST_HISTORY_DIR": str(folder / "history"),
        }
        stack.enter_context(serving("api", port, environment, folder))
        rows = []
        for batch, count in (("first", events), ("second", 0)):
            steps = [timed(step, ["pipeline", step, "--batch", batch], environment) for step in STEPS]
            rows += [{"events": count, **row} for row in [*steps, _sum(steps)]]
        return rows


def _sum(rows: list[dict[str, object]]) -> dict[str, object]:
    times = {name: sum(float(str(row[name])) for row in rows) for name in ("clock_s", "cpu_s")}
    return {"step": "all", **{name: round(total, 2) for name, total in times.items()}}


def measure_learning(data: Path) -> list[dict[str, object]]:
    """Train on a folder of matches and judge the champion on its newest `JUDGED_MATCHES`."""
    from matchcast.forecast.archive_files import read_archive

    archive = read_archive(data)
    days = sorted(
        day for part in (archive.international, archive.detailed) if part is not None for day in part.days
    )
    since = str(days[-JUDGED_MATCHES:][0])
    judged = sum(day >= days[-JUDGED_MATCHES:][0] for day in days)
    with tempfile.TemporaryDirectory(prefix="matchcast-bench-") as folder:
        train = ["train", "--data", str(data), "--output", str(Path(folder) / "model.json")]
        return [
            {"matches": len(days), **timed("train", train, {})},
            {
                "matches": int(judged),
                **timed("evaluate", ["evaluate", "--data", str(data), "--since", since], {}),
            },
        ]


@click.command()
@click.option("--events", default=100_000, show_default=True, help="New events for a run of the pipeline.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=os.environ.get("MATCHCAST_TEST_DATA"),
    help="Folder of matches to train and judge on  [default: what MATCHCAST_TEST_DATA names]",
)
def main(events: int, data: Path | None) -> None:
    """Measure the steps of a run on so many new events, and learning from a folder of matches."""
    print_report("football_pipeline, step by step", measure_steps(events))
    if data is None:
        click.echo("training and judging: not measured, --data names no folder of matches")
    else:
        print_report("training and judging", measure_learning(data))


if __name__ == "__main__":
    main()
