"""Penalties after extra time."""

from __future__ import annotations

from random import Random
from typing import Final

from matchcast.simulate.incidents import write_keeper, write_shot
from matchcast.simulate.lineup import Lineup
from matchcast.simulate.scribe import Scribe
from matchcast.simulate.shots import PENALTY_CHANCE, draw_attempt

KICKS: Final = 5
"""Penalties of each side before sudden death."""
SECONDS_A_KICK: Final = 45.0


def shoot_out(scribe: Scribe, lineups: tuple[Lineup, Lineup], rng: Random) -> tuple[int, int]:
    """Write penalties, in turn, until one side cannot be caught; return who scored how often."""
    first = rng.randrange(2)
    scored = [0, 0]
    taken = [0, 0]
    second = 0.0
    while not _decided(scored, taken):
        side = first if taken[first] == taken[1 - first] else 1 - first
        takers = sorted(lineups[side].on_pitch, key=lambda player: -player.place)
        attempt = draw_attempt(rng, scores=rng.random() < PENALTY_CHANCE, penalty=True)
        second += SECONDS_A_KICK
        scribe.possess(side, "Other")
        write_shot(scribe, side, second, attempt, takers[taken[side] % len(takers)])
        did = {"Goal": "Goal Conceded", "Saved": "Shot Saved"}.get(attempt.outcome, "Shot Faced")
        write_keeper(scribe, 1 - side, second, lineups[1 - side].keeper, did)
        scored[side] += attempt.outcome == "Goal"
        taken[side] += 1
    return scored[0], scored[1]


def _decided(scored: list[int], taken: list[int]) -> bool:
    if max(taken) > KICKS:
        return taken[0] == taken[1] and scored[0] != scored[1]
    left = [KICKS - kicks for kicks in taken]
    if max(taken) == KICKS and left == [0, 0]:
        return scored[0] != scored[1]
    return scored[0] > scored[1] + left[1] or scored[1] > scored[0] + left[0]
