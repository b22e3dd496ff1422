"""What the dashboard knows of the matches, as it shows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from matchcast.dashboard.pictures import (
    HistoryPoint,
    ModelInService,
    Picture,
    Prediction,
    Row,
    probability_of,
    row_of,
)
from matchcast.dashboard.status import iso
from matchcast.dashboard.unrated import note_unrated
from matchcast.events.clock import label
from matchcast.live.points import Point
from matchcast.live.running import RunningMatch
from matchcast.live.service import LiveService
from matchcast.live.tracker import RecentEvent


class EventRow(Struct, frozen=True):
    """An event in the list of the newest; `at` is the time of its record, ISO 8601."""

    match_id: str
    id: int | str
    type: str
    team: str
    player: str | None
    minute: int
    second: int
    clock: str
    at: str | None
    partition: int
    offset: int


class Board:
    """Pictures of the running matches, each made once for each change.

    Args:
        live: The matches.
        model: Gives the model in service, None while it is not known.
    """

    def __init__(self, live: LiveService, model: Callable[[], ModelInService | None]) -> None:
        self._live = live
        self._model = model
        self._pictures: dict[str, tuple[Any, Picture]] = {}
        self._points: dict[str, dict[str, HistoryPoint]] = {}
        self._started = time.time()

    @property
    def position(self) -> dict[int, int]:
        """The last offset taken in, for each partition."""
        return self._live.position

    @property
    def as_of(self) -> str | None:
        """When the newest of all records came, ISO 8601; without any, when this process started."""
        newest = max((match.updated_at_ms for match in self._live.matches()), default=self._started * 1000)
        return iso(newest / 1000)

    def rows(self) -> list[Row]:
        """Return all matches, running ones first, of each kind that with the newest record first."""
        return [self._picture_of(match).row for match in self._live.matches()]

    def picture(self, match_id: str) -> Picture | None:
        """Return a match as it is now, None when it is not kept."""
        match = self._live.match(match_id)
        return None if match is None else self._picture_of(match)

    def forget(self, match_id: str) -> None:
        """Let go of the pictures of a match that is not kept any more."""
        self._pictures.pop(match_id, None)
        self._points.pop(match_id, None)

    def recent_events(self, limit: int) -> list[EventRow]:
        """Return the newest events, newest first."""
        return show_events(self._live.recent_events(limit))

    def _picture_of(self, match: RunningMatch) -> Picture:
        problem = self._live.forecast_problem(match)
        model = self._model()
        stamp = (match.version, problem, model)
        known = self._pictures.get(match.match_id)
        if known is not None and known[0] == stamp:
            return known[1]
        current = match.forecast if problem is None else None
        if current is not None:
            current = note_unrated(match.summary.match, current)
        picture = Picture(
            row=row_of(match.match_id, match.summary, current, iso(match.updated_at_ms / 1000) or ""),
            summary=match.summary,
            prediction=Prediction(
                match_id=match.match_id,
                available=current is not None,
                reason=problem,
                current=current,
                pre_match=probability_of(match.pre_match),
                history=self._history_of(match),
                model=model,
            ),
            produced_at=match.updated_at_ms,
        )
        self._pictures[match.match_id] = (stamp, picture)
        return picture

    def _history_of(self, match: RunningMatch) -> list[HistoryPoint]:
        known = self._points.setdefault(match.match_id, {})
        for point in match.history:
            if point.stream_id not in known:
                known[point.stream_id] = _show_point(point)
        return [known[point.stream_id] for point in match.history]


def _show_point(point: Point) -> HistoryPoint:
    return HistoryPoint(
        point.stream_id,
        point.period,
        point.minute,
        point.second,
        point.home,
        point.draw,
        point.away,
        point.kind,
        point.model_version,
    )


def show_events(recent: Sequence[RecentEvent]) -> list[EventRow]:
    """Return events as the list of the newest shows them."""
    return [
        EventRow(
            match_id=one.match_id,
            id=one.event.id,
            type=one.event.type.name,
            team=one.event.team.name,
            player=one.event.player.name if one.event.player else None,
            minute=one.event.minute,
            second=one.event.second,
            clock=label(one.event.period_or_inferred, one.event.minute),
            at=iso(one.at_ms / 1000),
            partition=one.partition,
            offset=one.offset,
        )
        for one in recent
    ]
