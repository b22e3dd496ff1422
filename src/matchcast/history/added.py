"""Event files of single matches into history: StatsBomb's own, and those that kloppy reads."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from matchcast.events.record import Event, MatchInfo
from matchcast.history.columns import EventColumns
from matchcast.history.errors import UnreadableMatches
from matchcast.history.files import ADDED, HistoryFolder
from matchcast.history.outcome import match_of
from matchcast.history.parquet import NO_NUMBER, write_events, write_matches
from matchcast.history.tables import Match
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.sources.files import read_bytes
from matchcast.sources.read import read
from matchcast.sources.recording import Naming


class Added(NamedTuple):
    """What a file brought: its match as it was folded, and its row; None where it is not over."""

    summary: Summary
    match: Match | None


def add_file(
    history: HistoryFolder, path: Path, provider: str, naming: Naming, *, played: date | None = None
) -> Added:
    """Bring an event file into history; one that was added before is replaced.

    Args:
        provider: who made the file, as `sources.read` knows it; becomes the `origin` of the rows.
        played: day of the match, where the file does not say.

    Raises:
        UnreadableFile, UnknownProvider, MissingCompanion: the file cannot be read.
        UnreadableMatches: nobody says on which day the match was played.
        HistoryBusy, HistoryUnwritable: the history cannot be written.
    """
    recording = read(path, provider, naming)
    origin = provider.strip().casefold()
    kick_off = played.isoformat() if played is not None else recording.match.kick_off
    if not kick_off:
        raise UnreadableMatches(
            f"{path} does not say when the match was played.", hint="add --date YYYY-MM-DD"
        )
    info = msgspec.structs.replace(recording.match, kick_off=kick_off, origin=origin)
    digest = hashlib.sha256(read_bytes(path)).hexdigest()[:16]
    source = f"file:{digest}"
    columns, summary = _fold(info, recording.records, source)
    match = match_of(summary, source=source)
    with history.locked(ADDED):
        write_events(history.events / ADDED / f"{digest}.parquet", columns.columns, columns.facts)
        write_matches(history.matches / ADDED / f"{digest}.parquet", [match] if match is not None else [])
    return Added(summary, match)


def _fold(info: MatchInfo, records: object, source: str) -> tuple[EventColumns, Summary]:
    columns, state = EventColumns(source), MatchState(info.id, info)
    told = msgspec.to_builtins(info)
    for record in msgspec.convert(records, list[dict[str, object]]):
        whole = {**record, "match": told}
        event = msgspec.convert(whole, Event)
        columns.add(event, msgspec.json.encode(whole), info.id, NO_NUMBER)
        state.apply(event)
    return columns, summarise(state)
