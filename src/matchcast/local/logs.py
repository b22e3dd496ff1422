"""The parts' log files: their last lines, all of them followed at once, and kept from growing."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

MOST_BYTES = 10 * 1024 * 1024
"""Size at which a log is moved to `<name>.log.1`, so that a part takes twice this at most."""
_TAIL_BYTES = 256 * 1024


def last_lines(log: Path, count: int) -> list[str]:
    """Return the last `count` lines of a log, or fewer; none when there is no log."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()[-count:] if count else []
    except FileNotFoundError:
        return []


def shorten(log: Path) -> None:
    """Copy a log that has grown too long aside and empty it.

    The part keeps its file open for appending, so what it writes next is the new log's first line.
    """
    if log.exists() and log.stat().st_size > MOST_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)


def follow(logs: Mapping[str, Path], *, interval: float = 0.2) -> Iterator[tuple[str, str]]:
    """Yield (part, line) of every line that is written from now on; never returns."""
    seen = {name: log.stat().st_size if log.exists() else 0 for name, log in logs.items()}
    pending = dict.fromkeys(logs, b"")
    while True:
        for name, log in logs.items():
            size = log.stat().st_size if log.exists() else 0
            if size < seen[name]:
                seen[name], pending[name] = 0, b""
            if size > seen[name]:
                with log.open("rb") as file:
                    file.seek(seen[name])
                    written = file.read(size - seen[name])
                seen[name] = size
                *lines, pending[name] = (pending[name] + written).split(b"\n")
                for line in lines:
                    yield name, line.decode("utf-8", "replace")
        time.sleep(interval)
