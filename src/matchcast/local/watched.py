"""A part as the supervisor sees it: how it is, its process, and what is being done for it meanwhile."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from matchcast.errors import MatchcastError
from matchcast.local.folder import PartRecord
from matchcast.local.part import Part
from matchcast.local.processes import Identity

T = TypeVar("T")


class State(StrEnum):
    """How a part is."""

    WAITING = "waiting"
    PREPARING = "preparing"
    STARTING = "starting"
    ONLINE = "online"
    ENDED = "ended"
    FAILED = "failed"


class Background(Generic[T]):
    """A call in a daemon thread, to be asked for its outcome without waiting."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._outcome: T | None = None
        self.error: MatchcastError | OSError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome = self._call()
        except (MatchcastError, OSError) as error:
            self.error = error

    @property
    def done(self) -> bool:
        """Whether the call has returned or raised."""
        return not self._thread.is_alive()

    @property
    def outcome(self) -> T | None:
        """What the call returned; None while it runs or when it raised."""
        return self._outcome


@dataclass
class Watched:
    """A part and how it is going; times are of the monotonic clock."""

    part: Part
    state: State = State.WAITING
    since: float = field(default_factory=time.time)
    doing: str = ""
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    begun: float = 0.0
    asked: float | None = None
    again_at: float = 0.0
    ends: int = 0
    ends_in_a_row: int = 0
    was_ready: bool = False
    called_slow: bool = False
    reason: str = ""
    preparation: Background[None] | None = None
    probe: Background[bool] | None = None

    def become(self, state: State) -> None:
        """Change the state, as of now."""
        self.state, self.since = state, time.time()

    def report(self, doing: str) -> None:
        """Take note of what the preparation is doing."""
        self.doing = doing

    def record(self) -> PartRecord:
        """Return what the state folder is to keep of this part."""
        return PartRecord(
            self.part.name, self.state, self.part.address, self.since, self.ends, self.identity, self.reason
        )
