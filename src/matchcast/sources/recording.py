"""What a source gives: a match, and its events in the order of play."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchcast.events.record import MatchInfo

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
    """

    home: str | None = None
    away: str | None = None
    match_id: str | None = None
    companion: Path | None = None


def stem_of(path: Path) -> str:
    """Return a file's name without its endings: ``15946`` of ``15946.json.gz``."""
    return path.name.split(".", 1)[0] or path.name
