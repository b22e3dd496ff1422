"""What can be wrong with a match that is to be simulated."""

from __future__ import annotations

from matchcast.errors import MatchcastError


class NotSimulated(MatchcastError):
    """A match without what the simulator needs to play it."""

    def __init__(self, match_id: str) -> None:
        super().__init__(
            f"Match {match_id} has no seed or no strengths, so it cannot be simulated.",
            hint="name both teams; the seed and the strengths come from `arrange`",
        )
