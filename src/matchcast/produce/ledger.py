"""Which matches were played, in few numbers: so no id is given twice, however often producers change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field

from matchcast.simulate.fixtures import SEASON, Fixture, base_id

_PLACE: Final = {base_id(*fixture): place for place, fixture in enumerate(SEASON)}


class Ledger(Struct, omit_defaults=True):
    """How far the fixture list has been played, and what was played beside it.

    Attributes:
        next_fixture: How many fixtures of the list were taken; the list begins again after a season.
        others: Matches played outside the list's order, by the id of the teams' first meeting.
    """

    next_fixture: int = 0
    others: dict[str, int] = field(default_factory=dict)

    def meetings(self, base: str) -> int:
        """Return how often two teams have met, by the id of their first meeting."""
        place = _PLACE.get(base)
        listed = 0
        if place is not None:
            seasons, played = divmod(self.next_fixture, len(SEASON))
            listed = seasons + (place < played)
        return listed + self.others.get(base, 0)

    def next_listed(self) -> Fixture:
        """Return the next fixture of the list, and leave it there."""
        return SEASON[self.next_fixture % len(SEASON)]

    def take_listed(self) -> str:
        """Take the next fixture of the list; return the id of its match."""
        base = base_id(*self.next_listed())
        self.next_fixture += 1
        return numbered(base, self.meetings(base))

    def take(self, base: str) -> str:
        """Note a match outside the list's order; return its id."""
        self.others[base] = self.others.get(base, 0) + 1
        return numbered(base, self.meetings(base))


def numbered(base: str, meeting: int) -> str:
    """Return the id of a meeting: ``man_utd_liverpool``, then ``man_utd_liverpool_2`` …"""
    return base if meeting <= 1 else f"{base}_{meeting}"


def merge(ledgers: Iterable[Ledger]) -> Ledger:
    """Return what several producers know together."""
    merged = Ledger()
    for ledger in ledgers:
        merged.next_fixture = max(merged.next_fixture, ledger.next_fixture)
        for base, count in ledger.others.items():
            merged.others[base] = max(merged.others.get(base, 0), count)
    return merged
