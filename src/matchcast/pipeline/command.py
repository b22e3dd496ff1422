"""``matchcast pipeline``: the steps that Airflow's tasks run, each for a batch of its own.

A step prints its result as one line of JSON on standard output and logs on standard error. Each may
be run again, after whatever end: it does the same work, or finds it done.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matchcast.settings import Settings, load
from matchcast.telemetry import logs

if TYPE_CHECKING:
    from matchcast.pipeline.files import BatchFiles

_batch = click.option(
    "--batch", required=True, metavar="ID", help="Name of the run; the same name again does the same work."
)


@click.group()
@click.option("--history", type=click.Path(path_type=Path), help="Folder of the history.")
@click.option("--kafka-broker", metavar="HOST:PORT", help="Addresses of Kafka, comma-separated.")
@click.option("--api-url", metavar="URL", help="Where the model API is.")
@click.pass_context
def pipeline(
    context: click.Context, history: Path | None, kafka_broker: str | None, api_url: str | None
) -> None:
    """Run a step of Airflow's pipelines; its result is a line of JSON."""
    settings = load(history_dir=history, kafka_broker=kafka_broker, api_url=api_url)
    logs.configure(settings.log_level, settings.log_format)
    context.obj = settings


@pipeline.command()
@_batch
@click.pass_obj
def drain(settings: Settings, batch: str) -> None:
    """Bring what the stream has into history, each record once."""
    from matchcast.history.drain import drain as drain_stream

    files = _files(settings, batch)
    drain_stream(files.history, settings.kafka_broker, settings.events_topic, batch)
    _, report = files.drained()
    _tell("drain", batch, offsets=report.offsets, events=report.events, broken=report.broken,
          unattributed=report.unattributed)  # fmt: skip


@pipeline.command()
@_batch
@click.pass_obj
def features(settings: Settings, batch: str) -> None:
    """Fold the matches that the batch brought to their end, and take their features."""
    from matchcast.history.finished import fold_finished
    from matchcast.history.parquet import write_rows
    from matchcast.pipeline.features import FEATURES, snapshots_of

    files = _files(settings, batch)
    matches = fold_finished(files.history, files.drained()[0])
    rows = write_rows(files.features, FEATURES, snapshots_of(matches))
    _tell("features", batch, matches=len(matches), snapshots=rows)


@pipeline.command()
@_batch
@click.pass_obj
def score(settings: Settings, batch: str) -> None:
    """Ask the model API for the forecasts of the batch's finished matches."""
    from matchcast.pipeline.scoring import score as score_batch

    scored = score_batch(_files(settings, batch), settings.api_url)
    versions = sorted({one.model_version for one in scored})
    _tell("score", batch, forecasts=len(scored), model_versions=versions)


@pipeline.command()
@_batch
@click.pass_obj
def check(settings: Settings, batch: str) -> None:
    """Check the batch's records, matches and forecasts; fails where something is wrong."""
    from matchcast.pipeline.errors import QualityFailed
    from matchcast.pipeline.quality import check as check_batch

    files = _files(settings, batch)
    quality = check_batch(files)
    faults = [
        f"{one.name}: {one.faults} of {one.of} fail" + (f" ({one.example})" if one.example else "")
        for one in quality.checks
        if not one.passed
    ]
    _tell("check", batch, passed=quality.passed, checks=len(quality.checks), faults=faults,
          log_loss=quality.log_loss)  # fmt: skip
    if faults:
        raise QualityFailed(batch, faults, files.checks)


def _files(settings: Settings, batch: str) -> BatchFiles:
    from matchcast.history.files import HistoryFolder
    from matchcast.pipeline.files import BatchFiles

    return BatchFiles(HistoryFolder(settings.history_dir), batch)


def _tell(step: str, batch: str, **result: Any) -> None:
    import msgspec

    click.echo(msgspec.json.encode({"step": step, "batch": batch, **result}).decode())
