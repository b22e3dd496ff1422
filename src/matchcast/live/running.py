"""One match as a process follows it: its state, its forecast, and the forecasts that it had before."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from matchcast.events.clock import FIRST_HALF, Moment
from matchcast.events.record import Event
from matchcast.forecast.forecast import Outcome
from matchcast.forecast.situation import Situation, clock_of
from matchcast.live.points import ExplainedForecast, Kind, Point, PointList, Question
from matchcast.live.situations import TELLING, before_kick_off, look_at
from matchcast.match.rules import status_of, view_of_match
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.match.view import Status
from matchcast.stream.client import StreamRecord

_GOALS = frozenset({"Own Goal For", "Shot"})
_CARDS = frozenset({"Bad Behaviour", "Foul Committed"})


class _Saved(Struct, array_like=True):
    """What a checkpoint keeps of a match."""

    state: MatchState
    partition: int
    offset: int
    updated_at_ms: int
    touched: int
    missed: bool
    sampled: tuple[int, int]
    before: Situation | None
    points: list[Point]
    pre_match: Outcome | None
    forecast: ExplainedForecast | None
    forecast_of: Situation | None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Saved)


def saved_schema() -> dict[str, object]:
    """Return the JSON Schema of what a checkpoint keeps of a match: another one is another format."""
    return msgspec.json.schema(_Saved)


class RunningMatch:
    """A match and its forecasts; not for several threads at once.

    Attributes:
        state: the fold of the events.
        partition, offset: where the newest record of the match lies.
        updated_at_ms: time of the newest record, in ms since the epoch.
        touched: count of records that the process had taken when it took the newest of this match.
        version: grows with every change.
        missed: whether records of it were gone from Kafka before they could be read.
        first: the moment of the first event that came; None after a restart.
        finished: whether the match is over, be it played or abandoned.
        pre_match: the forecast of the match before its kick-off.
        forecast: the newest forecast; it is of the newest situation when `wants_forecast` is false.
        rejected: why the model cannot forecast this match, where that is not the API's failure.
    """

    __slots__ = (
        "_base",
        "_before",
        "_forecast_of",
        "_history",
        "_history_version",
        "_points",
        "_pre_match_refused",
        "_status",
        "_summary",
        "_summary_events",
        "finished",
        "first",
        "forecast",
        "match_id",
        "missed",
        "offset",
        "partition",
        "pre_match",
        "rejected",
        "state",
        "touched",
        "updated_at_ms",
        "version",
    )

    def __init__(self, state: MatchState, record: StreamRecord) -> None:
        self.state = state
        self.match_id = state.match_id
        self.partition = record.partition
        self.offset = record.offset
        self.updated_at_ms = record.timestamp_ms
        self.touched = 0
        self.version = 0
        self.missed = False
        self.first: Moment | None = None
        self.finished = False
        self.pre_match: Outcome | None = None
        self.forecast: ExplainedForecast | None = None
        self.rejected: str | None = None
        self._pre_match_refused = False
        self._points = PointList([])
        self._base: Situation | None = None
        self._status: Status = "scheduled"
        self._before: Situation | None = None
        self._forecast_of: Situation | None = None
        self._history: tuple[Point, ...] = ()
        self._history_version = 0
        self._summary: Summary | None = None
        self._summary_events = -1

    @property
    def summary(self) -> Summary:
        """The view of the state; made once for each event."""
        if self._summary is None or self._summary_events != self.state.events:
            self._summary = summarise(self.state)
            self._summary_events = self.state.events
        return self._summary

    @property
    def situation(self) -> Situation:
        """What the model may know of the match now."""
        if self._base is None:
            self._base = look_at(self.state, self._status)
        clock = clock_of(self._status, *self.state.latest)
        base = self._base
        if (base.period, base.minute, base.second) != clock:
            self._base = base = msgspec.structs.replace(
                base, period=clock[0], minute=clock[1], second=clock[2]
            )
        return base

    @property
    def history(self) -> tuple[Point, ...]:
        """The points whose forecast is in hand, in the order of the stream."""
        if self._history_version != self.version:
            self._history = self._points.known()
            self._history_version = self.version
        return self._history

    @property
    def is_behind(self) -> bool:
        """Whether the forecast in hand is of an earlier situation than the newest."""
        return self._forecast_of != self.situation

    @property
    def wants_forecast(self) -> bool:
        """Whether the newest situation, or a point, lacks its forecast."""
        return self._points.pending > 0 or self._wants_pre_match or self.is_behind

    @property
    def _wants_pre_match(self) -> bool:
        return self.pre_match is None and not self._pre_match_refused

    def has_team(self, name: str) -> bool:
        """Say whether a team plays in this match."""
        info = self.state.info
        return name in self.state.teams or (info is not None and name in (info.home_team, info.away_team))

    def apply(self, event: Event, record: StreamRecord) -> bool:
        """Fold an event in and mark the moments that want a point; False when it is a repeat."""
        state = self.state
        if event.type.name in TELLING:
            if not self._apply_telling(event, record):
                return False
        else:
            latest, known, teams = state.latest, state.info, len(state.teams)
            if not state.apply(event):
                return False
            if state.info is not known or len(state.teams) != teams or state.latest[0] != latest[0]:
                self._look_again()
            if state.latest is not latest and self._points.is_due(state.latest):
                self._mark("sample", record)
        if self.first is None:
            self.first = Moment(event.period_or_inferred, event.minute, event.second)
        self.version += 1
        self.partition, self.offset = record.partition, record.offset
        if record.timestamp_ms > self.updated_at_ms:
            self.updated_at_ms = record.timestamp_ms
        return True

    def _apply_telling(self, event: Event, record: StreamRecord) -> bool:
        state = self.state
        before, finished, ends = self.situation, self.finished, len(state.period_ends)
        if not state.apply(event):
            return False
        self._look_again()
        after = self.situation
        name = event.type.name
        scored = after.home_goals + after.away_goals > before.home_goals + before.away_goals
        sent_off = after.home_men + after.away_men < before.home_men + before.away_men
        if name in _GOALS and scored:
            self._before = before
            self._mark("goal", record)
        elif name in _CARDS and sent_off:
            self._before = before
            self._mark("red_card", record)
        elif len(state.period_ends) > ends or self.finished != finished:
            self._mark("period", record)
        elif after.shoot_out != before.shoot_out or self._points.is_due(state.latest):
            self._mark("sample", record)
        return True

    def _look_again(self) -> None:
        self._base = None
        self._status = status_of(self.state, view_of_match(self.state))
        self.finished = self._status in ("finished", "abandoned")

    def _mark(self, kind: Kind, record: StreamRecord) -> None:
        situation = self.situation
        if self._before is None:
            self._before = before_kick_off(situation)
        self._points.mark(f"{record.partition}:{record.offset}", self.state.latest, kind, situation)

    def ask(self) -> Question | None:
        """Return what is to be asked of the model; None when all forecasts are in hand."""
        if not self.wants_forecast:
            return None
        situation = self.situation
        return Question(
            situation if situation != self._forecast_of else None,
            self._before,
            before_kick_off(situation) if self._wants_pre_match else None,
            self._points.to_ask(),
        )

    def take_forecast(self, situation: Situation, forecast: ExplainedForecast) -> None:
        """Keep the forecast of a situation, also for the points that stand at it."""
        self.version += 1
        self.forecast, self._forecast_of, self.rejected = forecast, situation, None
        outcome = Outcome(forecast.home, forecast.draw, forecast.away)
        self._points.fill_at(situation, outcome, forecast.model_version)

    def take_points(self, points: list[Point], outcomes: list[Outcome], model_version: str) -> None:
        """Keep the forecasts of points."""
        self.version += 1
        for point, outcome in zip(points, outcomes, strict=True):
            self._points.fill(point, outcome, model_version)

    def take_pre_match(self, outcome: Outcome) -> None:
        """Keep the forecast from before kick-off."""
        self.version += 1
        self.pre_match = outcome

    def refuse_pre_match(self) -> None:
        """Note that the model cannot forecast the match from before its kick-off."""
        self._pre_match_refused = True

    def reject(self, situation: Situation, reason: str) -> None:
        """Note that the model cannot forecast a situation; the next one is asked for again."""
        self.version += 1
        self.forecast, self._forecast_of, self.rejected = None, situation, reason

    @property
    def began_late(self) -> bool:
        """Whether the start of the match was not among what came: not its first minutes, nor its first whistle."""
        return self.first is not None and self.first > _FIRST_MINUTES and FIRST_HALF not in self.state.started

    def note_missed(self) -> None:
        """Note that records of the match are gone unread."""
        self.version += 1
        self.missed = True

    def drop_point(self, point: Point) -> None:
        """Forget a point that the model cannot forecast."""
        self._points.drop(point)

    def save(self) -> bytes:
        """Return what a checkpoint keeps of the match."""
        return _encoder.encode(
            _Saved(
                self.state,
                self.partition,
                self.offset,
                self.updated_at_ms,
                self.touched,
                self.missed,
                self._points.sampled,
                self._before,
                self._points.all,
                self.pre_match,
                self.forecast,
                self._forecast_of,
            )
        )

    @classmethod
    def restore(cls, saved: bytes | memoryview) -> RunningMatch:
        """Return the match that `save` kept.

        Raises:
            msgspec.DecodeError: the bytes are of another release or damaged.
        """
        kept = _decoder.decode(saved)
        match = cls(kept.state, StreamRecord("", kept.partition, kept.offset, None, None, kept.updated_at_ms))
        match.touched, match.missed = kept.touched, kept.missed
        match.pre_match, match.forecast = kept.pre_match, kept.forecast
        match._points = PointList(kept.points, kept.sampled)
        match._before, match._forecast_of = kept.before, kept.forecast_of
        match._look_again()
        match.version = 1
        return match


_FIRST_MINUTES = Moment(FIRST_HALF, 1, 59)
