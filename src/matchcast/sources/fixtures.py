"""What a list of matches beside an event file says of its match: sides, competition, kick-off.

Two layouts are known: a ``matches.json`` in the folder of the event file, and StatsBomb's open data, where
``matches/<competition>/<season>.json`` lies beside the folder ``events``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from matchcast.sources.errors import UnreadableFile
from matchcast.sources.files import read_bytes
from matchcast.sources.recording import stem_of

_GROUP_STAGES = frozenset({"regular season", "group stage", "league phase"})
_LONG_MATCHES = frozenset({"extratime", "penalties"})


@dataclass(frozen=True)
class Fixture:
    """A match as a list of matches has it; what the list does not say is None."""

    home: str | None = None
    away: str | None = None
    competition: str | None = None
    kick_off: str | None = None
    neutral: bool = False
    knockout: bool = False


class _Listed(Struct):
    match_id: int | Annotated[str, Meta(min_length=1)]
    home_team: Any
    away_team: Any
    competition: Any = None
    competition_stage: Any = None
    match_date: str | None = None
    kick_off: str | None = None
    duration: str | None = None
    neutral: bool = False


_lists = msgspec.json.Decoder(list[_Listed])


def find_fixture(path: Path, teams: Sequence[str]) -> Fixture | None:
    """Return what the lists beside an event file say of it, if one of them lists it with these teams.

    Raises:
        UnreadableFile: a ``matches.json`` beside the file is not a list of matches.
    """
    match_id = stem_of(path)
    for listing in _lists_beside(path):
        try:
            listed = _lists.decode(read_bytes(listing))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableFile(
                listing, f"it is not a list of matches ({error})", hint="correct it, or move it elsewhere"
            ) from error
        for match in listed:
            if str(match.match_id) == match_id:
                fixture = _fixture(match)
                return fixture if {fixture.home, fixture.away} >= set(teams) else None
    return None


def _lists_beside(path: Path) -> Iterator[Path]:
    folder = path.absolute().parent
    if (folder / "matches.json").is_file():
        yield folder / "matches.json"
    elif folder.name == "events":
        yield from sorted(folder.parent.glob("matches/*/*.json"))


def _fixture(match: _Listed) -> Fixture:
    stage = (_name(match.competition_stage, "name") or "").casefold()
    kick_off = match.match_date
    if kick_off and match.kick_off:
        kick_off = f"{kick_off}T{match.kick_off[:8]}"
    return Fixture(
        home=_name(match.home_team, "home_team_name"),
        away=_name(match.away_team, "away_team_name"),
        competition=(_name(match.competition, "competition_name") or "").replace("_", " ") or None,
        kick_off=kick_off,
        neutral=match.neutral,
        knockout=bool(stage and stage not in _GROUP_STAGES)
        or (match.duration or "").casefold() in _LONG_MATCHES,
    )


def _name(value: Any, field: str) -> str | None:
    if isinstance(value, dict):
        value = value.get(field) or value.get("name")
    return value if isinstance(value, str) and value else None
