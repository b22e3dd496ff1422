"""Who of a team is on the pitch, who is booked, and who does what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from matchcast.simulate.chance import pick
from matchcast.simulate.squads import Player, Squad

# Where each place of the formation is to be found, on average, on StatsBomb's pitch.
_HOMES: Final = (
    (8, 40), (45, 70), (32, 52), (32, 28), (45, 10), (55, 50), (55, 30), (82, 68), (78, 40), (82, 12), (98, 40),
)  # fmt: skip
# How often each place shoots, fouls, and is taken off.
_SHOOTS: Final = (0, 3, 5, 5, 3, 6, 7, 15, 17, 15, 27)
_FOULS: Final = (0.3, 8, 9, 9, 8, 13, 13, 9, 9, 9, 11)
_LEAVES: Final = (0.2, 4, 2, 2, 4, 9, 9, 18, 17, 18, 19)


class Lineup:
    """The players of one side during a match."""

    def __init__(self, squad: Squad, rng: Random) -> None:
        self.squad = squad
        self.on_pitch = list(squad.starters)
        self._bench = list(squad.bench)
        self._rng = rng
        self._booked: set[int] = set()
        self._doomed: dict[int, int] = {}

    @property
    def keeper(self) -> Player:
        """The goalkeeper, or who stands in for him."""
        return min(self.on_pitch, key=lambda player: player.place)

    def nearest(self, x: float, y: float, *, not_player: int = 0) -> Player:
        """Return a player who is likely to be near a point in his direction of attack."""
        rng = self._rng.random
        best, least = self.on_pitch[0], float("inf")
        for player in self.on_pitch:
            if player.id == not_player:
                continue
            home_x, home_y = _HOMES[player.place]
            distance = ((home_x - x) ** 2 + (home_y - y) ** 2 + 30) * (0.3 + rng())
            if distance < least:
                best, least = player, distance
        return best

    def shooter(self) -> Player:
        """Return who takes a shot."""
        return self._pick(_SHOOTS, self.on_pitch)

    def penalty_taker(self) -> Player:
        """Return who takes a penalty: the foremost player on the pitch."""
        return max(self.on_pitch, key=lambda player: player.place)

    def fouler(self) -> Player:
        """Return who commits a foul."""
        return self._pick(_FOULS, self.on_pitch)

    def book(self, tie: int = 0) -> Player | None:
        """Return who gets a yellow card, if anyone is left to get a first one.

        With a `tie` the player stays on until `book_again` asks for him.
        """
        free = [player for player in self.on_pitch if player.id not in self._booked]
        if not free:
            return None
        player = self._pick(_FOULS, free)
        self._booked.add(player.id)
        if tie:
            self._doomed[tie] = player.id
        return player

    def book_again(self, tie: int) -> Player:
        """Take off and return the player that was booked with this tie."""
        return self._remove(self._doomed.pop(tie))

    def send_off(self) -> Player:
        """Take off and return who gets a straight red card."""
        return self._remove(self._pick(_FOULS, self._free_to_go()).id)

    def substitute(self) -> tuple[Player, Player] | None:
        """Change a player and return (who goes, who comes), if the bench has anyone who can."""
        outfield = [player for player in self._bench if player.place != 0]
        if not outfield:
            return None
        # A keeper is left alone, but the first to be hurt may be one: he has a second on the bench.
        gone = self._pick(_LEAVES, self._free_to_go())
        fitting = [player for player in self._bench if player.place == gone.place]
        came = (fitting or outfield)[0]
        self._bench.remove(came)
        self._remove(gone.id)
        self.on_pitch.append(replace(came, place=gone.place))
        return gone, came

    def _free_to_go(self) -> list[Player]:
        doomed = set(self._doomed.values())
        return [player for player in self.on_pitch if player.id not in doomed]

    def _remove(self, player_id: int) -> Player:
        player = next(player for player in self.on_pitch if player.id == player_id)
        self.on_pitch.remove(player)
        return player

    def _pick(self, weights: Sequence[float], players: Sequence[Player]) -> Player:
        return pick(self._rng, players, [weights[player.place] for player in players])
