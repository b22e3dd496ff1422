"""``matchcast history``: bring matches, look at them, hand them to training."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from matchcast.history.progress import Progress
from matchcast.settings import Settings, load
from matchcast.telemetry import logs

if TYPE_CHECKING:
    from matchcast.history.fetch import Fetched
    from matchcast.history.files import HistoryFolder

_DATA = ("internationals", "wyscout")


@click.group()
@click.option(
    "--history",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of the history  [default: `history` in the state folder]",
)
@click.pass_context
def history(context: click.Context, folder: Path | None) -> None:
    """Fetch, drain, show and export matches that are over."""
    settings = load(history_dir=folder)
    logs.configure(settings.log_level, settings.log_format)
    context.obj = settings


def _folder(settings: Settings) -> HistoryFolder:
    from matchcast.history.files import HistoryFolder

    return HistoryFolder(settings.history_dir)


@history.command()
@click.argument("data", nargs=-1, type=click.Choice(_DATA))
@click.option(
    "--newest", is_flag=True, help="Take the internationals as they are today: there is no checksum then."
)
@click.option(
    "--competition", "competitions", multiple=True, metavar="NAME",
    help="Only this competition of Wyscout's, as England or World_Cup; may be repeated.",
)  # fmt: skip
@click.option(
    "--data", "given", type=click.Path(path_type=Path), help="Take a folder of matches that you have instead."
)
@click.option("--origin", default="folder", show_default=True, help="What the matches of --data are called.")
@click.pass_obj
def fetch(
    settings: Settings,
    data: tuple[str, ...],
    newest: bool,
    competitions: tuple[str, ...],
    given: Path | None,
    origin: str,
) -> None:
    """Bring open data from its origin: the results and goals of nations (CC0), Wyscout's events (CC BY 4.0).

    A fetch that was cut short goes on where it ended. The files are pinned by checksum.
    """
    if given is not None:
        _take_folder(_folder(settings), given, origin)
        return
    from matchcast.history.fetch import Fetcher
    from matchcast.history.origins import CATALOGUE, INTERNATIONALS, WYSCOUT

    progress = Progress()
    fetcher = Fetcher(
        _folder(settings),
        settings.cache_dir,
        base=settings.origin_url,
        progress=progress.of_bytes,
        counted=progress.of_matches,
    )
    for name in data or _DATA:
        chosen = CATALOGUE[INTERNATIONALS if name == "internationals" else WYSCOUT]
        click.echo(f"Fetching {chosen.title}, {chosen.licence}", err=True)
        if name == "internationals":
            if newest:
                click.echo("  as they are today: no checksum can be compared", err=True)
            done = fetcher.fetch_internationals(chosen, newest=newest)
        else:
            done = fetcher.fetch_wyscout(chosen, competitions or None)
        progress.end()
        click.echo(f"✔ {name}: {_counted(done)}")
        click.echo(f"  {chosen.attribution}")


def _take_folder(history: HistoryFolder, folder: Path, origin: str) -> None:
    from matchcast.history.files import FETCHED
    from matchcast.history.folder import read_folder
    from matchcast.history.parquet import write_matches

    matches = read_folder(folder, origin=origin, source=str(folder.absolute()))
    with history.locked(FETCHED):
        write_matches(history.matches / FETCHED / f"folder_{_slug(origin)}.parquet", matches)
    click.echo(f"✔ {len(matches)} matches of {folder}, origin {origin}")


def _slug(text: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in text)


def _counted(done: Fetched) -> str:
    parts = [
        (done.detailed, "with all their events"),
        (done.goals, "with all their goals"),
        (done.results, "with their score alone"),
        (done.without_events, "left out, of which the origin has no events"),
    ]
    return ", ".join(f"{count} {what}" for count, what in parts if count) or "nothing"


@history.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--provider",
    default="statsbomb",
    show_default=True,
    help="Who made the files: statsbomb, or what kloppy reads.",
)
@click.option("--home", metavar="NAME", help="The home team, as the file names it.")
@click.option("--away", metavar="NAME", help="The away team, as the file names it.")
@click.option("--companion", type=click.Path(path_type=Path), help="Second file of providers that ship two.")
@click.option(
    "--date",
    "played",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the match, where the file does not say.",
)
@click.pass_obj
def add(
    settings: Settings,
    files: tuple[Path, ...],
    provider: str,
    home: str | None,
    away: str | None,
    companion: Path | None,
    played: datetime | None,
) -> None:
    """Add event FILES of matches that you have. Adding a file again replaces it."""
    from matchcast.history.added import add_file
    from matchcast.sources.recording import Naming

    naming = Naming(home=home, away=away, companion=companion)
    for path in files:
        added = add_file(
            _folder(settings), path, provider, naming, played=played.date() if played is not None else None
        )
        match, score = added.summary.match, added.summary.score
        over = "" if added.match is not None else " (not over: its events are kept, it is no finished match)"
        click.echo(
            f"✔ {path.name}: {match.home_team} {score.home} - {score.away} {match.away_team}, "
            f"{added.summary.events} events{over}"
        )


@history.command()
@click.option(
    "--batch", help="Name of the run; the same name again goes on with the same work  [default: the time]"
)
@click.option("--kafka-broker", help="Bootstrap servers of Kafka  [default: 127.0.0.1:9092]")
@click.option("--accept-gap", is_flag=True, help="Write down as lost what Kafka no longer has, and go on.")
@click.option("--json", "as_json", is_flag=True, help="Print the batch's manifest as JSON.")
@click.pass_obj
def drain(
    settings: Settings, batch: str | None, kafka_broker: str | None, accept_gap: bool, as_json: bool
) -> None:
    """Bring what the stream has into history, each record once, and the matches that are over."""
    from matchcast.history.drain import drain as drain_stream
    from matchcast.history.finished import fold_finished

    name = batch or datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    folder = _folder(settings)
    manifest = drain_stream(
        folder, kafka_broker or settings.kafka_broker, settings.events_topic, name, accept_gap=accept_gap
    )
    matches = fold_finished(folder, manifest)
    if as_json:
        _print_json(manifest)
        return
    report = manifest.report
    if report is not None:
        click.echo(
            f"✔ batch {name}: {report.events} events into history, {report.broken} broken records, "
            f"{len(matches)} finished matches"
        )


@history.command()
@click.option(
    "--keep-days", type=click.IntRange(0), help="Drop events of the stream that are older; matches stay."
)
@click.option(
    "--keep-played-days",
    type=click.IntRange(0),
    default=14,
    show_default=True,
    help="Drop events of simulated matches and replays that are older; matches stay.",
)
@click.option(
    "--keep-work-days",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="Remove what steps of pipelines left of batches that nobody wrote to for so long.",
)
@click.pass_obj
def tidy(settings: Settings, keep_days: int | None, keep_played_days: int, keep_work_days: int) -> None:
    """Merge the many small files that drains leave, drop old events, clear away what steps left."""
    from matchcast.history.tidy import tidy as tidy_history

    done = tidy_history(
        _folder(settings),
        keep=timedelta(days=keep_days) if keep_days is not None else None,
        keep_played=timedelta(days=keep_played_days),
        keep_work=timedelta(days=keep_work_days),
    )
    click.echo(
        f"✔ {done.merged} files merged into larger ones, old events dropped from {done.dropped}, "
        f"{done.removed} old results of steps removed"
    )


@history.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show(settings: Settings, as_json: bool) -> None:
    """Show what is there: matches and events by origin, kind and dates."""
    from matchcast.history.overview import look_over

    overview = look_over(_folder(settings))
    if as_json:
        _print_json(overview)
        return
    click.echo(f"{overview.folder}: {overview.bytes / 1024**2:.1f} MiB")
    for matches in overview.matches:
        click.echo(
            f"  {matches.origin:22} {matches.kind:9} {matches.matches:7} matches  {matches.first} to {matches.last}"
        )
    for events in overview.events:
        click.echo(f"  {events.origin:22} {'events':9} {events.events:7} of {events.matches} matches")
    if not overview.matches and not overview.events:
        click.echo(
            "  empty: `matchcast history fetch` brings open data, `matchcast history drain` the stream"
        )
    if overview.last_batch is not None:
        last = overview.last_batch
        state = f"{last.events} events, {last.broken} broken records" if last.done else "not done"
        click.echo(f"  last batch {last.batch} of {last.made_at}: {state}")
    for line in overview.attributions:
        click.echo(line)


@history.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--origin", "origins", multiple=True, help="Only matches of this origin; may be repeated.")
@click.option(
    "--with-simulated", is_flag=True, help="Simulated matches and replays too, which else train no model."
)
@click.pass_obj
def export(settings: Settings, folder: Path, origins: tuple[str, ...], with_simulated: bool) -> None:
    """Write the FOLDER that `matchcast train --data` reads."""
    from matchcast.history.selection import export as export_matches
    from matchcast.history.selection import origins_of

    source = _folder(settings)
    chosen = origins or (origins_of(source) if with_simulated else None)
    written = export_matches(source, folder, chosen, required=True)
    click.echo(
        f"✔ {folder}: {written.results} results of nations, {written.international} of them with all goals; "
        f"{written.detailed} matches with all events"
    )


@history.command()
@click.argument("statement")
@click.pass_obj
def query(settings: Settings, statement: str) -> None:
    """Run an SQL STATEMENT of DuckDB over the tables `matches` and `events`; prints CSV."""
    from matchcast.history.querying import run

    run(_folder(settings), statement, sys.stdout)


def _print_json(value: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())
