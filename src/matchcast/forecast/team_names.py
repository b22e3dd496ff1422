"""Team names as people and feeds write them, and the rated team that each means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_DROPPED = frozenset({"fc", "afc", "cf", "sc", "the"})

_ALSO_CALLED = {
    "man utd": "manchester united",
    "man united": "manchester united",
    "man city": "manchester city",
    "spurs": "tottenham hotspur",
    "wolves": "wolverhampton wanderers",
    "west brom": "west bromwich albion",
    "bournemouth": "afc bournemouth",
    "inter": "internazionale",
    "inter milan": "internazionale",
    "ac milan": "milan",
    "paris saint germain": "psg",
    "lyon": "olympique lyonnais",
    "marseille": "olympique marseille",
    "athletic bilbao": "athletic club",
    "alaves": "deportivo alaves",
    "celta": "celta de vigo",
    "celta vigo": "celta de vigo",
    "betis": "real betis",
    "korea republic": "south korea",
    "korea dpr": "north korea",
    "ir iran": "iran",
    "usa": "united states",
    "czechia": "czech republic",
    "turkiye": "turkey",
    "cote d ivoire": "ivory coast",
    "cape verde islands": "cape verde",
    "congo dr": "dr congo",
    "ireland": "republic of ireland",
    "bosnia herzegovina": "bosnia and herzegovina",
    "macedonia": "north macedonia",
    "swaziland": "eswatini",
}


def plain(name: str) -> str:
    """A name without case, accents, punctuation and club suffixes; its common other name resolved."""
    letters = unicodedata.normalize("NFKD", name.replace("&", " and ").casefold())
    words = re.findall(r"[a-z0-9]+", letters.encode("ascii", "ignore").decode())
    kept = " ".join(word for word in words if word not in _DROPPED) or " ".join(words)
    return " ".join(word for word in _ALSO_CALLED.get(kept, kept).split() if word not in _DROPPED)


class TeamNames:
    """Finds the team that a name means among known ones."""

    def __init__(self, known: Iterable[str]) -> None:
        self._by_plain = {plain(name): name for name in known}

    def find(self, name: str) -> str | None:
        """The known team of that name, or the only one whose name begins with all its words; else None."""
        wanted = plain(name)
        if wanted in self._by_plain:
            return self._by_plain[wanted]
        if not wanted:
            return None
        longer = [known for key, known in self._by_plain.items() if key.startswith(wanted + " ")]
        return longer[0] if len(longer) == 1 else None
