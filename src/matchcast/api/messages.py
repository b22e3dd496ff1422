"""What the API is asked and what it answers: msgspec types, from which the OpenAPI schemas are made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from matchcast.events.record import Event, Identifier, Minute, Name, Second, Strengths
from matchcast.forecast.artefact import Card
from matchcast.forecast.explain import Reason
from matchcast.forecast.forecast import FinalScore, Forecast, NextGoal, PerTeam
from matchcast.forecast.situation import Goals, Men
from matchcast.match.view import Status

MAX_STATES = 10_000
"""Most states in a batch."""

MAX_EVENTS = 10_000
"""Most events of a match; a long one of StatsBomb's has 5,000."""


class Fixture(Struct, frozen=True, gc=False):
    """Who plays, and for what. A team that the model does not know is taken as an average one."""

    home_team: Name
    away_team: Name
    competition: Name | None = None
    neutral: bool = False
    knockout: bool = False
    strengths: Strengths | None = None


class GoalsOfBoth(Struct, frozen=True, gc=False):
    """Goals of each side."""

    home: Goals
    away: Goals


class MenOfBoth(Struct, frozen=True, gc=False):
    """Players of each side on the pitch."""

    home: Men
    away: Men


class Moment(Struct, frozen=True, kw_only=True):
    """Where a match stands.

    `period` is 0 before kick-off, 1 and 2 for the halves, 3 and 4 for extra time, 5 for the shoot-out.
    `minute` is on the match clock, which starts each period at 0, 45, 90, 105 or 120; one beyond the
    period's end is stoppage time. `score` leaves the shoot-out out; `shoot_out` has the penalties scored
    in it and `shoot_out_kicks` those taken.
    """

    period: Annotated[int, Meta(ge=0, le=5)]
    minute: Minute
    score: GoalsOfBoth
    second: Second = 0
    men: MenOfBoth | None = None
    status: Status | None = None
    shoot_out: GoalsOfBoth | None = None
    shoot_out_kicks: GoalsOfBoth | None = None


class MatchMoment(Moment, frozen=True, kw_only=True):
    """A match and where it stands; what `matchcast state --json` prints is one."""

    match: Fixture


class PredictRequest(MatchMoment, frozen=True, kw_only=True):
    """A match and where it stands; with `previous`, an earlier moment, the answer says what moved it."""

    previous: Moment | None = None


Part = Literal[
    "expected_goals",
    "scores",
    "next_goal",
    "over_2_5",
    "under_2_5",
    "both_teams_to_score",
    "advance",
    "strengths",
    "known_teams",
    "notes",
]
"""What a batch answers beyond win, draw and loss, when asked to."""


class BatchRequest(Struct, frozen=True):
    """Matches and where they stand, and what to answer beyond win, draw and loss."""

    states: Annotated[list[MatchMoment], Meta(max_length=MAX_STATES)]
    include: Annotated[list[Part], Meta(max_length=20)] = []


class EventOfMatch(Event, frozen=True):
    """An event in StatsBomb's shape; unknown fields pass, and so does `match`: the request says it once."""

    match: Any = None


class EventsRequest(Struct, frozen=True):
    """A match and its events so far; an event whose id was seen before counts once."""

    match: Fixture
    events: Annotated[list[EventOfMatch], Meta(max_length=MAX_EVENTS)]


class PredictResponse(Forecast, frozen=True, omit_defaults=True):
    """A forecast; `why` says what moved it since `previous`, in percentage points."""

    why: list[Reason] | None = None


class BatchForecast(Struct, frozen=True, omit_defaults=True):
    """Win, draw and loss, and what was asked for beyond."""

    home: float
    draw: float
    away: float
    expected_goals: PerTeam | None = None
    scores: list[FinalScore] | None = None
    next_goal: NextGoal | None = None
    over_2_5: float | None = None
    under_2_5: float | None = None
    both_teams_to_score: float | None = None
    advance: PerTeam | None = None
    strengths: PerTeam | None = None
    known_teams: bool | None = None
    notes: list[str] | None = None


class BatchResponse(Struct, frozen=True):
    """The forecasts of a batch, in the order of its states."""

    model_version: str
    forecasts: list[BatchForecast]


class EventForecast(Struct, frozen=True):
    """Win, draw and loss after an event, and what moved them since the event before."""

    event_id: Identifier
    clock: str
    home: float
    draw: float
    away: float
    why: list[Reason]


class EventsResponse(Struct, frozen=True):
    """The forecast after each event, in the order of the match."""

    model_version: str
    forecasts: list[EventForecast]


class Alive(Struct, frozen=True):
    """The process answers; `release` is the one that it runs from, null where that is a checkout."""

    status: Literal["alive"]
    version: str
    release: str | None = None


class Ready(Struct, frozen=True):
    """The process has a model whose forecasts are right where that is known beforehand."""

    status: Literal["ready"]
    model_version: str


class Refusal(Struct, frozen=True):
    """A model that was to be served and was not: which, why, since when (ISO 8601)."""

    version: str
    reason: str
    at: str


class Model(Struct, frozen=True):
    """The model in force and its card: the data it was fitted on, its metrics beside the baselines.

    `refused` is the one that should be in force and is not, being damaged.
    """

    version: str
    card: Card
    refused: Refusal | None = None
