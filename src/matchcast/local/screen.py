"""What `matchcast up` shows: one line a step on stdout; on a terminal also a line on stderr that moves."""

from __future__ import annotations

import io
import itertools
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_GREEN, _RED, _YELLOW, _DIM, _PLAIN = "\033[32m", "\033[31m", "\033[33m", "\033[2m", "\033[0m"


class Screen:
    """Prints steps; colours and the moving line only where a person looks on (and NO_COLOR is unset)."""

    def __init__(self, out: TextIO | None = None, progress: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._progress = progress or sys.stderr
        self._colours = self._out.isatty() and "NO_COLOR" not in os.environ
        self._moves = self._progress.isatty()
        self._frames = itertools.cycle(_FRAMES)
        for stream in (self._out, self._progress):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")

    def done(self, name: str, what: str, note: str = "") -> None:
        """Show a step that succeeded."""
        self._step("✔", _GREEN, name, what, note)

    def warn(self, name: str, what: str, note: str = "") -> None:
        """Show a step that went on with a reservation."""
        self._step("!", _YELLOW, name, what, note)

    def failed(self, name: str, what: str, last_lines: Sequence[str] = (), hint: str | None = None) -> None:
        """Show a step that failed, the last lines of its log, and what to do."""
        self._step("✘", _RED, name, what, "")
        for line in last_lines:
            self.line(f"    {line}", dim=True)
        if hint:
            self.line(f"  Try: {hint}")

    def line(self, text: str, *, dim: bool = False) -> None:
        """Show a line as it is."""
        self._clear()
        if dim and self._colours:
            text = f"{_DIM}{text}{_PLAIN}"
        print(text, file=self._out, flush=True)

    def move(self, text: str) -> None:
        """Show what is waited for, in place of what was shown so before; only on a terminal."""
        self._draw(f"{next(self._frames)} {text}")

    def _step(self, mark: str, colour: str, name: str, what: str, note: str) -> None:
        if self._colours:
            mark = f"{colour}{mark}{_PLAIN}"
        self.line(f"{mark} {name:13} {what:26} {note}".rstrip())

    def _clear(self) -> None:
        self._draw("")

    def _draw(self, text: str) -> None:
        if self._moves:
            with suppress(OSError):
                self._progress.write(f"\r\033[K{text}")
                self._progress.flush()
