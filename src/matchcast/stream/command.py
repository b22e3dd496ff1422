"""The commands ``matchcast topics`` and ``matchcast dead-letters``."""

from __future__ import annotations

import json
from typing import Any

import click

from matchcast import settings
from matchcast.settings import Settings
from matchcast.stream.dead_letters import DeadLetter, drop, read_box, read_letter, resend
from matchcast.stream.errors import UnknownLetter
from matchcast.stream.topics import Observer, Topics, catalogue, ensure_topics

_broker = click.option("--kafka-broker", metavar="HOST:PORT", help="Addresses of Kafka, comma-separated.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_TIMEOUT = 5.0


@click.command()
@_broker
@_as_json
@click.option("--check", is_flag=True, help="Make nothing; fail when a topic is missing.")
def topics(kafka_broker: str | None, as_json: bool, check: bool) -> None:
    """Make the topics that are missing, then describe all of them.

    Topics that are there stay as they are; a setting that differs from what this release wants is
    shown beside it.
    """
    chosen = settings.load(kafka_broker=kafka_broker)
    wanted = catalogue(chosen)
    made = [] if check else ensure_topics(chosen.kafka_broker, wanted, _TIMEOUT)
    observer = Observer(chosen.kafka_broker)
    views = observer.describe_all([topic.name for topic in wanted])
    rows: list[dict[str, Any]] = []
    for topic, view in zip(wanted, views, strict=True):
        config = observer.configuration(topic.name)
        rows.append(
            {
                "name": topic.name,
                "purpose": topic.purpose,
                "topic_id": view.topic_id,
                "partitions": len(view.high),
                "records": view.records,
                "made": topic.name in made,
                "config": config,
                "differs": {name: value for name, value in topic.config.items() if config.get(name) != value},
            }
        )
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        what = "made" if row["made"] else "there"
        click.echo(
            f"{row['name']:36} {what:6} {row['partitions']:3} partitions {row['records']:>10} records  {row['purpose']}"
        )
        for name, value in row["differs"].items():
            click.echo(f"  {name} is {row['config'].get(name, 'the default')}, this release makes it {value}")


@click.group("dead-letters")
def dead_letters() -> None:
    """List, show, resend or drop the records that could not be read."""


@dead_letters.command("list")
@_broker
@_as_json
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="Newest letters to show."
)
def list_letters(kafka_broker: str | None, as_json: bool, limit: int) -> None:
    """Show the letters that are open, the newest first."""
    chosen = settings.load(kafka_broker=kafka_broker)
    box = read_box(chosen.kafka_broker, _topic(chosen), _TIMEOUT)
    newest = box.newest(limit)
    if as_json:
        click.echo(
            json.dumps({"count": len(box), "letters": [_as_dict(letter) for letter in newest]}, indent=2)
        )
        return
    for letter in newest:
        click.echo(f"{letter.key:44} {letter.at}  {letter.size:>8} bytes  {letter.reason}")
    click.echo(f"{len(box)} open" + (f", {len(newest)} shown" if len(newest) < len(box) else ""), err=True)


@dead_letters.command()
@_broker
@click.argument("key")
def show(kafka_broker: str | None, key: str) -> None:
    """Write the bytes of a letter's record to stdout, as they came.

    KEY is topic/partition/offset, as `list` shows it.
    """
    chosen = settings.load(kafka_broker=kafka_broker)
    topic = _topic(chosen)
    letter = read_box(chosen.kafka_broker, topic, _TIMEOUT).get(key)
    value = None if letter is None else read_letter(chosen.kafka_broker, topic, letter, _TIMEOUT)
    if value is None:
        raise UnknownLetter(
            f"{key} is not an open letter.", hint="take a key that `matchcast dead-letters list` shows"
        )
    click.echo(value, nl=False)


@dead_letters.command()
@_broker
@_as_json
@click.option("--all", "everything", is_flag=True, help="Resend every open letter.")
@click.argument("keys", metavar="[KEY]...", nargs=-1)
def retry(kafka_broker: str | None, as_json: bool, everything: bool, keys: tuple[str, ...]) -> None:
    """Send records again to the topic that they came from, and close their letters.

    KEY is topic/partition/offset, as `list` shows it. A record that still cannot be read makes a
    new letter.
    """
    wanted = _wanted("resend", everything, keys)
    chosen = settings.load(kafka_broker=kafka_broker)
    done = resend(chosen.kafka_broker, _topic(chosen), wanted)
    if as_json:
        click.echo(json.dumps(done._asdict(), indent=2))
    else:
        click.echo(f"{len(done.sent)} sent again")
        if done.sent:
            click.echo("What still cannot be read comes back as a new letter.", err=True)
        for key in done.unknown:
            click.echo(f"{key} is not an open letter", err=True)
        for key, reason in done.refused.items():
            click.echo(f"{key} stays open, Kafka does not take its record: {reason}", err=True)
    if done.unknown or done.refused:
        raise click.exceptions.Exit(1)


@dead_letters.command("drop")
@_broker
@_as_json
@click.option("--all", "everything", is_flag=True, help="Drop every open letter.")
@click.argument("keys", metavar="[KEY]...", nargs=-1)
def drop_letters(kafka_broker: str | None, as_json: bool, everything: bool, keys: tuple[str, ...]) -> None:
    """Close letters for good, without sending their records again.

    KEY is topic/partition/offset, as `list` shows it.
    """
    wanted = _wanted("drop", everything, keys)
    chosen = settings.load(kafka_broker=kafka_broker)
    done = drop(chosen.kafka_broker, _topic(chosen), wanted)
    if as_json:
        click.echo(json.dumps(done._asdict(), indent=2))
    else:
        click.echo(f"{len(done.dropped)} dropped")
        for key in done.unknown:
            click.echo(f"{key} is not an open letter", err=True)
    if done.unknown:
        raise click.exceptions.Exit(1)


def _wanted(do: str, everything: bool, keys: tuple[str, ...]) -> tuple[str, ...] | None:
    """The letters that were named; None: all of them."""
    if everything == bool(keys):
        raise click.UsageError(f"Name the letters to {do}, or give --all.")
    return None if everything else keys


def _topic(chosen: Settings) -> str:
    return Topics(events=chosen.events_topic).dead_letters


def _as_dict(letter: DeadLetter) -> dict[str, Any]:
    fields = letter._asdict()
    key = letter.record_key
    fields["record_key"] = None if key is None else key.decode("utf-8", "backslashreplace")
    return fields
