"""The ball between the things that matter: passes, carries, duels, and who wins it."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from matchcast.simulate.lineup import Lineup
from matchcast.simulate.scribe import Scribe, named
from matchcast.simulate.shots import PITCH, Point
from matchcast.simulate.squads import Player

LONGEST_PASS: Final = 42.0
"""In yards of StatsBomb's pitch; over longer ways the ball takes several passes."""

_LOSS: Final = 0.24
"""Mean chance that the ball is lost in the course of one pass, whichever side has it."""
_LOSS_BY_PASS: Final = 0.83
"""Share of it that is a failed pass; the rest is lost in a duel or a bad touch."""
_MAN_SHARE: Final = 0.07
"""What a man more adds to a side's share of the passes."""
_CARRIES: Final = 0.62
_DRIBBLES: Final = 0.05
_PRESSURES: Final = 0.2
_MIDDLE: Final = 55.0
_PULL: Final = 0.13
"""How a pass tends to `_MIDDLE`, in parts of the way there: a quarter of the passes is played in the last third."""
_OUT: Final = 0.24
"""Share of the failed passes that go out of play."""


class Ball:
    """The ball and its way over the pitch; locations are in the attacking direction of `side`."""

    def __init__(self, scribe: Scribe, lineups: tuple[Lineup, Lineup], rng: Random, *, share: float) -> None:
        self.scribe = scribe
        self.lineups = lineups
        self.rng = rng
        self.share = share
        """The home side's share of the passes with equal men."""
        self.pace = 6.0
        """Mean seconds from one pass to the next."""
        self.second = 0.0
        """Time up to which all has been told, in seconds since the period began."""
        self.side = 0
        self.at: Point = (60.0, 40.0)
        self.holder: Player = lineups[0].on_pitch[-1]
        self._restart: str | None = None

    def restart(self, side: int, second: float, at: Point, how: str, pattern: str) -> None:
        """Give the ball to a side for a restart at a time: its next pass is of the type `how`."""
        self.side, self.second, self.at = side, second, at
        self._restart = how
        self.scribe.possess(side, pattern)
        lineup = self.lineups[side]
        self.holder = lineup.keeper if how == "Goal Kick" else lineup.nearest(*at)

    def play_until(self, second: float) -> None:
        """Let the sides play until a time."""
        gamma = self.rng.gammavariate
        while True:
            after = self.second + gamma(2, self.pace / 2)
            if after > second:
                return
            self.second = after
            self._play_pass()

    def give_to(self, side: int) -> None:
        """Let a side win the ball, if it does not have it."""
        if self.side != side:
            self.second += 0.6
            self._lose("Interception" if self.rng.random() < 0.4 else "Ball Recovery")

    def move_to(self, target: Point, second: float, receiver: Player | None = None) -> int | None:
        """Pass the ball to a point by a time; return the id of the last pass, if one was needed."""
        way = _distance(self.at, target)
        passes = max(1, round(way / LONGEST_PASS + 0.4))
        if way < 3 and receiver is None:
            return None
        x, y = self.at
        step = max(second - self.second, 0.0) / passes
        last = None
        for number in range(1, passes + 1):
            part = number / passes
            wobble = self.rng.uniform(-5, 5) if number < passes else 0.0
            end = _within(x + (target[0] - x) * part, y + (target[1] - y) * part + wobble)
            self.second += step
            final = receiver if number == passes else None
            last = self._complete_pass(end, self.second - 0.7 * min(step, 2.0), receiver=final)
        return last

    def flip(self) -> Point:
        """Return where the ball is, seen from the other side."""
        return (round(PITCH[0] - self.at[0], 1), round(PITCH[1] - self.at[1], 1))

    def turn_over(self) -> None:
        """Give the ball to the other side where it is."""
        self.at = self.flip()
        self.side = 1 - self.side
        self.holder = self.lineups[self.side].nearest(*self.at)
        self.scribe.possess(self.side)

    def throw(self, outcome: str) -> None:
        """Fail a pass: `outcome` is Incomplete or Out."""
        end = self._aim()
        self._write_pass(self.second, end, {"outcome": named(outcome)})
        self.at = end

    def _play_pass(self) -> None:
        home, away = (len(lineup.on_pitch) for lineup in self.lineups)
        share = min(max(self.share + _MAN_SHARE * (home - away), 0.1), 0.9)
        # The sides' chains of passes are 1/loss long: these two losses give the home side its share.
        loss = 2 * _LOSS * ((1 - share) if self.side == 0 else share)
        drawn = self.rng.random()
        if self._restart is None and drawn < loss:
            if drawn < loss * _LOSS_BY_PASS:
                self._fail_pass()
            else:
                self._complete_pass(self._aim(), self.second)
                self._lose_duel()
            return
        self._complete_pass(self._aim(), self.second)
        drawn = self.rng.random()
        if drawn < _CARRIES:
            self._carry()
        elif drawn < _CARRIES + _DRIBBLES:
            self._dribble()
        elif drawn < _CARRIES + _DRIBBLES + _PRESSURES:
            other = 1 - self.side
            self.scribe.write(
                "Pressure",
                other,
                self.second + 0.5,
                player=self.lineups[other].nearest(*self.flip()),
                at=self.flip(),
            )

    def _aim(self) -> Point:
        x, y = self.at
        gauss = self.rng.gauss
        if self._restart == "Goal Kick":
            return _within(x + abs(gauss(35, 20)), y + gauss(0, 18))
        # Forward from the own half, back when there is no way on: most passes are played about the middle.
        ahead = gauss((_MIDDLE - x) * _PULL, 13)
        return _within(x + ahead, y + gauss((PITCH[1] / 2 - y) * 0.12, 14))

    def _complete_pass(self, end: Point, second: float, receiver: Player | None = None) -> int:
        receiver = receiver or self.lineups[self.side].nearest(*end, not_player=self.holder.id)
        written = self._write_pass(second, end, {"recipient": receiver.named})
        self.at, self.holder = end, receiver
        return written

    def _write_pass(self, second: float, end: Point, body: dict[str, Any]) -> int:
        if self._restart is not None:
            body["type"] = named(self._restart)
            self._restart = None
        body["length"] = round(_distance(self.at, end), 1)
        body["end_location"] = list(end)
        return self.scribe.write(
            "Pass", self.side, second, player=self.holder, at=self.at, body={"pass": body}
        )

    def _fail_pass(self) -> None:
        if self.rng.random() < _OUT:
            self.throw("Out")
            touch = 0.1 if self.at[1] < PITCH[1] / 2 else PITCH[1] - 0.1
            self.at = (self.at[0], touch)
            x, y = self.flip()
            self.restart(1 - self.side, self.second + 4, (x, y), "Throw-in", "From Throw In")
            return
        self.throw("Incomplete")
        deep = self.at[0] > 95
        drawn = self.rng.random()
        if deep and drawn < 0.45:
            self._lose("Clearance")
        else:
            self._lose("Interception" if drawn < 0.7 else "Ball Recovery")

    def _lose(self, how: str) -> None:
        self.turn_over()
        self.scribe.write(how, self.side, self.second + 0.3, player=self.holder, at=self.at)
        self.second += 0.3

    def _lose_duel(self) -> None:
        side, other = self.side, 1 - self.side
        if self.rng.random() < 0.45:
            self.scribe.write("Miscontrol", side, self.second + 0.6, player=self.holder, at=self.at)
            self._lose("Ball Recovery")
            return
        body = {"duel": {"type": named("Tackle"), "outcome": named("Won")}}
        self.scribe.write("Dispossessed", side, self.second + 0.6, player=self.holder, at=self.at)
        tackler = self.lineups[other].nearest(*self.flip())
        self.scribe.write("Duel", other, self.second + 0.6, player=tackler, at=self.flip(), body=body)
        self.turn_over()
        self.holder = tackler

    def _carry(self) -> None:
        end = _within(self.at[0] + self.rng.gauss(1.5, 5), self.at[1] + self.rng.gauss(0, 4))
        body = {"carry": {"end_location": list(end)}}
        self.scribe.write("Carry", self.side, self.second + 0.4, player=self.holder, at=self.at, body=body)
        self.at = end

    def _dribble(self) -> None:
        other = 1 - self.side
        body = {"duel": {"type": named("Tackle"), "outcome": named("Lost In Play")}}
        tackler = self.lineups[other].nearest(*self.flip())
        self.scribe.write("Duel", other, self.second + 0.4, player=tackler, at=self.flip(), body=body)
        body = {"dribble": {"outcome": {"id": 8, "name": "Complete"}}}
        self.scribe.write("Dribble", self.side, self.second + 0.4, player=self.holder, at=self.at, body=body)


def _distance(start: Point, end: Point) -> float:
    return float(((start[0] - end[0]) ** 2 + (start[1] - end[1]) ** 2) ** 0.5)


def _within(x: float, y: float) -> Point:
    return (round(min(max(x, 1.0), PITCH[0] - 1), 1), round(min(max(y, 1.0), PITCH[1] - 1), 1))
