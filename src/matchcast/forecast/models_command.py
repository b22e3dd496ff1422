"""The commands ``matchcast models``."""

from __future__ import annotations

import getpass
import socket
from pathlib import Path
from typing import Any

import click
import msgspec

from matchcast.forecast.artefact import load, load_champion, to_bytes
from matchcast.forecast.contract import check_forecaster
from matchcast.forecast.errors import BrokenContract
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.model_log import ModelLog
from matchcast.forecast.registry import Change, Registry, Standing
from matchcast.settings import load as load_settings
from matchcast.stream.topics import Topics, catalogue, ensure_topics

_broker = click.option("--kafka-broker", metavar="HOST:PORT", help="Addresses of Kafka, comma-separated.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_why = click.option("--why", required=True, help="The reason, which the registry keeps.")
_who = click.option("--who", help="Who does it  [default: user@host]")
_TIMEOUT = 10.0
_SHOWN = 10


def _open(kafka_broker: str | None) -> ModelLog:
    settings = load_settings(kafka_broker=kafka_broker)
    names = Topics(events=settings.events_topic)
    ensure_topics(
        settings.kafka_broker,
        [topic for topic in catalogue(settings) if topic.name == names.models],
        _TIMEOUT,
    )
    return ModelLog(settings.kafka_broker, names.models)


@click.group()
def models() -> None:
    """Show and change which model serves; every API takes over within seconds."""


@models.command("list")
@_broker
@_as_json
def list_models(kafka_broker: str | None, as_json: bool) -> None:
    """List the models, the champion first, and the last changes."""
    with _open(kafka_broker) as log:
        registry = log.refresh()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_described(registry)), indent=2))
        return
    champion = registry.champion or load_champion().version
    click.echo(f"{champion}  champion" + ("" if registry.champion else ", the package's own"))
    for version, standing in registry.models():
        if standing is not Standing.CHAMPION:
            click.echo(f"{version}  {standing.value}")
    for change, without_effect in registry.changes[-_SHOWN:]:
        click.echo(_line(change) + (f"  (without effect: {without_effect})" if without_effect else ""))


@models.command()
@_broker
@click.argument("version")
def show(kafka_broker: str | None, version: str) -> None:
    """Print the card of a model, with its figures, as JSON; VERSION may be `champion`."""
    with _open(kafka_broker) as log:
        registry = log.refresh()
    if version == "champion":
        version = registry.champion or load_champion().version
    packaged = load_champion()
    known = packaged if version == packaged.version else registry.artefact(version)
    changes = [taken.change for taken in registry.changes if taken.change.version == version]
    answer = {"version": known.version, "sha256": known.sha256, "changes": changes, "card": known.card}
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2))


@models.command()
@_broker
@_why
@_who
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def add(kafka_broker: str | None, why: str, who: str | None, file: Path) -> None:
    """Add a model from a file as a challenger and print its version; one that breaks the contract is refused."""
    model = load(file)
    faults = check_forecaster(GoalRateForecaster(model))
    if faults:
        raise BrokenContract(
            f"{file} breaks the contract of forecasters: {faults[0]}",
            hint="train it anew with `matchcast train --data DIR`, on more matches",
        )
    with _open(kafka_broker) as log:
        click.echo(log.add(to_bytes(model), who=who or _user(), why=why))


@models.command()
@_broker
@_why
@_who
@click.argument("version")
def promote(kafka_broker: str | None, why: str, who: str | None, version: str) -> None:
    """Make a model the champion."""
    with _open(kafka_broker) as log:
        click.echo(_line(log.promote(version, who=who or _user(), why=why)))


@models.command("roll-back")
@_broker
@_why
@_who
def roll_back(kafka_broker: str | None, why: str, who: str | None) -> None:
    """Make the model the champion again that was it before."""
    with _open(kafka_broker) as log:
        click.echo(_line(log.roll_back(who=who or _user(), why=why)))


def _user() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _line(change: Change) -> str:
    done = {"add": "added", "promote": "promoted", "roll_back": "rolled back to"}[change.kind]
    instead = f" in place of {change.replaces}" if change.replaces else ""
    return f"{change.when}  {done} {change.version}{instead}, by {change.who}: {change.why}"


def _described(registry: Registry) -> dict[str, Any]:
    return {
        "champion": registry.champion,
        "packaged": load_champion().version,
        "before_champion": registry.before_champion,
        "models": [
            {"version": version, "standing": standing.value} for version, standing in registry.models()
        ],
        "changes": [
            {**msgspec.to_builtins(change), "without_effect": without_effect}
            for change, without_effect in registry.changes
        ],
    }
