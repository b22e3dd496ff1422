"""What a source gives: a match, and its events in the order of play."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from matchcast.events.record import MatchInfo
from matchcast.sources.errors import UnreadableFile

Record = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """A match that was recorded in a file.

    Attributes:
        match: The match; its `origin` is "replay".
        records: StatsBomb-shaped events, by period and index, with every field that the file has. They do
            not carry `match`.
        path: The file that they come from.
    """

    match: MatchInfo
    records: Sequence[Record]
    path: Path


@dataclass(frozen=True)
class Naming:
    """What the user says of a match, where the file does not say it or says it otherwise.

    Attributes:
        home, away: Names of the teams.
        match_id: Id of the match; by default the file's name without its endings.
        companion: The second file of a match, for a provider that ships two.
        competition: Name of the competition.
        neutral: No team is at home, whatever the file says.
        knockout: The match has to have a winner, whatever the file says.
    """

    home: str | None = None
    away: str | None = None
    match_id: str | None = None
    companion: Path | None = None
    competition: str | None = None
    neutral: bool = False
    knockout: bool = False


LONGEST_ID: Final = 150
"""Longest id of a match that is replayed: a record's own ids begin with it, and may not pass `MAX_NAME`."""


def require_sound(recording: Recording) -> Recording:
    """Return a recording whose match every reader of its records will take.

    Raises:
        UnreadableFile: its id or one of its names is none.
    """
    match, path = recording.match, recording.path
    named = "rename the file, or give the match an id of at most 150 characters with --match-id"
    if len(match.id) > LONGEST_ID:
        raise UnreadableFile(path, f"{len(match.id)} characters are too many for a match's id", hint=named)
    try:
        msgspec.json.decode(msgspec.json.encode(match), type=MatchInfo)
    except UnicodeEncodeError as error:
        raise UnreadableFile(path, "its match has a name that is not UTF-8", hint=named) from error
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at ")
        raise UnreadableFile(
            path, f"its match cannot be told: {reason[:1].lower()}{reason[1:]}", place=place.strip("`"),
            hint="name the teams with --home and --away",
        ) from error  # fmt: skip
    return recording


def stem_of(path: Path) -> str:
    """Return a file's name without its endings: ``15946`` of ``15946.json.gz``."""
    return path.name.split(".", 1)[0] or path.name
