"""Forecasts of a match: the newest, and the points of those before."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

from matchcast.forecast.explain import Reason
from matchcast.forecast.forecast import Forecast
from matchcast.forecast.situation import Situation

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
