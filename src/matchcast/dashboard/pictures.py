"""How a match is shown: a row of the list, its statistics, its forecast, and what changed in them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from msgspec import Struct

from matchcast.forecast.forecast import Forecast, Outcome
from matchcast.match.summary import Summary
from matchcast.match.view import Men, Score

LISTS: dict[str, Callable[[Any], Hashable]] = {
    "timeline": lambda entry: entry.id,
    "shots": lambda shot: shot.id,
    "momentum": lambda minute: (minute.period, minute.minute),
}
"""The parts of a summary that grow, and what tells their entries apart; updates carry what changed in them."""


class Probability(Struct, frozen=True):
    """Win, draw and loss as the home team sees them."""

    home: float
    draw: float
    away: float


class Row(Struct, frozen=True):
    """A match in the list of matches; `updated_at` is ISO 8601."""

    match_id: str
    home_team: str
    away_team: str
    competition: str | None
    status: str
    incomplete: bool
    origin: str
    period: int
    minute: int
    second: int
    clock: str
    score: Score
    men: Men
    probability: Probability | None
    updated_at: str


class HistoryPoint(Struct, frozen=True):
    """A forecast as it was at one moment of the match."""

    stream_id: str
    period: int
    minute: int
    second: int
    home: float
    draw: float
    away: float
    kind: str
    model_version: str


class HeldOut(Struct, frozen=True):
    """How a model did on a set of matches that were held back.

    `name` is the set's title on the page of the evaluation, as in a sentence; the log loss is in nats a
    forecast.
    """

    name: str
    matches: int
    log_loss: float


class ModelInService(Struct, frozen=True):
    """The model behind the forecasts, and how it did, set by set as on the page of its evaluation."""

    version: str
    trained_at: str | None
    held_out: list[HeldOut]


class Prediction(Struct, frozen=True):
    """The forecast of a match and how it came to be; without a current one the reason says why."""

    match_id: str
    available: bool
    reason: str | None
    current: Forecast | None
    pre_match: Probability | None
    history: list[HistoryPoint]
    model: ModelInService | None

    def headline(self) -> dict[str, Any]:
        """Return all but the history."""
        return {
            "available": self.available,
            "reason": self.reason,
            "current": self.current,
            "pre_match": self.pre_match,
            "model": self.model,
        }


class Picture(Struct, frozen=True):
    """All that is shown of a match at one moment; `produced_at` is its newest record's, in ms since the epoch."""

    row: Row
    summary: Summary
    prediction: Prediction
    produced_at: int

    def stats(self) -> dict[str, Any]:
        """Return all that happened in the match."""
        return {**self._headline(), **{name: getattr(self.summary, name) for name in LISTS}}

    def _headline(self) -> dict[str, Any]:
        summary = self.summary
        fields = {name: getattr(summary, name) for name in summary.__struct_fields__ if name not in LISTS}
        return {**fields, "updated_at": self.row.updated_at}

    def since(self, before: Picture) -> dict[str, Any]:
        """Return what changed after `before`, as an update of an event stream carries it.

        New and changed entries of lists come as upserts: timeline and shots by id, momentum by
        period and minute, forecasts by stream id.
        """
        update: dict[str, Any] = {"match": self.row, "produced_at": self.produced_at}
        if self.summary is not before.summary:
            update["stats"] = self._headline()
            for name, key in LISTS.items():
                if changed := _changed(getattr(before.summary, name), getattr(self.summary, name), key):
                    update[name] = changed
        headline = self.prediction.headline()
        points = _changed(before.prediction.history, self.prediction.history, lambda point: point.stream_id)
        if points or headline != before.prediction.headline():
            update["prediction"] = {**headline, "history": points}
        return update

    def standing(self, points: int) -> dict[str, Any]:
        """Return where the match stands, with the newest points of its forecast, as an update."""
        return {
            "match": self.row,
            "stats": self._headline(),
            "prediction": {**self.prediction.headline(), "history": self.prediction.history[-points:]},
        }


def probability_of(outcome: Outcome | Forecast | None) -> Probability | None:
    """Return win, draw and loss of a forecast, None of none."""
    return None if outcome is None else Probability(outcome.home, outcome.draw, outcome.away)


def row_of(match_id: str, summary: Summary, forecast: Forecast | None, updated_at: str) -> Row:
    """Return a match's row in the list."""
    match = summary.match
    return Row(
        match_id=match_id,
        home_team=match.home_team,
        away_team=match.away_team,
        competition=match.competition,
        status=summary.status,
        incomplete=summary.incomplete,
        origin=match.origin,
        period=summary.period,
        minute=summary.minute,
        second=summary.second,
        clock=summary.clock,
        score=summary.score,
        men=summary.men,
        probability=probability_of(forecast),
        updated_at=updated_at,
    )


def _changed(before: Iterable[Any], after: Iterable[Any], key: Callable[[Any], Hashable]) -> list[Any]:
    known = {key(entry): entry for entry in before}
    return [entry for entry in after if known.get(key(entry)) != entry]
