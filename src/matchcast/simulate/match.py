"""One match that never was, from the first whistle to the last, as a stream of timed events."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

import numpy as np

from matchcast.events.record import MatchInfo
from matchcast.simulate.ball import Ball
from matchcast.simulate.errors import NotSimulated
from matchcast.simulate.incidents import (
    CARD_STOPPAGE,
    CELEBRATION,
    CORNER_WAIT,
    GOAL_KICK_WAIT,
    STOPPAGE,
    SUBSTITUTION_WAIT,
    Incidents,
)
from matchcast.simulate.lineup import Lineup
from matchcast.simulate.plan import Plan, What, draw_plan
from matchcast.simulate.play import play
from matchcast.simulate.scribe import Moment, Scribe
from matchcast.simulate.shoot_out import shoot_out
from matchcast.simulate.squads import squad_of

_STANDS_STILL: Final = {
    What.GOAL: CELEBRATION,
    What.OWN_GOAL: CELEBRATION,
    What.PENALTY_GOAL: CELEBRATION + 60,
    What.MISSED_PENALTY: 75,
    What.MISS: 0.45 * GOAL_KICK_WAIT + 4,
    What.FOUL: STOPPAGE,
    What.YELLOW: CARD_STOPPAGE,
    What.FIRST_YELLOW: CARD_STOPPAGE,
    What.SECOND_YELLOW: CARD_STOPPAGE,
    What.RED: CARD_STOPPAGE,
    What.CORNER: CORNER_WAIT,
    What.OFFSIDE: STOPPAGE,
    What.SUBSTITUTION: SUBSTITUTION_WAIT,
}
"""Seconds for which the ball is out of play, by what happened."""
_PASSES_OF_PLAY: Final = 0.963
"""Share of the passes that fall between the planned things; the others lead up to them."""


def simulate(match: MatchInfo) -> Iterator[Moment]:
    """Play a match and yield its events in order; the same match always gives the same events.

    The events are StatsBomb-shaped and carry `match`. Integer ids run from 1, as the index does. A
    knock-out match that is level goes to extra time and penalties. The last event is "Match End".

    Raises:
        NotSimulated: the match has no seed or no strengths to play by.
    """
    if match.seed is None or match.strengths is None:
        raise NotSimulated(match.id)
    strengths = np.array([[match.strengths.home, match.strengths.away]])
    played = play(strengths, np.random.default_rng(match.seed), knockout=match.knockout)
    rng = Random(f"dress/{match.seed}")  # noqa: S311 - a game of chance, not a secret
    plan = draw_plan(played, match.strengths, rng)
    squads = squad_of(match.home_team), squad_of(match.away_team)
    scribe = Scribe(match, squads)
    lineups = Lineup(squads[0], rng), Lineup(squads[1], rng)
    ball = Ball(scribe, lineups, rng, share=plan.share)
    incidents = Incidents(scribe, ball, lineups, rng)
    lengths = [float(length) for length in played.lengths[0]]
    ball.pace = _pace(plan, lengths)

    first = rng.randrange(2)
    for period, length in enumerate(lengths, start=1):
        if not length:
            break
        kicks_off = (first + period - 1) % 2
        scribe.start_period(period, kicks_off)
        incidents.kick_off(kicks_off, 1.0)
        yield from scribe.take()
        for planned in plan.happenings:
            if planned.period == period:
                incidents.tell(planned)
                yield from scribe.take()
        ball.play_until(length)
        scribe.end_period(length)
        yield from scribe.take()
    home, away = played.score[0]
    if match.knockout and home == away:
        scribe.start_period(5, first)
        shoot_out(scribe, lineups, rng)
        scribe.end_period(scribe.second + 5)
    scribe.write("Match End", 0, scribe.second)
    yield from scribe.take()


def _pace(plan: Plan, lengths: list[float]) -> float:
    """Return the seconds of play from one pass to the next that give the plan's number of passes."""
    whole = sum(lengths[:2])
    still = sum(_STANDS_STILL[planned.what] for planned in plan.happenings if planned.period <= 2)
    return max(whole - still, 0.4 * whole) / (_PASSES_OF_PLAY * plan.passes)
