"""All that a forecaster may know of a match at one moment."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from matchcast.events.record import Name, Strengths

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
