"""The players of a simulated team: invented names, always the same for the same team."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import Final

# StatsBomb's position ids and names, of a 4-2-3-1.
POSITIONS: Final = (
    (1, "Goalkeeper"),
    (2, "Right Back"),
    (3, "Right Center Back"),
    (5, "Left Center Back"),
    (6, "Left Back"),
    (9, "Right Defensive Midfield"),
    (11, "Left Defensive Midfield"),
    (17, "Right Wing"),
    (19, "Center Attacking Midfield"),
    (21, "Left Wing"),
    (23, "Center Forward"),
)
FORMATION: Final = 4231
BENCH_PLACES: Final = (0, 2, 4, 6, 8, 9, 10)
"""Places of the formation that the seven substitutes are made for; the first is the second goalkeeper."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST: Final = _words("""
    Adam Alex Andre Anton Ben Bruno Callum Carl Chris Daniel David Dylan Eddie Elias Emil Erik Felix Finn
    Frank Gabriel George Harvey Henry Hugo Isaac Ivan Jack Jacob James Jonas Jordan Joseph Julian Kai Karl
    Kyle Lars Leo Lewis Liam Louis Luca Lucas Luke Marco Marcus Martin Mateo Max Michael Nathan Nico Niall
    Noah Oliver Oscar Owen Pablo Patrick Paul Pedro Peter Rafael Robin Ryan Sam Scott Sean Simon Stefan
    Teddy Theo Thomas Tim Tom Victor Will Yannick Zak
""")
_LAST: Final = _words("""
    Abbott Adeyemi Ainsley Aldridge Amado Archer Ashdown Baines Bancroft Barlow Beckford Bellamy Benitez
    Birch Blackwood Boateng Bosman Bradshaw Brandt Bright Calder Carmona Carver Chambers Clarkson Coley
    Conway Cordero Crane Dalton Danjo Davenport Dawkins Denholm Diallo Dobson Draper Duarte Eastwood
    Ekwueme Ellery Fairclough Falk Farrow Fenwick Fielding Forsyth Freeman Galloway Garner Gibbs Goodwin
    Granger Greaves Hadley Halloran Hammond Hargrove Hartley Haugen Hawkes Hendry Holm Hurst Ibarra Ingram
    Jansen Jarvis Keating Kendrick Kerr Kimani Kirkby Kovac Lacey Langley Larkin Lindqvist Lockwood Lomas
    Lowry Maddox Mahoney Marlow Mbaye Mercer Milburn Monteiro Moreau Mulligan Nakamura Nash Newell Nkemba
    Norwood Novak Okafor Oldham Ortega Osborne Pace Paget Parrish Pemberton Petrov Pickering Pinto Quigley
    Radcliffe Ramsden Redfern Ribeiro Rigby Rowntree Salcedo Sandoval Saunders Seaton Sharpe Sheldon Silva
    Sinclair Skinner Stroud Sutcliffe Tanner Tavares Thorne Toure Tranter Underhill Vance Vasquez Vickers
    Wakefield Walden Weir Whitlock Wilder Winslow Woodcock Yates Yeboah Zielinski
""")


@dataclass(frozen=True)
class Player:
    """A player; `place` is the place in `POSITIONS` that he plays in."""

    id: int
    name: str
    jersey: int
    place: int

    @property
    def named(self) -> dict[str, int | str]:
        """The player as events name him."""
        return {"id": self.id, "name": self.name}


@dataclass(frozen=True)
class Squad:
    """A team on the day: eleven starters in the order of `POSITIONS`, and the bench."""

    team_id: int
    team: str
    starters: tuple[Player, ...]
    bench: tuple[Player, ...]

    @property
    def named(self) -> dict[str, int | str]:
        """The team as events name it."""
        return {"id": self.team_id, "name": self.team}


def squad_of(team: str) -> Squad:
    """Return the players of a team, made from its name alone."""
    team_id = int.from_bytes(blake2b(team.encode(), digest_size=3).digest())
    rng = Random(f"squad/{team}")  # noqa: S311 - a game of chance, not a secret
    places = (*range(len(POSITIONS)), *BENCH_PLACES)
    names = zip(rng.sample(_FIRST, len(places)), rng.sample(_LAST, len(places)), strict=True)
    players = tuple(
        Player(team_id * 100 + jersey, f"{first} {last}", jersey, place)
        for jersey, (place, (first, last)) in enumerate(zip(places, names, strict=True), start=1)
    )
    return Squad(team_id, team, players[: len(POSITIONS)], players[len(POSITIONS) :])
