"""What the steps of a batch leave in the history's folder, and how one step reads another's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec

from matchcast.history.batches import Manifest, Report, load_manifest
from matchcast.history.files import DRIFT, HistoryFolder, written_aside
from matchcast.history.parquet import connect, damaged
from matchcast.pipeline.errors import StepMissing

T = TypeVar("T")


class BatchFiles:
    """The files of a batch.

    features/BATCH.parquet    the snapshots of its finished matches, as training reads them
    forecasts/BATCH.parquet   what the model API says of each snapshot
    checks/BATCH.json         what was checked of the batch, and what came of it
    drift/BATCH.json          what was known of drift after the batch, by origin
    """

    def __init__(self, history: HistoryFolder, batch: str) -> None:
        self.history = history
        self.batch = batch
        self.matches = history.matches_of_batch(batch)
        self.features = history.path / "features" / f"{batch}.parquet"
        self.forecasts = history.path / "forecasts" / f"{batch}.parquet"
        self.checks = history.path / "checks" / f"{batch}.json"
        self.drift = history.path / DRIFT / f"{batch}.json"

    def drained(self) -> tuple[Manifest, Report]:
        """Return what the batch covers, and what came of draining it.

        Raises:
            StepMissing: it was not drained.
        """
        manifest = load_manifest(self.history, self.batch)
        if manifest is None or manifest.report is None:
            raise StepMissing(self.batch, "drain")
        return manifest, manifest.report

    def read(self, path: Path, kind: type[T], step: str) -> list[T]:
        """Return the rows of one of the files, in their order.

        Raises:
            StepMissing: the step that writes it has not been done.
            HistoryDamaged: it cannot be read.
        """
        if not path.exists():
            raise StepMissing(self.batch, step)
        with connect() as database:
            try:
                lines = database.execute(
                    "SELECT to_json(rows) FROM read_parquet(?) AS rows", [str(path)]
                ).fetchall()
                return [msgspec.json.decode(line, type=kind) for (line,) in lines]
            except (duckdb.Error, msgspec.MsgspecError) as error:
                raise damaged(path, error) from error


def write_json(path: Path, value: Any) -> None:
    """Write a value, whole or not at all.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    with written_aside(path) as aside:
        aside.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2))
