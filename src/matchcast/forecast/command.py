"""The commands `train`, `evaluate` and `drift`."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click
import msgspec
import numpy as np

from matchcast.forecast.archive import Archive
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import load, load_champion, save
from matchcast.forecast.contract import breaches
from matchcast.forecast.drift_since import drift_since
from matchcast.forecast.errors import ModelNotWritten, PageNotWritten, UnusableHistory
from matchcast.forecast.evaluate import Others, as_other
from matchcast.forecast.evaluate import evaluate as evaluate_model
from matchcast.forecast.evaluation import Evaluated
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.page import page
from matchcast.forecast.report import report
from matchcast.telemetry.logs import configure

_DAY = click.DateTime(["%Y-%m-%d"])
_BASELINES = "baselines"
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
@click.option(
    "--compare",
    "compared",
    is_flag=True,
    help="Put figures of the usual models beside its own on its card; takes a minute more.",
)
def train(data: Path, until: datetime | None, output: Path, compared: bool) -> None:
    """Fit a model on a folder of matches and write it to a file."""
    from matchcast.forecast.against import Challenged
    from matchcast.forecast.challenger_forecaster import broken_properties
    from matchcast.forecast.train import rated_sets
    from matchcast.forecast.train import train as train_model  # brings scikit-learn

    configure()
    if not output.parent.is_dir():
        raise ModelNotWritten(f"{output.parent} is no folder", hint="choose a file in a folder that exists")
    begun = time.monotonic()
    archive = read_archive(data).between(None, _day(until))
    others = Challenged(archive) if compared else None
    model = train_model(archive, lambda step: click.echo(step, err=True), others)
    save(model, output)
    click.echo(f"{model.version} written to {output} in {time.monotonic() - begun:.1f} s")
    for broken_property, faults in breaches(GoalRateForecaster(model)).items():
        click.echo(f"It may not serve, for it breaks the contract ({broken_property}): {faults[0]}", err=True)
    if compared:
        for name, broken in broken_properties(rated_sets(archive)[-1], model.ratings).items():
            click.echo(f"Of the contract {name} breaks: {', '.join(broken) or 'nothing'}", err=True)
    folder, file = shlex.quote(str(data)), shlex.quote(str(output))
    click.echo(
        f"Judge it with `matchcast evaluate --data {folder} --model {file}`, "
        f"serve it with `MATCHCAST_MODEL={file} matchcast api`.",
        err=True,
    )


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
@click.option(
    "--held-out",
    is_flag=True,
    help="Judge how models are made: train some that have not seen what they are judged on.",
)
@click.option(
    "--against",
    metavar="FILE|baselines",
    help="Compare with another model, or with the usual ones, fitted to the folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--page",
    "page_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with plots to this file too.",
)
def evaluate(
    data: Path,
    since: datetime | None,
    until: datetime | None,
    file: Path | None,
    held_out: bool,
    against: str | None,
    as_json: bool,
    page_file: Path | None,
) -> None:
    """Judge a model on a folder of matches, beside the baselines."""
    if held_out and (file is not None or against not in (None, _BASELINES)):
        raise click.UsageError("--held-out trains its own models: it goes with --against baselines alone.")
    configure()
    model = None if held_out else load_champion() if file is None else load(file)
    if model is not None:
        click.echo(f"judging {model.version}, {'the packaged champion' if file is None else file}", err=True)
    archive = read_archive(data)
    judged: Mapping[str, Evaluated | None]
    if model is None:
        judged = _judge_held_out(archive.between(None, _day(until)), _day(since), against is not None)
        version = "trained without what it is judged on"
    else:
        version = model.version
        judged = evaluate_model(model, archive, _day(since), _day(until), _others(against, archive))
    if page_file is not None:
        _write_page(page_file, page(version, judged))
    if as_json:
        answer = msgspec.json.encode({"model_version": version, **judged})
        click.echo(msgspec.json.format(answer, indent=2))
    else:
        click.echo(report(version, judged))


def _judge_held_out(
    archive: Archive, since: np.datetime64 | None, compared: bool
) -> Mapping[str, Evaluated | None]:
    from matchcast.forecast.against import Challenged  # brings scikit-learn, as the others do
    from matchcast.forecast.held_out import judge_held_out
    from matchcast.forecast.train import rated_sets

    others = Challenged(archive) if compared else None
    judged = judge_held_out(rated_sets(archive), lambda step: click.echo(step, err=True), since, others)
    if not judged:
        raise UnusableHistory(
            "the matches are too few to hold some back", hint="evaluate a model, or take more matches"
        )
    return {"international": None, "detailed": None, **judged}


def _others(against: str | None, archive: Archive) -> Others | None:
    if against is None:
        return None
    if against == _BASELINES:
        from matchcast.forecast.against import Challenged

        return Challenged(archive).outside
    return as_other(load(Path(against)), archive)


def _write_page(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PageNotWritten(
            f"{file} cannot be written: {error.strerror}", hint="choose another file for --page"
        ) from error


@click.command()
@click.option("--data", type=_FOLDER, default=Path("data"), show_default=True, help="Folder of matches.")
@click.option("--since", type=_DAY, required=True, help="Look at matches from this day on.")
@click.option("--until", type=_DAY, help="Look at matches before this day.")
@click.option(
    "--model",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Model whose forecasts are looked at; the packaged champion unless given.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def drift(data: Path, since: datetime, until: datetime | None, file: Path | None, as_json: bool) -> None:
    """Compare matches with those of the twelve years before: has football changed, or the model's grip on it?"""
    configure()
    model = load_champion() if file is None else load(file)
    found = drift_since(model, read_archive(data), np.datetime64(since.date()), _day(until))
    if not found:
        raise UnusableHistory(
            "there are no matches both before and after that day", hint="choose another --since"
        )
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        for name, seen in found.items():
            click.echo(f"{name}: {seen.matches:,} matches beside {seen.reference:,}")
            if not seen.signs:
                click.echo("    too few to tell")
            for sign in seen.signs:
                click.echo(f"  {'!' if sign.fires else ' '} {sign.text}")
