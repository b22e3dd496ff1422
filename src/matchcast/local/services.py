"""Parts that belong together as a service: ready and shown as one, given up while the rest goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from matchcast.local.processes import signal_group
from matchcast.local.screen import Screen
from matchcast.local.watched import State, Watched


def note_ready(service: str, watched: Iterable[Watched], screen: Screen) -> None:
    """Show a service as one line, with its first part's address, once all its parts have been ready."""
    members = [one for one in watched if one.part.service == service]
    if all(one.was_ready for one in members):
        head = members[0].part
        took = f"{time.monotonic() - members[0].begun:.1f} s"
        screen.done(service, head.address, f"{took:8}{head.note}")


def give_up(
    failed: Watched, watched: Mapping[str, Watched], end: Callable[[Watched], None], reason: str
) -> None:
    """Leave a part of a service, and what waits for it, until the next start; the rest goes on.

    Args:
        failed: The part.
        watched: All parts by name.
        end: Ends one that runs.
        reason: Why, as the status tells it.
    """
    failed.reason = reason
    failed.become(State.FAILED)
    for other in watched.values():
        if failed.part.name in (*other.part.needs, *other.part.after):
            end(other)
            other.reason = f"needs {failed.part.name}"
            other.become(State.FAILED)


def ask_rest_to_end(ended: Watched, running: Sequence[Watched]) -> None:
    """Ask what is left of a part's service to end, all at once: it needs no order."""
    for other in running:
        if other.part.service and other.part.service == ended.part.service:
            ask_to_end(other)


def ask_to_end(watched: Watched) -> float:
    """Ask a part once to end; return when that was, by the monotonic clock."""
    if watched.asked is None:
        watched.asked = time.monotonic()
        if watched.process is not None:
            signal_group(watched.process.pid, signal.SIGTERM)
    return watched.asked
