"""An answer that is asked for once for everybody who wants it within some seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from matchcast.dashboard.problems import Problem

T = TypeVar("T")


class BriefAnswer(Generic[T]):
    """Keeps an answer, or the problem that came instead, for some seconds.

    Of many who want it at once one asks and the others wait, so that what is asked sees one request
    however many look, and a part that is down holds up nobody for longer than one try.

    Args:
        ask: Gives the answer; may raise `Problem`.
        seconds: How long it holds.
    """

    def __init__(
        self, ask: Callable[[], T], seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._seconds = seconds
        self._clock = clock
        self._asking = threading.Lock()
        self._until = -float("inf")
        self._answer: T | None = None
        self._problem: Problem | None = None

    def get(self) -> T:
        """Return the answer.

        Raises:
            Problem: what `ask` raised.
        """
        with self._asking:
            if self._clock() >= self._until:
                self._renew()
            if self._problem is not None:
                # Else the traceback of each who was told before would stay on it.
                raise self._problem.with_traceback(None)
            return self._answer  # type: ignore[return-value]

    def expire(self) -> None:
        """Have the next one ask anew."""
        self._until = -float("inf")

    def _renew(self) -> None:
        self._until = float("inf")  # whatever expires it while it is asked for lets it be asked for again
        try:
            self._answer, self._problem = self._ask(), None
        except Problem as problem:
            self._problem = problem
        except BaseException:
            self.expire()
            raise
        if self._until == float("inf"):
            self._until = self._clock() + self._seconds
