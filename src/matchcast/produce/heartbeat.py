"""What a producer says of itself every two seconds, and when it counts as gone."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec
import psutil
from msgspec import Struct, field

from matchcast.events.record import MatchInfo
from matchcast.produce.ledger import Ledger
from matchcast.stream.topics import PRODUCER_STALE_SECONDS

BEAT_SECONDS: Final = 2.0

State = Literal["running", "stopped"]


class Running(Struct, frozen=True, omit_defaults=True):
    """A match that is being played and has not ended.

    Attributes:
        match: The match; a simulated one can be made again from it.
        since_ms: A time before its first record, in milliseconds since the epoch.
        request_id: The wish that it was played for, if there was one.
    """

    match: MatchInfo
    since_ms: int
    request_id: str | None = None


class Heartbeat(Struct, frozen=True, omit_defaults=True):
    """A producer at a moment. All that another one needs to go on in its place is in it.

    Attributes:
        producer_id: Its own, new at each start.
        host, pid: Where it runs.
        started_at, at: Times in ISO 8601.
        state: Whether it goes on.
        matches: Ids of the matches in `running`.
        running: The matches that it plays; when it has stopped, those that it left unfinished.
        leads: Whether it plays the fixture list and takes wishes for matches.
        ledger: Which matches were played so far, as far as it knows.
        requests_offset: Up to which wish it has read; None when it never read any.
    """

    producer_id: str
    host: str
    pid: int
    started_at: str
    at: str
    state: State
    matches: list[str] = field(default_factory=list)
    running: list[Running] = field(default_factory=list)
    leads: bool = False
    ledger: Ledger = field(default_factory=Ledger)
    requests_offset: int | None = None

    def is_alive(self, heard_ms: int, now_ms: float) -> bool:
        """Say whether the producer still plays; on this host, one that has ended is gone at once.

        Args:
            heard_ms: When this was heard, in milliseconds since the epoch.
            now_ms: The time now.
        """
        if self.state == "stopped" or now_ms - heard_ms > PRODUCER_STALE_SECONDS * 1000:
            return False
        return self.host != host_name() or is_running(self.pid, self.started_at)


_decoder = msgspec.json.Decoder(Heartbeat)


def decode(raw: bytes) -> Heartbeat | None:
    """Read a heartbeat; None when it is not one of ours."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def encode(heartbeat: Heartbeat) -> bytes:
    """Write a heartbeat as JSON."""
    return msgspec.json.encode(heartbeat)


def host_name() -> str:
    """Return the name that this host's producers give."""
    return socket.gethostname()


def is_running(pid: int, started_at: str) -> bool:
    """Say whether a process of this host is the one that started at a time, and not a later one."""
    if pid == os.getpid():
        return True
    try:
        began = psutil.Process(pid).create_time()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    try:
        said = datetime.fromisoformat(started_at).timestamp()
    except ValueError:
        return True
    # A process says when it started a little after it did; a later one began after that.
    return began <= said + 1


def iso_now() -> str:
    """Return the time now, as heartbeats write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
