"""The clubs of the fixture list: their slugs, and how strong each is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b
from math import exp
from typing import Final

from matchcast.events.record import Strengths

LEVEL: Final = (0.3995, 0.0550)
"""Log of the goals that an average club is expected to score against another at home, and away."""

LONGEST_SLUG: Final = 60


@dataclass(frozen=True)
class Club:
    """A club; `attack` adds to the log of its expected goals, `defence` takes from its opponent's."""

    name: str
    slug: str
    attack: float = 0.0
    defence: float = 0.0


# Attack and defence: least squares on the logs of FiveThirtyEight's projected goals for the 379 Premier
# League matches of 2017/18 in the data (CC BY 4.0). A club that was not in that league is average.
CLUBS: Final = (
    Club("Manchester United", "man_utd", 0.36, 0.37),
    Club("Liverpool", "liverpool", 0.51, 0.29),
    Club("Arsenal", "arsenal", 0.47, 0.10),
    Club("Chelsea", "chelsea", 0.41, 0.33),
    Club("Manchester City", "man_city", 0.62, 0.57),
    Club("Tottenham Hotspur", "tottenham", 0.43, 0.43),
    Club("Newcastle United", "newcastle", -0.27, -0.16),
    Club("Aston Villa", "aston_villa"),
    Club("Everton", "everton", -0.04, -0.15),
    Club("West Ham United", "west_ham", -0.10, -0.24),
    Club("AFC Bournemouth", "bournemouth", -0.12, -0.23),
    Club("Brentford", "brentford"),
    Club("Brighton & Hove Albion", "brighton", -0.43, -0.15),
    Club("Burnley", "burnley", -0.18, 0.00),
    Club("Crystal Palace", "crystal_palace", -0.09, -0.14),
    Club("Fulham", "fulham"),
    Club("Leeds United", "leeds"),
    Club("Nottingham Forest", "nottm_forest"),
    Club("Sunderland", "sunderland"),
    Club("Wolverhampton Wanderers", "wolves"),
)
"""The first ten meet each other in pairs in the first round."""

_SHORT_NAMES = {
    "man united": "man_utd",
    "spurs": "tottenham",
    "tottenham": "tottenham",
    "bournemouth": "bournemouth",
    "brighton": "brighton",
    "newcastle": "newcastle",
    "west ham": "west_ham",
    "leeds": "leeds",
    "wolverhampton": "wolves",
}
_BY_SLUG = {club.slug: club for club in CLUBS}
_SLUGS = {club.name.casefold(): club.slug for club in CLUBS} | _SHORT_NAMES


def slug_of(name: str) -> str:
    """Return a team's slug: the listed one of a known club, else its name in small Latin letters."""
    known = _SLUGS.get(name.strip().casefold())
    if known is not None:
        return known
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    slug = "_".join(re.findall(r"[a-z0-9]+", letters.encode("ascii", "ignore").decode()))
    if (
        len(slug) > LONGEST_SLUG
    ):  # two of them make the id of a match, and that is the start of its events' ids
        return f"{slug[: LONGEST_SLUG - 9]}_{blake2b(slug.encode(), digest_size=4).hexdigest()}"
    # A name without any Latin letter still has to give a slug of its own.
    return slug or "team_" + "_".join(f"{ord(letter):x}" for letter in name.strip()[:8])


def club_of(name: str) -> Club:
    """Return the known club of that name; any other team is an average one."""
    slug = slug_of(name)
    return _BY_SLUG.get(slug) or Club(name, slug)


def expected_goals(home: Club, away: Club, *, neutral: bool = False) -> Strengths:
    """Return the goals that each side is expected to score in 90 minutes, before the match."""
    level_home, level_away = (sum(LEVEL) / 2,) * 2 if neutral else LEVEL
    return Strengths(
        home=round(exp(level_home + home.attack - away.defence), 3),
        away=round(exp(level_away + away.attack - home.defence), 3),
    )
