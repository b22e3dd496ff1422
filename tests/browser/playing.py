"""A match that a test plays, by the names that it gives."""

from __future__ import annotations

import uuid
from typing import Any

from ..stream.dashboard.producing import Feed


class Match(Feed):
    """Plays one match between two teams."""

    def __init__(self, broker: str, topic: str, home: str, away: str, **info: Any) -> None:
        super().__init__(broker, topic, f"match_{uuid.uuid4().hex[:8]}")
        self.home, self.away = home, away
        self._info = {"id": self.match_id, "home_team": home, "away_team": away, "origin": "replay", **info}
        self.play("Half Start", home)

    @property
    def page(self) -> str:
        """Where the match is on the dashboard."""
        return f"/?match_id={self.match_id}"

    def _next(self, kind: str, team: str, seconds: int, **fields: Any) -> dict[str, Any]:
        return super()._next(kind, team, seconds, **{"match": self._info, **fields})

    def reach(self, minute: int) -> None:
        """Pass the ball about until a minute of the match clock, a pass each half minute."""
        while self.clock < 60 * minute:
            self.play("Pass", self.home if self.clock % 60 < 30 else self.away, seconds=30, location=[90, 40])

    def half_time(self) -> None:
        """End the first half and start the second."""
        for team in (self.home, self.away):
            self.play("Half End", team, period=1)
        self.clock = 45 * 60
        self.play("Half Start", self.home, seconds=0, period=2)

    def finish(self) -> None:
        """Blow the whistle for the last time."""
        self.clock = max(self.clock, 90 * 60)
        for team in (self.home, self.away):
            self.play("Half End", team, period=2)
        self.play("Match End", self.home, period=2)
