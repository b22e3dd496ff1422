"""The folder of the history: where things are, and how a file gets there whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from matchcast.history.errors import HistoryBusy, HistoryUnwritable, InvalidBatch

_BATCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+@=-]{0,180}")
_ASIDE = ".part"

STREAM, FETCHED, ADDED, DRIFT, RETRAINING = "stream", "fetched", "files", "drift", "retraining"
"""The parts of a history that are written apart from each other: what to lock."""

WORK = ("features", "forecasts", "checks", DRIFT, RETRAINING)
"""The folders in which the steps of pipelines leave what they made, a file or a folder for each batch."""


class HistoryFolder:
    """The folder of the history.

    events/topic=ID/partition=N/FIRST-LAST.parquet   records of the stream, by offset
    events/files/NAME.parquet                        records of event files that were added
    matches/stream/BATCH.parquet                     matches that a batch finished
    matches/stream/_merged.parquet                   those of old batches
    matches/fetched/ORIGIN.parquet                   matches of an open data set or of a folder
    matches/files/NAME.parquet                       matches of event files that were added
    batches/BATCH.json                               what a batch covers, and what came of it
    features, forecasts, checks, drift, retraining   what the steps of pipelines made, by batch
    drift/observed/ORIGIN.json                       what finished matches showed, for drift
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def events(self) -> Path:
        """Where the records are."""
        return self.path / "events"

    @property
    def matches(self) -> Path:
        """Where the matches are."""
        return self.path / "matches"

    def of_stream(self) -> list[Path]:
        """Return the folders that hold what came from the stream."""
        return [*self.events.glob("topic=*"), self.path / "batches", self.matches / STREAM]

    def partition(self, topic_id: str, partition: int) -> Path:
        """Where the records of a partition of a topic are."""
        return self.events / f"topic={topic_id}" / f"partition={partition}"

    def manifest(self, batch: str) -> Path:
        """Where the manifest of a batch is.

        Raises:
            InvalidBatch: the name is not fit for a file.
        """
        return self.path / "batches" / f"{_checked(batch)}.json"

    def matches_of_batch(self, batch: str) -> Path:
        """Where the matches that a batch finished are."""
        return self.matches / STREAM / f"{_checked(batch)}.parquet"

    def work(self) -> Iterator[Path]:
        """Yield what the steps of pipelines made, and what a step that was killed had begun to write."""
        for name in WORK:
            for path in (self.path / name).glob("*"):
                if path.is_file() or name == RETRAINING:
                    yield path

    @property
    def merged_matches(self) -> Path:
        """Where the matches of old batches are; no batch can have its name."""
        return self.matches / STREAM / "_merged.parquet"

    @contextmanager
    def locked(self, what: str, patience: float = 0.0) -> Iterator[None]:
        """Hold a part of the history for this process; the lock ends with the process.

        Args:
            what: `STREAM`, `FETCHED`, `ADDED`, `DRIFT` or `RETRAINING`.
            patience: seconds to wait for another process that holds it.

        Raises:
            HistoryBusy: another process holds it.
        """
        path = self.path / f"{what}.lock"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = path.open("a")
        except OSError as error:
            raise HistoryUnwritable(path, error.strerror or str(error)) from error
        with handle:
            deadline = time.monotonic() + patience
            while not _locks(handle):
                if time.monotonic() >= deadline:
                    raise HistoryBusy(
                        f'Another process is writing the part "{what}" of the history in {self.path}.',
                        hint="wait until it is done; two at once are refused so that nothing counts twice",
                    )
                time.sleep(0.1)
            yield


def _locks(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _checked(batch: str) -> str:
    if not _BATCH.fullmatch(batch):
        raise InvalidBatch(
            f"{batch!r} cannot name a batch.",
            hint="use letters, digits and . _ : + @ = - (at most 181), beginning with a letter or digit",
        )
    return batch


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Give a path to write to; when the block ends well, bring it to the disk and rename it to `target`.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written; `target` is as it was.
    """
    aside = target.with_name(f".{target.name}.{os.getpid()}{_ASIDE}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        sync(aside)
        aside.replace(target)
        sync(target.parent)
    except OSError as error:
        raise HistoryUnwritable(target, error.strerror or str(error)) from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, have reached the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove what a process that was killed had begun to write under a folder; for who holds its lock."""
    for abandoned in folder.rglob(f".*{_ASIDE}"):
        abandoned.unlink(missing_ok=True)
