"""All that a forecaster may know of a match at one moment."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from matchcast.events.clock import PERIOD_START, SHOOT_OUT
from matchcast.events.record import Name, Strengths
from matchcast.match.summary import Summary

Goals = Annotated[int, Meta(ge=0, le=99)]
Men = Annotated[int, Meta(ge=0, le=11)]


class Situation(Struct, frozen=True):
    """A match at one moment, as a forecaster sees it.

    `period` is 0 before kick-off, 1 and 2 for the halves, 3 and 4 for extra time, 5 for the
    shoot-out. `minute` and `second` are on the match clock, on which every period starts at its
    nominal minute (0, 45, 90, 105, 120) whatever stoppage was played before. Goals exclude the
    shoot-out's; `shoot_out` holds those scored in it, `shoot_out_kicks` the kicks taken, where known.
    """

    home_team: Name
    away_team: Name
    competition: str | None = None
    neutral: bool = False
    knockout: bool = False
    strengths: Strengths | None = None
    period: Annotated[int, Meta(ge=0, le=5)] = 0
    minute: Annotated[int, Meta(ge=0, le=200)] = 0
    second: Annotated[int, Meta(ge=0, le=59)] = 0
    home_goals: Goals = 0
    away_goals: Goals = 0
    home_men: Men = 11
    away_men: Men = 11
    finished: bool = False
    abandoned: bool = False
    shoot_out: tuple[Goals, Goals] | None = None
    shoot_out_kicks: tuple[Goals, Goals] | None = None


def clock_of(status: str | None, period: int, minute: int, second: int) -> tuple[int, int, int]:
    """Period, minute and second for a `Situation`; between two periods it is the start of the next."""
    if status == "scheduled":
        return 0, 0, 0
    if status == "half_time" and 0 < period < SHOOT_OUT:
        return period + 1, PERIOD_START[period + 1], 0
    return period, minute, second


def situation_of(summary: Summary) -> Situation:
    """The situation of a match as the fold of its events sees it."""
    match = summary.match
    period, minute, second = clock_of(summary.status, summary.period, summary.minute, summary.second)
    shoot_out = summary.shoot_out
    return Situation(
        home_team=match.home_team,
        away_team=match.away_team,
        competition=match.competition,
        neutral=match.neutral,
        knockout=match.knockout,
        strengths=match.strengths,
        period=period,
        minute=minute,
        second=second,
        home_goals=summary.score.home,
        away_goals=summary.score.away,
        home_men=summary.men.home,
        away_men=summary.men.away,
        finished=summary.status == "finished",
        abandoned=summary.status == "abandoned",
        shoot_out=None if shoot_out is None else (shoot_out.home, shoot_out.away),
        shoot_out_kicks=None if shoot_out is None else (_kicks(summary, "home"), _kicks(summary, "away")),
    )


def _kicks(summary: Summary, side: str) -> int:
    """Penalties that a side has taken in the shoot-out."""
    return sum(entry.side == side and entry.kind.startswith("shoot_out") for entry in summary.timeline)
