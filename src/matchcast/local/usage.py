"""How much memory a part takes, workers included."""

from __future__ import annotations

from contextlib import suppress

import psutil

from matchcast.local.processes import Identity


def resident_bytes(leader: Identity) -> int:
    """Return the resident bytes of a process and its descendants; 0 when it is gone.

    Pages that forked workers share with their parent count once (proportional set size, where the
    kernel tells it).
    """
    if not leader.running():
        return 0
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(leader.pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += getattr(each.memory_full_info(), "pss", 0) or each.memory_info().rss
    return total
