"""Bytes of a file that may be compressed."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from matchcast.sources.errors import UnreadableFile

MAX_BYTES = 512 * 1024**2
"""Longest file that is read, after unpacking: a hundred times the longest real one."""


def read_bytes(path: Path) -> bytes:
    """Return the contents of a file, unpacked when its name ends in ``.gz``.

    Raises:
        UnreadableFile: it is not there, may not be read, is damaged or is far too long.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as file:
                contents = file.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as plain:
                contents = plain.read(MAX_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(
            path, f"it is not whole gzip data ({error})", hint="fetch the file again, or unpack it by hand"
        ) from error
    except OSError as error:
        raise UnreadableFile(
            path,
            (error.strerror or str(error)).lower(),
            hint="check the path, and that you may read the file",
        ) from error
    if len(contents) > MAX_BYTES:
        raise UnreadableFile(
            path, f"it is longer than {MAX_BYTES // 1024**2} MiB", hint="give the file of a single match"
        )
    return contents
