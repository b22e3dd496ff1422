"""How each part of the system is: online, offline, warning or unknown, since when, and why."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

State = Literal["online", "offline", "warning", "unknown"]

SLOTS = 60
SLOT_SECONDS = 60
STALE_SECONDS = 30
"""A reading older than this says nothing of now: the state is unknown."""

_SEVERITY: dict[State, int] = {"online": 0, "unknown": 1, "warning": 2, "offline": 3}
_LETTERS: dict[State, str] = {"online": "o", "unknown": "u", "warning": "w", "offline": "x"}


class Number(Struct, frozen=True):
    """The one number on a component's card."""

    label: str
    value: float | int | str | None


class Reading(Struct, frozen=True):
    """What one look at a component found; the reason is a sentence."""

    state: State
    reason: str
    number: Number | None = None


def worst(states: Iterable[State]) -> State:
    """Return the worst of some states; of none it is unknown."""
    return max(states, key=_SEVERITY.__getitem__, default="unknown")


def iso(at: float | None) -> str | None:
    """Return a Unix time as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class Component:
    """One part of the system: its latest reading, and the worst state in each minute of the last hour.

    Attributes:
        name: What it is called.
        required: Whether this system has it; the state of a part that was never set up is nobody's alarm.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.time, *, required: bool = True) -> None:
        self.name = name
        self.required = required
        self._clock = clock
        self._reading = Reading("unknown", "Not looked at yet.")
        self._read_at: float | None = None
        self._since = clock()
        self._last_success: float | None = None
        self._slots: deque[tuple[int, State]] = deque(maxlen=SLOTS)

    def observe(self, reading: Reading) -> bool:
        """Take a reading; return whether the state changed."""
        now = self._clock()
        changed = reading.state != self.current().state
        if changed:
            self._since = now
        if reading.state == "online":
            self._last_success = now
        self._reading, self._read_at = reading, now
        slot = int(now // SLOT_SECONDS)
        if self._slots and self._slots[-1][0] == slot:
            self._slots[-1] = (slot, worst((self._slots[-1][1], reading.state)))
        else:
            self._slots.append((slot, reading.state))
        return changed

    @property
    def looked_at(self) -> bool:
        """Whether there was a reading at all."""
        return self._read_at is not None

    def current(self) -> Reading:
        """Return the latest reading, or that nothing is known when it is too old."""
        if self._is_stale():
            return Reading("unknown", f"Not looked at since {iso(self._read_at)}.")
        return self._reading

    def _is_stale(self) -> bool:
        return self._read_at is not None and self._clock() - self._read_at > STALE_SECONDS

    def history(self) -> str:
        """Return 60 letters, oldest first: o online, w warning, x offline, u unknown."""
        this = int(self._clock() // SLOT_SECONDS)
        known = dict(self._slots)
        return "".join(_LETTERS[known.get(slot, "unknown")] for slot in range(this - SLOTS + 1, this + 1))

    def lamp(self) -> dict[str, object]:
        """Return what a lamp shows: the state, why, and since when."""
        reading = self.current()
        return {
            "name": self.name,
            "required": self.required,
            "state": reading.state,
            "reason": reading.reason,
            "since": iso(self._read_at if self._is_stale() else self._since),
        }

    def as_json(self) -> dict[str, object]:
        """Return the component as the status page and its JSON show it."""
        return {
            **self.lamp(),
            "last_success": iso(self._last_success),
            "number": self.current().number,
            "history": self.history(),
        }
