"""``matchcast state``: what an event file folds to, without Kafka."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from matchcast.events.record import Event
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.match.view import SideStatistics, TimelineEntry
from matchcast.sources.read import STATSBOMB, provider_names, read
from matchcast.sources.recording import Naming


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--home", metavar="NAME", help="The home team, as the file names it.")
@click.option("--away", metavar="NAME", help="The away team, as the file names it.")
@click.option("--competition", metavar="TEXT", help="The competition, where the file does not say it.")
@click.option("--neutral", is_flag=True, help="No team was at home: no home advantage.")
@click.option("--knockout", is_flag=True, help="The match had to have a winner.")
@click.option(
    "--provider", default=STATSBOMB, show_default=True, help=f"One of {', '.join(provider_names())}."
)
@click.option("--companion", type=click.Path(path_type=Path), help="Second file of providers that ship two.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a valid body for the API's /predict.")
def state(
    file: Path,
    home: str | None,
    away: str | None,
    competition: str | None,
    neutral: bool,
    knockout: bool,
    provider: str,
    companion: Path | None,
    as_json: bool,
) -> None:
    """Print the state that the events of FILE fold to: score, clock, statistics, timeline."""
    naming = Naming(
        home=home,
        away=away,
        companion=companion,
        competition=competition,
        neutral=neutral,
        knockout=knockout,
    )
    recording = read(file, provider, naming)
    folded = MatchState(recording.match.id, recording.match)
    for record in recording.records:
        folded.apply(msgspec.convert(record, Event))
    summary = summarise(folded)
    click.echo(msgspec.json.format(msgspec.json.encode(summary)).decode() if as_json else _text(summary))


def _text(summary: Summary) -> str:
    match, score = summary.match, summary.score
    lines = [f"{match.home_team} {score.home} - {score.away} {match.away_team}"]
    if summary.shoot_out is not None:
        lines[0] += f"  ({summary.shoot_out.home} - {summary.shoot_out.away} on penalties)"
    lines.append(f"{summary.status.replace('_', ' ')}, minute {summary.clock}, {summary.events} events")
    if (summary.men.home, summary.men.away) != (11, 11):
        lines.append(f"{summary.men.home} men against {summary.men.away}")
    lines.append("")
    home, away = summary.statistics.home, summary.statistics.away
    lines += [
        f"{_shown(home, name):>10}  {name.replace('_', ' '):^18}  {_shown(away, name)}"
        for name in SideStatistics.__struct_fields__
    ]
    lines.append("")
    lines += [_entry(entry) for entry in summary.timeline]
    return "\n".join(lines)


def _shown(side: SideStatistics, name: str) -> str:
    value = getattr(side, name)
    if value is None:
        return "-"
    return f"{value:.0%}" if name == "possession" else f"{value:.2f}" if name == "xg" else str(value)


def _entry(entry: TimelineEntry) -> str:
    who = " ".join(part for part in (entry.player, f"({entry.team})" if entry.team else None) if part)
    if entry.kind == "substitution" and entry.detail:  # the event's player goes off
        who = f"{entry.detail} for {who}"
    return f"{entry.clock + chr(39):>6}  {entry.score.home}-{entry.score.away}  {entry.kind.replace('_', ' ')}  {who}".rstrip()
