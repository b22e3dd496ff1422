"""``matchcast pipeline``: the steps that Airflow's tasks run, each for a batch of its own.

A step prints its result as one line of JSON on standard output and logs on standard error. Each may
be run again, after whatever end: it does the same work, or finds it done. A failure that may mend when
the step is run again ends with 1, one that lasts until somebody has done something with 3.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matchcast.errors import MatchcastError
from matchcast.settings import Settings, load
from matchcast.telemetry import logs

if TYPE_CHECKING:
    from matchcast.forecast.artefact import Artefact
    from matchcast.forecast.drift_report import DriftReport
    from matchcast.forecast.evaluation import Evaluated
    from matchcast.pipeline.challenge import Challenge
    from matchcast.pipeline.files import BatchFiles

PATIENCE = 60.0
"""Seconds that tidying waits for a drain that runs."""

_batch = click.option(
    "--batch", required=True, metavar="ID", help="Name of the run; the same name again does the same work."
)


class _Steps(click.Group):
    """Ends with another exit code where running the step again alone would fail again."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the step that was asked for."""
        try:
            return super().invoke(ctx)
        except MatchcastError as error:
            from matchcast.pipeline.errors import LASTING_EXIT, lasts

            if lasts(error):
                error.exit_code = LASTING_EXIT
            raise


@click.group(cls=_Steps)
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
    """Check the batch's records, matches and forecasts, and look for drift; fails where something is wrong."""
    from matchcast.pipeline.drift import look_for_drift, publish
    from matchcast.pipeline.errors import QualityFailed
    from matchcast.pipeline.quality import check as check_batch

    files = _files(settings, batch)
    quality = check_batch(files)
    faults = [
        f"{one.name}: {one.faults} of {one.of} fail" + (f" ({one.example})" if one.example else "")
        for one in quality.checks
        if not one.passed
    ]
    if faults:
        _tell("check", batch, passed=False, checks=len(quality.checks), faults=faults,
              log_loss=quality.log_loss)  # fmt: skip
        raise QualityFailed(batch, faults, files.checks)
    reports = look_for_drift(files, partial(publish, settings))
    drift = {origin: _brief(report) for origin, report in reports.items()}
    _tell("check", batch, passed=True, checks=len(quality.checks), faults=[], log_loss=quality.log_loss,
          drift=drift)  # fmt: skip


def _brief(report: DriftReport) -> dict[str, Any]:
    return {
        "drifted": report.drifted,
        "matches": report.matches,
        "reference": report.reference,
        "signs": [sign.text for sign in report.signs if sign.fires],
    }


def _files(settings: Settings, batch: str) -> BatchFiles:
    from matchcast.history.files import HistoryFolder
    from matchcast.pipeline.files import BatchFiles

    return BatchFiles(HistoryFolder(settings.history_dir), batch)


def _tell(step: str, batch: str, **result: Any) -> None:
    import msgspec

    click.echo(msgspec.json.encode({"step": step, "batch": batch, **result}).decode())


@pipeline.command()
@_batch
@click.pass_obj
def tidy(settings: Settings, batch: str) -> None:
    """Tidy the history as `matchcast history tidy` does: merge, drop old played events, clear away."""
    from matchcast.history.tidy import tidy as tidy_history

    done = tidy_history(_files(settings, batch).history, patience=PATIENCE)
    _tell("tidy", batch, merged=done.merged, dropped=done.dropped, removed=done.removed)


@pipeline.command()
@_batch
@click.option("--with-simulated", is_flag=True, help="Train and judge on simulated matches and replays too.")
@click.pass_obj
def assemble(settings: Settings, batch: str, with_simulated: bool) -> None:
    """Export the history that models learn from, and note the champion.

    Where that is too little to train or judge a challenger, the run ends well and keeps the champion.
    """
    from matchcast.pipeline.registry import champion_of, open_log

    def champion() -> Artefact:
        with open_log(settings) as log:
            return champion_of(log)

    run = _challenge(settings, batch)
    assembled = run.assemble(champion, with_simulated=with_simulated)
    _tell(
        "assemble",
        batch,
        international=assembled.international,
        detailed=assembled.detailed,
        last_day=assembled.last_day,
        champion=run.champion.version,
        kept=assembled.kept,
    )


@pipeline.command()
@_batch
@click.pass_obj
def train(settings: Settings, batch: str) -> None:
    """Train a challenger on all but the newest matches."""
    run = _challenge(settings, batch)
    challenger = run.train()
    _tell(
        "train",
        batch,
        challenger=challenger.version if challenger else None,
        trained_until=challenger.card.trained_until if challenger else None,
        kept=run.assembled.kept,
    )


@pipeline.command()
@_batch
@click.pass_obj
def evaluate(settings: Settings, batch: str) -> None:
    """Evaluate the challenger beside the champion and the baselines on matches that neither has seen."""
    run = _challenge(settings, batch)
    found = run.evaluate()
    figures = {name: _figures(one) for name, one in found.items() if one is not None}
    _tell("evaluate", batch, figures=figures, kept=run.assembled.kept)


def _figures(judged: Evaluated) -> dict[str, Any]:
    """Figures of the challenger, and of each other model with the difference: below 0 the challenger is better."""
    return {
        "matches": judged.matches,
        "log_loss": round(judged.log_loss, 5),
        "rps": round(judged.rps, 5),
        "ece": round(judged.ece, 5),
        "against": {
            name: {
                "log_loss": round(one.log_loss, 5),
                "difference": round(one.difference.mean, 5),
                "low": round(one.difference.low, 5),
                "high": round(one.difference.high, 5),
                "holds": one.holds,
            }
            for name, one in judged.against.items()
        },
    }


@pipeline.command()
@_batch
@click.pass_obj
def gate(settings: Settings, batch: str) -> None:
    """Judge the challenger beside the champion on matches that neither has seen."""
    verdict = _challenge(settings, batch).judge()
    _tell("gate", batch, champion=verdict.champion, challenger=verdict.challenger, promote=verdict.promote,
          reasons=verdict.reasons)  # fmt: skip


@pipeline.command()
@_batch
@click.pass_obj
def promote(settings: Settings, batch: str) -> None:
    """Make the challenger the champion, or keep the champion, as the gate said."""
    from matchcast.pipeline.registry import promote as promote_challenger

    done = promote_challenger(settings, _challenge(settings, batch))
    _tell("promote", batch, champion=done.champion, promoted=done.promoted, reasons=done.reasons)


@pipeline.command()
@_batch
@click.pass_obj
def verify(settings: Settings, batch: str) -> None:
    """See that every worker of every host's model API serves the champion; else roll back."""
    from matchcast.pipeline.registry import verify as verify_champion

    _tell("verify", batch, champion=verify_champion(settings, _challenge(settings, batch)))


def _challenge(settings: Settings, batch: str) -> Challenge:
    """The run of a batch, which this process has to itself until the step ends."""
    from matchcast.history.files import RETRAINING, HistoryFolder
    from matchcast.pipeline.challenge import Challenge

    folder = HistoryFolder(settings.history_dir)
    click.get_current_context().with_resource(folder.locked(RETRAINING))
    return Challenge(folder, batch)
