"""Forecasts of a match: the newest, and the points of those before."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from matchcast.events.clock import Moment
from matchcast.forecast.explain import Reason
from matchcast.forecast.forecast import Forecast, Outcome
from matchcast.forecast.situation import Situation

SAMPLE_SECONDS = 30
"""A forecast is kept for each half minute of the match clock: 200 points in 90 minutes, as fine as a chart shows."""

MOST_POINTS_AT_ONCE = 500
"""Points that are asked for in one request, so that the newest situation never waits long behind them."""

Kind = Literal["sample", "goal", "red_card", "period"]


class ExplainedForecast(Forecast, frozen=True):
    """A forecast; `why` says what moved it since the last goal or red card (before the first, since kick-off)."""

    why: list[Reason] | None = None


class Point(Struct):
    """What was forecast at one moment of a match.

    `stream_id` is partition and offset of the record that made the moment. Until the forecast is
    there, `situation` holds what it is to be made from.
    """

    stream_id: str
    period: int
    minute: int
    second: int
    kind: Kind
    situation: Situation | None
    home: float = 0.0
    draw: float = 0.0
    away: float = 0.0
    model_version: str = ""


class Question(NamedTuple):
    """What a match wants to know of the model: where it stands, and moments that it has passed.

    `situation` is None when the forecast in hand is of the newest situation; `pre_match` is None
    when that forecast is in hand.
    """

    situation: Situation | None
    before: Situation | None
    pre_match: Situation | None
    points: list[Point]


class PointList:
    """The points of a match, in the order of the stream.

    Attributes:
        all: the points, with their forecast or without.
        pending: how many lack their forecast.
        sampled: the period and the half minute of it that the newest point lies in.
    """

    __slots__ = ("all", "pending", "sampled")

    def __init__(self, points: list[Point], sampled: tuple[int, int] = (-1, -1)) -> None:
        self.all = points
        self.pending = sum(point.situation is not None for point in points)
        self.sampled = sampled

    def is_due(self, moment: Moment) -> bool:
        """Whether a moment lies in a later half minute than the newest point."""
        return _sample_of(moment) > self.sampled

    def mark(self, stream_id: str, moment: Moment, kind: Kind, situation: Situation) -> None:
        """Add a point that lacks its forecast."""
        self.sampled = _sample_of(moment)
        self.all.append(Point(stream_id, *moment, kind, situation))
        self.pending += 1

    def known(self) -> tuple[Point, ...]:
        """Return those whose forecast is in hand."""
        return tuple(point for point in self.all if point.situation is None)

    def to_ask(self) -> list[Point]:
        """Return those to ask for next: the oldest that lack their forecast."""
        if not self.pending:
            return []
        return [point for point in self.all if point.situation is not None][:MOST_POINTS_AT_ONCE]

    def fill(self, point: Point, outcome: Outcome, model_version: str) -> None:
        """Keep the forecast of a point; one that has it already stays as it is."""
        if point.situation is not None:
            point.home, point.draw, point.away = outcome
            point.model_version = model_version
            point.situation = None
            self.pending -= 1

    def fill_at(self, situation: Situation, outcome: Outcome, model_version: str) -> None:
        """Keep the forecast of the points that stand at a situation."""
        if self.pending:
            for point in self.all:
                if point.situation == situation:
                    self.fill(point, outcome, model_version)

    def drop(self, point: Point) -> None:
        """Forget a point that lacks its forecast."""
        self.all.remove(point)
        self.pending -= 1


def _sample_of(moment: Moment) -> tuple[int, int]:
    return (moment.period, (moment.minute * 60 + moment.second) // SAMPLE_SECONDS)
