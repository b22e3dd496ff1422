"""A history on a disk of its own that nobody else sees, and a process there that runs steps."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RUNNER = Path(__file__).with_name("run_steps.py")
FILLER = "filler"


class SmallDisk:
    """A disk of a few megabytes, mounted for one process alone; it is gone when that ends.

    Args:
        history: where it is mounted, and what the steps take for the history.
        where: options that go before each step.
        megabytes: its size.
    """

    def __init__(self, history: Path, *where: str, megabytes: int = 16) -> None:
        self._history = history
        mount = f'mount -t tmpfs -o size={megabytes}m tmpfs "$0" && exec "$@"'
        runner = [sys.executable, str(RUNNER), "--history", str(history), *where]
        self._process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", mount, str(history), *runner],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    @property
    def path(self) -> Path:
        """The history, as others can reach it."""
        return Path(f"/proc/{self._process.pid}/root{self._history}")

    def run(self, step: str, batch: str) -> dict[str, Any]:
        """Run a step; return its result, or its exit code, message and hint."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(step, batch, file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    @contextmanager
    def full(self) -> Iterator[None]:
        """No byte more finds room."""
        filler = self.path / FILLER
        with filler.open("wb", buffering=0) as file:
            for size in (65_536, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    continue
        yield
        filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nobody may write to it."""
        self._mount("remount,ro")
        yield
        self._mount("remount,rw")

    def bring(self, data: Path) -> None:
        """Take a folder of matches into the history, as `matchcast history fetch --data` does."""
        fetch = [sys.executable, "-m", "matchcast", "history", "--history", str(self._history), "fetch"]
        self._there(*fetch, "--data", str(data))

    def close(self) -> None:
        """End the process, and the disk with it."""
        self._process.communicate(timeout=30)

    def _mount(self, options: str) -> None:
        self._there("mount", "-o", options, str(self._history))

    def _there(self, *command: str) -> None:
        inside = ["nsenter", f"--target={self._process.pid}", "--mount"]
        subprocess.run([*inside, *command], check=True, capture_output=True)
