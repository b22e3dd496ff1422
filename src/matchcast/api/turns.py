"""Long answers that let other requests have their turn."""

from __future__ import annotations

import asyncio
from time import perf_counter

TURN_SECONDS = 0.002
"""How long an answer is worked on before requests that wait are served."""


class Turns:
    """One long answer's use of the event loop."""

    def __init__(self) -> None:
        self._since = perf_counter()

    async def rest(self) -> None:
        """Let others go first, when this answer has had the event loop for its turn."""
        if perf_counter() - self._since > TURN_SECONDS:
            await asyncio.sleep(0)
            self._since = perf_counter()
