"""Which matches are played, in which order, under which ids."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final

from matchcast.events.record import MatchInfo
from matchcast.simulate.clubs import CLUBS, Club, club_of, expected_goals
from matchcast.simulate.parameters import VERSION

COMPETITION: Final = "Premier League"
Fixture = tuple[Club, Club]


def _round_robin(clubs: tuple[Club, ...]) -> tuple[Fixture, ...]:
    """Return every club at home to every other, in rounds in which each club plays once.

    The circle method: one club stays, the others move on by one place each round. The clubs are seated so
    that the first round pairs neighbours of the list; in the second half of the season the sides change.
    """
    circle = [*clubs[0::2], *reversed(clubs[1::2])]
    half = len(circle) // 2
    first_leg: list[Fixture] = []
    for round_ in range(len(circle) - 1):
        pairs = [(circle[place], circle[-1 - place]) for place in range(half)]
        first_leg.extend((away, home) if round_ % 2 else (home, away) for home, away in pairs)
        circle[1:] = [circle[-1], *circle[1:-1]]
    return (*first_leg, *((away, home) for home, away in first_leg))


SEASON: Final = _round_robin(CLUBS)
"""Every fixture of a season; those of the first round stand at the front."""


def base_id(home: Club, away: Club) -> str:
    """Return the id of the first meeting of two teams on this ground, as ``man_utd_liverpool``."""
    return f"{home.slug}_{away.slug}"


def arrange(
    home: Club | str,
    away: Club | str,
    *,
    seed: int,
    kick_off: datetime,
    match_id: str | None = None,
    neutral: bool = False,
    knockout: bool = False,
) -> MatchInfo:
    """Return the simulated match of two teams; the seed is made its own by the match's id.

    Args:
        home, away: Clubs, or names of any teams.
        seed: Seed of the whole run; two matches of a run never share their events.
        kick_off: An aware time.
        match_id: Id of the match; the id of the teams' first meeting when it is not given.
        neutral, knockout: As in the record. A match of two listed clubs that is no knock-out is one of the
            Premier League.
    """
    home, away = (club if isinstance(club, Club) else club_of(club) for club in (home, away))
    in_league = not knockout and home in CLUBS and away in CLUBS
    match_id = match_id or base_id(home, away)
    return MatchInfo(
        id=match_id,
        home_team=home.name,
        away_team=away.name,
        competition=COMPETITION if in_league else None,
        neutral=neutral,
        knockout=knockout,
        kick_off=kick_off.isoformat(timespec="seconds"),
        strengths=expected_goals(home, away, neutral=neutral),
        origin="simulated",
        seed=_match_seed(seed, match_id),
        model_version=VERSION,
    )


def _match_seed(seed: int, match_id: str) -> int:
    # 48 bits: exact in every JSON reader, JavaScript's included.
    return int.from_bytes(blake2b(f"{seed}/{match_id}".encode(), digest_size=6).digest())
