"""football_pipeline in a running Airflow (LocalExecutor, SQLite): from trigger to success.

What Airflow adds to the steps, which `benchmarks.pipeline` measures by themselves, is told as `between`.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from statistics import median

import click
from tests.dags.running import RunningAirflow, wait_until

from benchmarks.catch_up import play
from benchmarks.report import print_report
from benchmarks.system import TOPIC, serving
from matchcast.local.broker import Broker
from matchcast.local.ports import LOOPBACK, free_port
from matchcast.settings import load
from matchcast.stream.topics import catalogue, ensure_topics
from matchcast.stream.writer import EventWriter

DAG = "football_pipeline"
PARTS = ("api-server", "scheduler", "dag-processor")
"""Without the triggerer: the ends of the matches would wake runs that are not asked for."""


@contextmanager
def running(folder: Path, broker: str) -> Iterator[RunningAirflow]:
    """Give an Airflow with a model API, and end both afterwards."""
    with ExitStack() as stack:
        port = free_port()
        of_api = {"MATCHCAST_KAFKA_BROKER": broker, "MATCHCAST_STATE_DIR": str(folder / "state")}
        stack.enter_context(serving("api", port, of_api, folder))
        variables = {
            "MATCHCAST_KAFKA_BROKER": broker,
            "MATCHCAST_API_URL": f"http://{LOOPBACK}:{port}",
            "MATCHCAST_HISTORY_DIR": str(folder / "history"),
        }
        database = f"sqlite:///{folder}/airflow/airflow.db"
        airflow = RunningAirflow(folder / "airflow", database, variables)
        airflow.prepare()
        stack.callback(airflow.stop)
        airflow.start(*PARTS)
        yield airflow


def measure(airflow: RunningAirflow) -> dict[str, float]:
    """Let a run begin; return seconds, of the whole and of each task."""
    wait_until(lambda: all(run["state"] == "success" for run in airflow.runs(DAG)), "no run is active")
    began = time.time()
    run = airflow.trigger(DAG)
    if airflow.finish(DAG, run) != "success":
        raise SystemExit(f"the run failed: {airflow.tasks(DAG, run)}")
    ended = datetime.fromisoformat(airflow.ask("GET", f"dags/{DAG}/dagRuns/{run}")["end_date"])
    tasks = {name: float(one["duration"]) for name, one in airflow.tasks(DAG, run).items()}
    whole = ended.timestamp() - began
    return {"whole": whole, **tasks, "between": whole - sum(tasks.values())}


@click.command()
@click.option("--events", default=100_000, show_default=True, help="New events of a run.")
@click.option("--rounds", default=3, show_default=True)
def main(events: int, rounds: int) -> None:
    """Measure the time from trigger to success, beside that of a run that finds nothing new."""
    found: dict[int, list[dict[str, float]]] = {0: [], events: []}
    records = play(events * rounds)
    with (
        tempfile.TemporaryDirectory(prefix="matchcast-bench-") as name,
        Broker.running(Path(name) / "kafka") as broker,
    ):
        ensure_topics(broker.bootstrap, catalogue(load(events_topic=TOPIC)))
        with running(Path(name), broker.bootstrap) as airflow, EventWriter(broker.bootstrap) as writer:
            measure(airflow)  # the first run of a process is slower
            for _ in range(rounds):
                found[0].append(measure(airflow))
                for record in islice(records, events):
                    writer.write(TOPIC, record.value, key=record.key)
                writer.flush()
                found[events].append(measure(airflow))
    rows: list[dict[str, object]] = [
        {
            "new_events": count,
            **{f"{part}_s": round(median(one[part] for one in some), 2) for part in some[0]},
            "least_s": round(min(one["whole"] for one in some), 2),
            "load": round(os.getloadavg()[0], 1),
        }
        for count, some in found.items()
    ]
    print_report(f"{DAG}, from trigger to success, median of {rounds}", rows)


if __name__ == "__main__":
    main()
