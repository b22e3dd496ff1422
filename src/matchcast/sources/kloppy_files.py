"""Event files of other providers, read by kloppy and brought into the shape of StatsBomb's events."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import msgspec
from kloppy.domain import Event as KloppyEvent
from kloppy.domain import EventDataset, EventType, Orientation, Team

from matchcast.events.clock import EXTRA_FIRST, PERIOD_START
from matchcast.events.record import Event, MatchInfo
from matchcast.sources.errors import MissingCompanion, UnreadableFile
from matchcast.sources.files import read_bytes
from matchcast.sources.kloppy_events import Sides, starting_eleven, translate
from matchcast.sources.providers import Provider
from matchcast.sources.recording import Naming, Record, Recording, stem_of

LONGEST_PERIOD: Final = 75 * 60
"""Seconds: a time beyond it is an error of the feed, and is taken for the period's last."""


def read_kloppy(path: Path, provider: Provider, naming: Naming) -> Recording:
    """Read a provider's event file; `read` has the contract."""
    dataset = _load(path, provider, naming)
    sides = _sides(path, dataset, naming)
    if all(_team(event) is None for event in dataset.records):
        raise UnreadableFile(path, "none of its events names a team", hint="fetch the file again")
    records = list(_records(dataset, sides))
    try:
        msgspec.convert(records, list[Event])
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at ")
        raise UnreadableFile(
            path,
            f"one of its events makes no record ({reason[:1].lower() + reason[1:]} at {place})",
            hint="correct the event in the file",
        ) from error
    date = dataset.metadata.date
    match = MatchInfo(
        id=naming.match_id or stem_of(path),
        home_team=sides.names["home"],
        away_team=sides.names["away"],
        competition=naming.competition,
        neutral=naming.neutral,
        knockout=naming.knockout or any(record["period"] >= EXTRA_FIRST for record in records),
        kick_off=date.isoformat(timespec="seconds") if date is not None else None,
        origin="replay",
    )
    return Recording(match, records, path)


def _load(path: Path, provider: Provider, naming: Naming) -> EventDataset:
    arguments: dict[str, Any] = {provider.events: read_bytes(path), **dict(provider.options)}
    if provider.companion is not None:
        if naming.companion is None:
            raise MissingCompanion(
                f"{path} alone is not enough: {provider.name} ships a second file with each match.",
                hint=f"add --companion with {provider.companion_is}",
            )
        arguments[provider.companion] = read_bytes(naming.companion)
    load = getattr(import_module(f"kloppy.{provider.module}"), provider.function)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset: EventDataset = load(**arguments, coordinates="statsbomb")
    except Exception as error:  # kloppy lets through whatever its parsers meet
        raise UnreadableFile(
            path,
            f"kloppy finds no events of {provider.name} in it ({type(error).__name__}: {_first_line(error)})",
            hint="check the file, and the --provider that it is said to be of",
        ) from error
    if not dataset.records:
        raise UnreadableFile(path, "it holds no events", hint="fetch the file again")
    return dataset


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "no reason given"


def _sides(path: Path, dataset: EventDataset, naming: Naming) -> Sides:
    given = {"home": naming.home, "away": naming.away}
    teams: dict[str, Team] = {str(team.ground): team for team in dataset.metadata.teams}
    names = {ground: given[ground] or (teams[ground].name if ground in teams else "") for ground in given}
    if not all(names.values()) or names["home"] == names["away"]:
        raise UnreadableFile(
            path, "it does not say which teams play", hint="name both with --home and --away"
        )
    return Sides(names, {team.team_id: ground for ground, team in teams.items()})


def _records(dataset: EventDataset, sides: Sides) -> Iterator[Record]:
    """Yield the records of a match: kloppy's events, and the starts and ends that they lack."""
    events = sorted(
        (event for event in dataset.records if _team(event) is not None),
        key=lambda event: (event.period.id, _seconds(event)),
    )
    flipped = _flipped(dataset.metadata.orientation, events)
    cards_told = any(event.event_type == EventType.CARD for event in events)
    last = {event.period.id: _seconds(event) for event in events}
    index = 0
    period = 0
    seen: Counter[str] = Counter()

    def stamp(body: Record, event_id: str, in_period: int, seconds: float) -> Record:
        nonlocal index
        index += 1
        seen[event_id] += 1
        unique = event_id if seen[event_id] == 1 else f"{event_id}/{seen[event_id]}"
        whole = int(seconds)
        return {
            "id": unique,
            "index": index,
            "period": in_period,
            "timestamp": f"{whole // 3600:02}:{whole // 60 % 60:02}:{seconds % 60:06.3f}",
            "minute": PERIOD_START[in_period] + whole // 60,
            "second": whole % 60,
            **body,
        }

    def marks(kind: str, in_period: int, seconds: float) -> Iterator[Record]:
        for ground in ("home", "away"):
            body = {"type": {"name": kind}, "team": {"name": sides.names[ground]}}
            yield stamp(body, f"{kind.lower().replace(' ', '-')}-{in_period}-{ground}", in_period, seconds)

    for event in events:
        if event.period.id != period:
            if period:
                yield from marks("Half End", period, last[period])
            else:
                for team in dataset.metadata.teams:
                    eleven = starting_eleven(team, sides)
                    if eleven is not None:
                        yield stamp(eleven, f"starting-xi-{team.ground}", event.period.id, 0.0)
            period = event.period.id
            yield from marks("Half Start", period, 0.0)
        team = _team(event)
        mirrored = team is not None and (sides.ground(team), period) in flipped
        for body in translate(event, sides, cards_told=cards_told, mirrored=mirrored):
            yield stamp(body, str(event.event_id), period, _seconds(event))
    yield from marks("Half End", period, last[period])


def _team(event: KloppyEvent) -> Team | None:
    team: Team | None = event.team or event.ball_owning_team
    return team


def _seconds(event: KloppyEvent) -> float:
    return min(max(float(event.timestamp.total_seconds()), 0.0), float(LONGEST_PERIOD))


def _flipped(orientation: Orientation, events: Iterable[KloppyEvent]) -> set[tuple[str, int]]:
    """Return the sides and periods whose locations run against the side's attack.

    Where a feed does not turn each side to the right itself, the side's shots tell where it attacks.
    """
    if orientation == Orientation.ACTION_EXECUTING_TEAM:
        return set()
    ahead: Counter[tuple[str, int]] = Counter()
    for event in events:
        if event.event_type == EventType.SHOT and event.coordinates is not None:
            ahead[str(event.team.ground), event.period.id] += 1 if event.coordinates.x > 60 else -1
    return {place for place, balance in ahead.items() if balance < 0}
