"""Batch scoring: what the model in service says of each snapshot of a batch's matches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing

from msgspec import Struct

from matchcast.forecast.forecast import Outcome
from matchcast.history.parquet import write_rows
from matchcast.history.tables import Column
from matchcast.live.model_api import ModelApi
from matchcast.pipeline.features import Result, Snapshot, situation_of
from matchcast.pipeline.files import BatchFiles

ASKED_AT_ONCE = 2_000
"""Moments in a request: about 1 MB, and far below what the API takes."""

FORECASTS: dict[str, Column] = {
    "source": "VARCHAR",
    "match_id": "VARCHAR",
    "minute": "SMALLINT",
    "home": "DOUBLE",
    "draw": "DOUBLE",
    "away": "DOUBLE",
    "result": "VARCHAR",
    "model_version": "VARCHAR",
    "strengths_home": "DOUBLE",
    "strengths_away": "DOUBLE",
}


class Scored(Struct, frozen=True):
    """A forecast of a snapshot, and the result that came.

    `strengths_*` are the goals that the model expected of each team before the match, told at minute 0.
    """

    source: str
    match_id: str
    minute: int
    home: float
    draw: float
    away: float
    result: Result
    model_version: str
    strengths_home: float | None = None
    strengths_away: float | None = None

    @property
    def log_loss(self) -> float:
        """Its log loss, in nats."""
        return -math.log(max({"home": self.home, "draw": self.draw, "away": self.away}[self.result], 1e-12))


def score(files: BatchFiles, api_url: str) -> list[Scored]:
    """Ask for the forecasts of a batch and keep them; what is kept already is returned as it is.

    Raises:
        StepMissing: the batch has no features yet.
        ForecastUnavailable, ForecastRejected: the API does not answer, or not with forecasts.
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    if files.forecasts.exists():
        return files.read(files.forecasts, Scored, "score")
    snapshots = files.read(files.features, Snapshot, "features")
    with closing(ModelApi(api_url, connections=1)) as api:
        scored = [*_ask_before(api, snapshots), *_ask_during(api, snapshots)]
    write_rows(files.forecasts, FORECASTS, scored)
    return scored


def _ask_before(api: ModelApi, snapshots: Sequence[Snapshot]) -> Iterator[Scored]:
    for some in _in_parts([one for one in snapshots if one.minute == 0]):
        found, version = api.expectations([situation_of(snapshot) for snapshot in some])
        for snapshot, (outcome, strengths) in zip(some, found, strict=True):
            yield _scored(snapshot, outcome, version, strengths.home, strengths.away)


def _ask_during(api: ModelApi, snapshots: Sequence[Snapshot]) -> Iterator[Scored]:
    for some in _in_parts([one for one in snapshots if one.minute > 0]):
        found, version = api.outcomes([situation_of(snapshot) for snapshot in some])
        for snapshot, outcome in zip(some, found, strict=True):
            yield _scored(snapshot, outcome, version)


def _in_parts(snapshots: Sequence[Snapshot]) -> Iterator[Sequence[Snapshot]]:
    for start in range(0, len(snapshots), ASKED_AT_ONCE):
        yield snapshots[start : start + ASKED_AT_ONCE]


def _scored(snapshot: Snapshot, outcome: Outcome, version: str, *strengths: float) -> Scored:
    return Scored(
        snapshot.source, snapshot.match_id, snapshot.minute, *outcome, snapshot.result, version, *strengths
    )
