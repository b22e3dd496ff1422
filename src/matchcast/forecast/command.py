"""The commands `train` and `evaluate`."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import click
import msgspec
import numpy as np

from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import load, load_champion, save
from matchcast.forecast.errors import ModelNotWritten
from matchcast.forecast.evaluate import evaluate as evaluate_model
from matchcast.forecast.report import report
from matchcast.telemetry.logs import configure

_DAY = click.DateTime(["%Y-%m-%d"])
_FOLDER = click.Path(path_type=Path, file_okay=False)


def _day(moment: datetime | None) -> np.datetime64 | None:
    return None if moment is None else np.datetime64(moment.date())


@click.command()
@click.option("--data", type=_FOLDER, default=Path("data"), show_default=True, help="Folder of matches.")
@click.option("--until", type=_DAY, help="Learn from matches before this day alone.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("model.json"),
    show_default=True,
    help="File that the model is written to.",
)
def train(data: Path, until: datetime | None, output: Path) -> None:
    """Fit a model on a folder of matches and write it to a file."""
    from matchcast.forecast.train import train as train_model  # brings scikit-learn

    configure()
    if not output.parent.is_dir():
        raise ModelNotWritten(f"{output.parent} is no folder", hint="choose a file in a folder that exists")
    begun = time.monotonic()
    archive = read_archive(data).between(None, _day(until))
    model = train_model(archive, note=lambda step: click.echo(step, err=True))
    save(model, output)
    click.echo(f"{model.version} written to {output} in {time.monotonic() - begun:.1f} s")


@click.command()
@click.option(
    "--data", type=_FOLDER, default=Path("data"), show_default=True, help="Folder of matches to judge it on."
)
@click.option("--since", type=_DAY, help="Judge matches from this day on.")
@click.option("--until", type=_DAY, help="Judge matches before this day.")
@click.option(
    "--model",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Model to judge; the packaged champion unless given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def evaluate(
    data: Path, since: datetime | None, until: datetime | None, file: Path | None, as_json: bool
) -> None:
    """Judge a model on a folder of matches, beside the baselines."""
    configure()
    model = load_champion() if file is None else load(file)
    judged = evaluate_model(model, read_archive(data), _day(since), _day(until))
    if as_json:
        answer = msgspec.json.encode({"model_version": model.version, **judged})
        click.echo(msgspec.json.format(answer, indent=2))
    else:
        click.echo(report(model.version, judged))
