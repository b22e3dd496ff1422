"""How the planned things look as events: what leads up to them, they themselves, and how play goes on."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from matchcast.simulate.ball import Ball
from matchcast.simulate.lineup import Lineup
from matchcast.simulate.plan import Planned, What
from matchcast.simulate.scribe import Scribe, named
from matchcast.simulate.shots import PITCH, Attempt, Point, draw_attempt
from matchcast.simulate.squads import Player

FREE_KICK_WAIT: Final = 35.0
PENALTY_WAIT: Final = 75.0
CORNER_WAIT: Final = 24.0
BUILD_UP: Final = 6.0
"""Seconds of the pass or passes that lead to a shot."""
CELEBRATION: Final = 50.0
STOPPAGE: Final = 18.0
CARD_STOPPAGE: Final = 35.0
GOAL_KICK_WAIT: Final = 18.0
SUBSTITUTION_WAIT: Final = 12.0

_BAD_BEHAVIOUR: Final = 0.09
"""Share of the cards that are shown for something else than a foul."""
_CARDS: Final = {
    What.YELLOW: "Yellow Card",
    What.FIRST_YELLOW: "Yellow Card",
    What.SECOND_YELLOW: "Second Yellow",
    What.RED: "Red Card",
}


class Incidents:
    """Tells planned things, one after the other, with the ball and the players of the moment."""

    def __init__(self, scribe: Scribe, ball: Ball, lineups: tuple[Lineup, Lineup], rng: Random) -> None:
        self.scribe = scribe
        self.ball = ball
        self.lineups = lineups
        self.rng = rng
        self._handlers: dict[What, Callable[[Planned, float], None]] = {
            What.GOAL: self._shot,
            What.MISS: self._shot,
            What.PENALTY_GOAL: self._penalty,
            What.MISSED_PENALTY: self._penalty,
            What.OWN_GOAL: self._own_goal,
            What.FOUL: self._foul,
            What.YELLOW: self._card,
            What.FIRST_YELLOW: self._card,
            What.SECOND_YELLOW: self._card,
            What.RED: self._card,
            What.CORNER: self._corner,
            What.OFFSIDE: self._offside,
            What.SUBSTITUTION: self._substitution,
        }

    def tell(self, planned: Planned) -> None:
        """Write a planned thing and what belongs to it; play has gone on until then."""
        self._handlers[planned.what](planned, max(planned.second, self.ball.second + 0.4))

    def kick_off(self, side: int, second: float) -> None:
        """Let a side kick off."""
        self.ball.restart(side, second, (60.0, 40.0), "Kick Off", "From Kick Off")

    def _shot(self, planned: Planned, second: float) -> None:
        side = planned.side
        attempt = draw_attempt(self.rng, scores=planned.what is What.GOAL)
        if attempt.how == "Free Kick":
            second = max(second, self.ball.second + FREE_KICK_WAIT)
            self._award(1 - side, second - FREE_KICK_WAIT, attempt.location)
            self.scribe.possess(side, "From Free Kick")
            self._take_shot(side, second, attempt, self.lineups[side].shooter())
            return
        self.ball.play_until(second - BUILD_UP)
        self.ball.give_to(side)
        if attempt.counter:
            self.scribe.possess(side, "From Counter")
        shooter = self.lineups[side].shooter()
        key_pass = None
        if self.ball.holder is not shooter or attempt.headed:
            if attempt.headed:
                wing = self.rng.choice((6.0, 74.0))
                self.ball.move_to(
                    (round(self.rng.uniform(92, 112), 1), wing), (self.ball.second + second) / 2
                )
            key_pass = self.ball.move_to(attempt.location, second, receiver=shooter)
        self._take_shot(side, max(second, self.ball.second), attempt, shooter, key_pass)

    def _penalty(self, planned: Planned, second: float) -> None:
        side = planned.side
        second = max(second, self.ball.second + PENALTY_WAIT)
        where = (round(self.rng.uniform(103, 117), 1), round(self.rng.uniform(22, 58), 1))
        self._award(1 - side, second - PENALTY_WAIT, where, penalty=True)
        self.scribe.possess(side, "Other")
        attempt = draw_attempt(self.rng, scores=planned.what is What.PENALTY_GOAL, penalty=True)
        self._take_shot(side, second, attempt, self.lineups[side].penalty_taker())

    def _take_shot(
        self, side: int, second: float, attempt: Attempt, shooter: Player, key_pass: int | None = None
    ) -> None:
        write_shot(self.scribe, side, second, attempt, shooter, key_pass)
        other = 1 - side
        keeper = self.lineups[other].keeper
        ball = self.ball
        ball.side, ball.at, ball.second = side, attempt.location, second + 1
        match attempt.outcome:
            case "Goal":
                write_keeper(self.scribe, other, second, keeper, "Goal Conceded")
                self.kick_off(other, second + CELEBRATION)
            case "Blocked":
                blocker = self.lineups[other].nearest(*ball.flip())
                self.scribe.write("Block", other, second, player=blocker, at=ball.flip())
                if self.rng.random() < 0.6:
                    ball.give_to(other)
                else:
                    ball.holder = self.lineups[side].nearest(*ball.at)
            case "Saved":
                write_keeper(self.scribe, other, second, keeper, "Shot Saved")
                ball.turn_over()
                ball.second, ball.holder, ball.at = second + 7, keeper, (8.0, 40.0)
                self.scribe.possess(other, "From Keeper")
            case _:
                write_keeper(self.scribe, other, second, keeper, "Shot Faced")
                ball.restart(other, second + GOAL_KICK_WAIT, (6.0, 40.0), "Goal Kick", "From Goal Kick")

    def _own_goal(self, planned: Planned, second: float) -> None:
        side, other = planned.side, 1 - planned.side
        self.ball.play_until(second - BUILD_UP)
        self.ball.give_to(side)
        where = (round(self.rng.uniform(108, 117), 1), round(self.rng.uniform(32, 48), 1))
        self.ball.move_to((104.0, self.rng.choice((8.0, 72.0))), second - 1.5)
        self.ball.throw("Incomplete")
        self.ball.at = where
        here = self.ball.flip()
        unlucky = self.lineups[other].nearest(*here, not_player=self.lineups[other].keeper.id)
        self.scribe.write("Own Goal Against", other, second, player=unlucky, at=here)
        self.scribe.write("Own Goal For", side, second)
        self.kick_off(other, max(second, self.ball.second) + CELEBRATION)

    def _foul(self, planned: Planned, second: float) -> None:
        self.ball.play_until(second - 1)
        self.ball.give_to(1 - planned.side)
        self._award(planned.side, second, self.ball.at)
        self.ball.restart(1 - planned.side, second + STOPPAGE, self.ball.at, "Free Kick", "From Free Kick")

    def _card(self, planned: Planned, second: float) -> None:
        side, lineup = planned.side, self.lineups[planned.side]
        self.ball.play_until(second - 1)
        player = self._carded(planned, lineup)
        card = {"card": named(_CARDS[planned.what])}
        if player is None:
            self._foul(planned, second)
        elif self.rng.random() < _BAD_BEHAVIOUR:
            self.scribe.write("Bad Behaviour", side, second, player=player, body={"bad_behaviour": card})
            self._resume(second + CARD_STOPPAGE)
        else:
            self.ball.give_to(1 - side)
            self._award(side, second, self.ball.at, player=player, foul=card)
            self.ball.restart(1 - side, second + CARD_STOPPAGE, self.ball.at, "Free Kick", "From Free Kick")

    def _carded(self, planned: Planned, lineup: Lineup) -> Player | None:
        match planned.what:
            case What.SECOND_YELLOW:
                return lineup.book_again(planned.tie)
            case What.RED:
                return lineup.send_off()
            case What.FIRST_YELLOW:
                return lineup.book(planned.tie)
            case _:
                return lineup.book()

    def _corner(self, planned: Planned, second: float) -> None:
        side, other = planned.side, 1 - planned.side
        ball = self.ball
        ball.play_until(second - CORNER_WAIT - BUILD_UP)
        ball.give_to(side)
        ball.move_to(
            (round(self.rng.uniform(102, 116), 1), self.rng.choice((14.0, 66.0))), second - CORNER_WAIT
        )
        ball.throw("Out")
        clearer = self.lineups[other].nearest(*ball.flip())
        out = max(second - CORNER_WAIT, ball.second)
        self.scribe.write("Clearance", other, out + 0.5, player=clearer, at=ball.flip())
        flag = 0.1 if ball.at[1] < PITCH[1] / 2 else PITCH[1] - 0.1
        ball.restart(side, max(second, out + 1), (PITCH[0], flag), "Corner", "From Corner")
        if self.rng.random() < 0.45:
            box = (round(self.rng.uniform(106, 116), 1), round(self.rng.uniform(30, 50), 1))
            ball.move_to(box, ball.second + 1)
        else:
            ball.throw("Incomplete")
            ball.at = (110.0, 40.0)
            ball.turn_over()
            self.scribe.write("Clearance", other, ball.second + 1, player=ball.holder, at=ball.at)
            ball.second += 3

    def _offside(self, planned: Planned, second: float) -> None:
        side = planned.side
        self.ball.play_until(second - BUILD_UP)
        self.ball.give_to(side)
        where = (round(self.rng.uniform(78, 108), 1), round(self.rng.uniform(15, 65), 1))
        runner = self.lineups[side].shooter()
        self.ball.move_to(where, second, receiver=runner)
        self.scribe.write("Offside", side, max(second, self.ball.second), player=runner, at=where)
        here = self.ball.flip()
        after = max(second, self.ball.second) + STOPPAGE
        self.ball.restart(1 - side, after, here, "Free Kick", "From Free Kick")

    def _substitution(self, planned: Planned, second: float) -> None:
        self.ball.play_until(second)
        change = self.lineups[planned.side].substitute()
        if change is None:
            return
        gone, came = change
        outcome = named("Injury" if self.rng.random() < 0.07 else "Tactical")
        body = {"substitution": {"outcome": outcome, "replacement": came.named}}
        self.scribe.write("Substitution", planned.side, second, player=gone, body=body)
        self._resume(second + (SUBSTITUTION_WAIT if second > 1 else 0))

    def _resume(self, second: float) -> None:
        """Go on after a break in which players may have left."""
        self.ball.second = max(second, self.ball.second)
        if self.ball.holder not in self.lineups[self.ball.side].on_pitch:
            self.ball.holder = self.lineups[self.ball.side].nearest(*self.ball.at)

    def _award(
        self,
        side: int,
        second: float,
        where: Point,
        *,
        player: Player | None = None,
        foul: dict[str, Any] | None = None,
        penalty: bool = False,
    ) -> None:
        """Write a foul of a side, `where` seen from the other one, and leave the ball there."""
        other = 1 - side
        self.ball.play_until(second - 1)
        self.ball.give_to(other)
        self.ball.at = where
        second = max(second, self.ball.second)
        victim = self.lineups[other].nearest(*where)
        body = {"penalty": True} if penalty else {}
        fields = {"foul_committed": {**(foul or {}), **body}} if foul or penalty else None
        fouler = player or self.lineups[side].fouler()
        self.scribe.write("Foul Committed", side, second, player=fouler, at=self.ball.flip(), body=fields)
        fields = {"foul_won": body} if penalty else None
        self.scribe.write("Foul Won", other, second, player=victim, at=where, body=fields)
        self.ball.second = second


def write_shot(
    scribe: Scribe, side: int, second: float, attempt: Attempt, shooter: Player, key_pass: int | None = None
) -> None:
    """Write the event of a shot."""
    body: dict[str, Any] = {
        "statsbomb_xg": attempt.chance,
        "end_location": list(attempt.end_location),
        "outcome": named(attempt.outcome),
        "type": named(attempt.how),
        "body_part": named(attempt.body_part),
    }
    if key_pass is not None:
        body["key_pass_id"] = key_pass
    scribe.write("Shot", side, second, player=shooter, at=attempt.location, body={"shot": body})


def write_keeper(scribe: Scribe, side: int, second: float, keeper: Player, did: str) -> None:
    """Write what a goalkeeper did about a shot."""
    body = {"goalkeeper": {"type": named(did)}}
    scribe.write("Goal Keeper", side, second, player=keeper, at=(2.0, 40.0), body=body)
