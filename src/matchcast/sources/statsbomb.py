"""StatsBomb's own event files: a JSON list of events a match, unknown fields and types included."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from matchcast.events.clock import EXTRA_FIRST
from matchcast.events.record import Event, MatchInfo
from matchcast.sources.errors import UnreadableFile
from matchcast.sources.files import read_bytes
from matchcast.sources.fixtures import Fixture, find_fixture
from matchcast.sources.recording import Naming, Record, Recording, stem_of

_events = msgspec.json.Decoder(list[Event])


class _WyscoutFile(Struct):
    events: msgspec.Raw
    teams: msgspec.Raw
    players: msgspec.Raw


_wyscout = msgspec.json.Decoder(_WyscoutFile)


def read_statsbomb(path: Path, naming: Naming = Naming()) -> Recording:  # noqa: B008 - immutable
    """Read a StatsBomb event file (``.json`` or ``.json.gz``).

    The file itself does not say who is at home: the user does, or a list of matches that lies beside it
    (see `fixtures`), or else the order in which the teams are named.

    Raises:
        UnreadableFile: the file is not such a list; the message says what is wrong and where.
    """
    contents = read_bytes(path)
    try:
        events = _events.decode(contents)
        records: list[Record] = msgspec.json.decode(contents)
    except msgspec.ValidationError as error:
        raise _explain(path, contents, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(
            path, f"it is not JSON ({error})", hint="give an event file of StatsBomb, or name its --provider"
        ) from error
    if not events:
        raise UnreadableFile(path, "it holds no events", hint="fetch the file again")
    order = sorted(
        range(len(events)), key=lambda n: (events[n].period_or_inferred, _or_zero(events[n].index), n)
    )
    return Recording(_match(path, events, naming), [records[n] for n in order], path)


def _match(path: Path, events: list[Event], naming: Naming) -> MatchInfo:
    teams = list(dict.fromkeys(event.team.name for event in events))
    if len(teams) > 2:
        raise UnreadableFile(
            path,
            f"it names {len(teams)} teams ({', '.join(teams[:4])} …)",
            hint="give the file of a single match",
        )
    fixture = find_fixture(path, teams) or Fixture()
    home, away = _sides(path, teams, fixture, naming)
    return MatchInfo(
        id=naming.match_id or stem_of(path),
        home_team=home,
        away_team=away,
        competition=naming.competition or fixture.competition,
        neutral=naming.neutral or fixture.neutral,
        knockout=naming.knockout
        or fixture.knockout
        or any(event.period_or_inferred >= EXTRA_FIRST for event in events),
        kick_off=fixture.kick_off,
        origin="replay",
    )


def _sides(path: Path, teams: list[str], fixture: Fixture, naming: Naming) -> tuple[str, str]:
    named = {team for team in (naming.home, naming.away) if team is not None}
    strange = sorted(named.difference(teams))
    one_has_done_nothing_yet = len(named) == 2 and named.issuperset(teams)
    if strange and not one_has_done_nothing_yet:
        raise UnreadableFile(
            path,
            f"no event in it is of {' or '.join(strange)}",
            hint=f"name the teams as the file does: {', '.join(teams)}",
        )
    if naming.home is not None and naming.home == naming.away:
        raise UnreadableFile(path, f"{naming.home} cannot play itself", hint="name two teams")
    home, away = naming.home or fixture.home, naming.away or fixture.away
    if naming.home is not None or naming.away is not None:
        # The one that is not named is the other one.
        home = naming.home or next((team for team in teams if team != naming.away), None)
        away = naming.away or next((team for team in teams if team != naming.home), None)
    elif home is None or away is None:
        home, away = (teams[0], teams[1]) if len(teams) == 2 else (None, None)
    if home is None or away is None:
        raise UnreadableFile(
            path, f"only {teams[0]} is named in it", hint="name both teams with --home and --away"
        )
    return home, away


def _explain(path: Path, contents: bytes, error: msgspec.ValidationError) -> UnreadableFile:
    reason, _, place = str(error).partition(" - at ")
    place = place.strip("`")
    hint = "give an event file of StatsBomb, or name its --provider"
    if place.startswith("$["):
        hint = "correct the event there, or fetch the file again"
    with suppress(msgspec.DecodeError):
        _wyscout.decode(contents)
        hint = "this looks like a file of Wyscout: add --provider wyscout"
    return UnreadableFile(path, reason[:1].lower() + reason[1:], place=place, hint=hint)


def _or_zero(index: int | None) -> int:
    return 0 if index is None else index
