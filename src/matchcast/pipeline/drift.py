"""Drift of the matches that the stream brought, looked for at the end of each run and told to all.

The step that looks runs every ten minutes and at each match's end. Over a window that slides with it,
limits of three standard errors would be looked at again and again, and chance would cross them within
weeks. So matches are dealt into blocks of `BLOCK` in the order in which they came, each block is judged
once, when it is whole, beside up to `REFERENCE_BLOCKS` blocks before it, and between two blocks every run
says the same. What is left are three control limits a block. Five simulated matches at thirty times real
time make some 2,200 a day, so 2,400 looks a year: limits of 3 standard errors (.0027 each) would be crossed
by chance six times a year, the `DEVIATIONS` of 4 (.00006) once in seven years. PSI above .1 by chance is
rarer by far: for two blocks of 1,000 it is a chi-square of 50 with 7 degrees of freedom, 1 in 70,000,000.

It takes as many matches to see what is to be seen: home wins vary by .47 a match beyond their forecast, so
a fall by .087 (from .486 to .399, as between 2016/17 and 2020/21) is 5.5 standard errors of a block beside
eight, and over the limit in more than nine of ten. Blocks of 500 would see it in fewer than half.

A batch that makes several blocks whole (the first one of a long topic, or after an outage) has each of
them judged, and the worst is what is told until the next block is whole. So are blocks that became whole
in earlier runs whose report did not reach its topic: each block is told, whatever fails in between. A late event that folds a match
anew adds it no second time, also when its row was let go: see `REMEMBERED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from matchcast.forecast.drift import Drift, find_drift
from matchcast.forecast.drift_report import DriftReport, Origin
from matchcast.history.files import DRIFT
from matchcast.history.tables import Match
from matchcast.pipeline.features import Snapshot
from matchcast.pipeline.files import BatchFiles, write_json
from matchcast.pipeline.observations import (
    Observation,
    Record,
    observations_of,
    read_record,
    together,
    write_record,
)
from matchcast.pipeline.scoring import Scored
from matchcast.pipeline.topics import ensure_topic
from matchcast.settings import Settings
from matchcast.stream.topics import Topics
from matchcast.stream.writer import EventWriter

BLOCK = 1_000
"""Matches that are judged together."""

REFERENCE_BLOCKS = 8
"""Most blocks before it that a block is judged beside; what lasts becomes the reference in time."""

DEVIATIONS = 4.0
"""Control limits in standard errors."""

_ORIGINS: tuple[Origin, Origin] = ("real", "simulated")


def look_for_drift(
    files: BatchFiles, tell: Callable[[Iterable[DriftReport]], None]
) -> dict[Origin, DriftReport]:
    """Take in a batch's matches, report on each origin that has matches, and tell it; keeps both.

    Doing it again takes no match twice, and reports on what is there by then.

    Args:
        files: those of the batch.
        tell: what brings reports to those who want to know; what it raises fails the look, and the next
            one tells what this one could not.

    Raises:
        StepMissing: the batch was not scored.
        HistoryBusy: another process does the same.
        HistoryDamaged: a file cannot be read.
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    found = observations_of(
        files.read(files.matches, Match, "features"),
        files.read(files.features, Snapshot, "features"),
        files.read(files.forecasts, Scored, "score"),
    )
    reports = {}
    with files.history.locked(DRIFT):
        records = {origin: read_record(_record_of(files, origin)) for origin in _ORIGINS}
        for origin, record in records.items():
            if origin in found:
                _take(record, found[origin])
                record.forget(_spent(record))
                write_record(_record_of(files, origin), record)
            if record.matches:
                reports[origin] = report(record, origin, files.batch)
        write_json(files.drift, reports)
        if reports:
            tell(reports.values())
        for origin, record in records.items():
            if not record.told:
                record.told = True
                write_record(_record_of(files, origin), record)
    return reports


def report(record: Record, origin: Origin, batch: str) -> DriftReport:
    """Judge the blocks of a record that became whole last, and tell the worst; it holds at least one match.

    Until two blocks are whole there are no signs, and `matches` counts those that came so far.
    """
    whole = len(record.matches) // BLOCK
    judged = [_judge(record, block) for block in range(max(1, whole - record.whole_together), whole)]
    none = Drift(drifted=False, matches=len(record.matches), reference=0, signs=[])
    drift = max(reversed(judged), key=_how_bad, default=none)
    return DriftReport(
        datetime.now(UTC).isoformat(timespec="seconds"),
        batch,
        origin,
        record.matches[-1].model_version,
        drift.drifted,
        drift.matches,
        drift.reference,
        drift.signs,
    )


def _take(record: Record, observations: Iterable[Observation]) -> None:
    before = len(record.matches) // BLOCK
    record.take(observations)
    if made_whole := len(record.matches) // BLOCK - before:
        record.whole_together = made_whole + (0 if record.told else record.whole_together)
        record.told = False


def _judge(record: Record, block: int) -> Drift:
    """Look for drift in a block, by its place in the record, beside those before it."""
    last = block * BLOCK
    first = max(0, last - REFERENCE_BLOCKS * BLOCK)
    return find_drift(
        together(record.matches[first:last]), together(record.matches[last : last + BLOCK]), DEVIATIONS
    )


def _how_bad(drift: Drift) -> float:
    """How far the sign goes that goes farthest: from 1 on it fires."""
    return max((abs(sign.value) / sign.limit for sign in drift.signs), default=0.0)


def publish(settings: Settings, reports: Iterable[DriftReport]) -> None:
    """Put reports onto their topic, which is made where it is missing.

    Raises:
        KafkaUnavailable: no broker answers.
        UndeliveredRecords: the broker does not take them.
    """
    topic = Topics(events=settings.events_topic).drift_reports
    ensure_topic(settings, topic)
    with EventWriter(settings.kafka_broker, client_id="matchcast-drift", delivery_timeout_s=10) as writer:
        for one in reports:
            writer.write(topic, one.encode(), key=one.key)


def _spent(record: Record) -> int:
    """How many of the oldest matches no block is judged beside, to come or made whole last."""
    whole = len(record.matches) // BLOCK
    return max(0, whole - REFERENCE_BLOCKS - record.whole_together) * BLOCK


def _record_of(files: BatchFiles, origin: Origin) -> Path:
    return files.history.path / DRIFT / "observed" / f"{origin}.json"
