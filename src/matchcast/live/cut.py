"""A cut through the running matches: all of them as they were at one moment, encoded bit by bit.

Encoding thousands of matches at a stretch would hold up everything else. So they are encoded in
short steps; a match that is about to change is encoded first, so that all are of the same moment.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from matchcast.live.running import RunningMatch


class Cut:
    """The matches at the moment when the cut was begun.

    Args:
        matches: all matches.
        previous: the encoded matches of the cut before, by id and version; those are taken over.
    """

    def __init__(self, matches: Iterable[RunningMatch], previous: Mapping[str, tuple[int, bytes]]) -> None:
        self.encoded: dict[str, tuple[int, bytes]] = {}
        self._left: dict[str, RunningMatch] = {}
        for match in matches:
            known = previous.get(match.match_id)
            if known is not None and known[0] == match.version:
                self.encoded[match.match_id] = known
            else:
                self._left[match.match_id] = match

    def keep(self, match: RunningMatch) -> None:
        """Encode a match that is about to change, unless it is done."""
        if self._left.pop(match.match_id, None) is not None:
            self.encoded[match.match_id] = (match.version, match.save())

    def step(self, seconds: float) -> bool:
        """Go on encoding for about so long; return whether all is done."""
        until = time.perf_counter() + seconds
        while self._left:
            _, match = self._left.popitem()
            self.encoded[match.match_id] = (match.version, match.save())
            if time.perf_counter() >= until:
                break
        return not self._left
