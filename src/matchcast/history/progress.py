"""How far a fetch is, for people."""

from __future__ import annotations

import sys

import click


class Progress:
    """Says how far a fetch is: on a terminal by one line that is written over, else by tenths."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._open = False
        self._told: tuple[str, int] = ("", -1)

    def of_bytes(self, url: str, done: int, total: int | None) -> None:
        """Say how much of a file is there, in bytes."""
        name = url.partition("?")[0].rsplit("/", 1)[-1]
        of = f" of {total / 1024**2:.1f}" if total else ""
        self._tell(name, f"{done / 1024**2:.1f}{of} MiB", done * 10 // total if total else 0)

    def of_matches(self, what: str, done: int, total: int) -> None:
        """Say how many of all are done."""
        self._tell(what, f"{done} of {total}", done * 10 // total)

    def _tell(self, name: str, text: str, tenth: int) -> None:
        if self._terminal:
            click.echo(f"\r\x1b[K  {name}  {text}", nl=False, err=True)
            self._open = True
        elif (name, tenth) != self._told:
            click.echo(f"  {name}  {text}", err=True)
        self._told = (name, tenth)

    def end(self) -> None:
        """End the line that was written over."""
        if self._open:
            click.echo(err=True)
            self._open = False
