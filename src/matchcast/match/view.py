"""What is shown of a match, part by part."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from matchcast.events.record import Strengths

Status = Literal["scheduled", "live", "half_time", "finished", "abandoned"]
Side = Literal["home", "away"]


class Score(Struct, frozen=True):
    """Goals of each side."""

    home: int
    away: int


class Men(Struct, frozen=True):
    """Players of each side on the pitch."""

    home: int
    away: int


class MatchView(Struct, frozen=True):
    """The match itself, with every field present."""

    id: str
    home_team: str
    away_team: str
    competition: str | None
    neutral: bool
    knockout: bool
    kick_off: str | None
    strengths: Strengths | None
    origin: str
    seed: int | None
    model_version: str | None


class SideStatistics(Struct, frozen=True):
    """What one side has done; `xg` in goals, `possession` as its share of all passes, 0 to 1."""

    shots: int
    shots_on_target: int
    xg: float
    passes: int
    passes_completed: int
    possession: float | None
    fouls: int
    corners: int
    offsides: int
    yellow_cards: int
    red_cards: int
    substitutions: int


class Statistics(Struct, frozen=True):
    """The statistics of both sides."""

    home: SideStatistics
    away: SideStatistics


class TimelineEntry(Struct, frozen=True):
    """One thing that happened; `score` is the score after it (of the shoot-out, in the shoot-out)."""

    id: int | str
    kind: str
    period: int
    minute: int
    second: int
    clock: str
    side: Side | None
    team: str | None
    player: str | None
    detail: str | None
    score: Score


class ShotView(Struct, frozen=True):
    """A shot in play; x and y on StatsBomb's pitch of 120 by 80, attacking to the right."""

    id: int | str
    period: int
    minute: int
    second: int
    side: Side | None
    player: str | None
    xg: float
    x: float | None
    y: float | None
    outcome: str
    goal: bool
    on_target: bool
    penalty: bool


class MomentumMinute(Struct, frozen=True):
    """Momentum of both sides in one minute of one period, in points."""

    period: int
    minute: int
    home: int
    away: int
