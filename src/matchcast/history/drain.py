"""The stream into history, each record once, whenever and however often a drain is cut short.

History is the offset store: a file's name says which offsets it holds, it is written aside, brought
to the disk and renamed, and the next one starts at the offset after the last. So a record is in
history exactly when the file of its offset is there, and no second store can disagree.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

import msgspec

from matchcast.history.batches import (
    BrokenRecord,
    Manifest,
    Range,
    Report,
    load_manifest,
    plan,
    save_manifest,
    segments_of_batch,
)
from matchcast.history.columns import KEPT_BROKEN, EventColumns
from matchcast.history.errors import HistoryGap, TopicChanged
from matchcast.history.files import STREAM, HistoryFolder, sweep, written_aside
from matchcast.history.parquet import read_facts, write_events
from matchcast.history.segments import files_of, next_offsets, path_of
from matchcast.stream.client import StreamRecord
from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.reader import EventReader
from matchcast.stream.topics import Observer

log = logging.getLogger(__name__)

MOST_BUFFERED = 128 * 1024**2
"""Bytes of values that are held before the fullest partition is written out."""

MOST_READ = 1_000
"""Records that are taken from the reader at a time."""


def drain(
    history: HistoryFolder,
    broker: str,
    topic: str,
    batch: str,
    *,
    accept_gap: bool = False,
    patience: float = 30,
    most_buffered: int = MOST_BUFFERED,
) -> Manifest:
    """Bring into history what a batch covers; return its manifest with the report.

    A new batch covers all that the topic has when the batch is first heard of and history lacks.
    One that was begun goes on where it ended; one that is done is returned as it is.

    Args:
        accept_gap: write down as lost what Kafka no longer has, and go on after it.
        patience: seconds without a record after which reading is given up.
        most_buffered: bytes that are held in memory before a file is written.

    Raises:
        KafkaUnavailable, UnknownTopic: the topic cannot be read.
        HistoryBusy: another drain runs.
        HistoryGap: Kafka no longer has records that come next.
        TopicChanged: the topic was made anew since the batch began, or became shorter.
        HistoryUnwritable: the disk is full or the folder may not be written.
        HistoryDamaged: the files of the history do not fit together.
    """
    history.manifest(batch)
    with history.locked(STREAM):
        for folder in history.of_stream():
            sweep(folder)
        manifest = load_manifest(history, batch)
        if manifest is None:
            manifest = plan(history, batch, Observer(broker).describe(topic), accept_gap=accept_gap)
            save_manifest(history, manifest)
        if manifest.report is None:
            _mark_lost(history, manifest)
            pending = _pending(history, manifest)
            if pending:
                _require_same_topic(broker, manifest)
                _Drain(history, manifest, pending, most_buffered).run(broker, patience)
            manifest.report = _report(history, manifest)
            save_manifest(history, manifest)
    return manifest


def _mark_lost(history: HistoryFolder, manifest: Manifest) -> None:
    for gap in manifest.lost:
        mark = path_of(history, manifest.topic_id, gap.partition, gap.first, gap.last).with_suffix(".lost")
        following = next_offsets(history, manifest.topic_id).get(gap.partition, gap.first)
        if following == gap.first:
            log.error("offsets %d to %d are lost", gap.first, gap.last, extra={"partition": gap.partition})
            with written_aside(mark) as aside:
                aside.touch()


def _pending(history: HistoryFolder, manifest: Manifest) -> dict[int, Range]:
    """Return what of a batch is not in history yet, by partition."""
    following = next_offsets(history, manifest.topic_id)
    pending = {}
    for wanted in manifest.ranges:
        first = max(wanted.first, following.get(wanted.partition, wanted.first))
        if first <= wanted.last:
            pending[wanted.partition] = Range(wanted.partition, first, wanted.last)
    return pending


def _require_same_topic(broker: str, manifest: Manifest) -> None:
    found = Observer(broker).describe(manifest.topic).topic_id
    if found != manifest.topic_id:
        raise TopicChanged(
            f"{manifest.topic} was made anew since batch {manifest.batch} began; the rest of the batch is gone.",
            hint="start a batch of another name; it takes the new topic from its beginning",
        )


class _Drain:
    """One pass over what is pending."""

    def __init__(
        self, history: HistoryFolder, manifest: Manifest, pending: dict[int, Range], most_buffered: int
    ) -> None:
        self._history = history
        self._manifest = manifest
        self._pending = pending
        self._most_buffered = most_buffered
        self._first = {partition: wanted.first for partition, wanted in pending.items()}
        self._buffers = {partition: self._new_buffer() for partition in pending}

    def _new_buffer(self) -> EventColumns:
        return EventColumns(self._manifest.topic_id)

    def run(self, broker: str, patience: float) -> None:
        with EventReader(broker, self._manifest.topic, client_id="matchcast-drain") as reader:
            # Of what is done already, only what has come since is read, and dropped.
            ends = {wanted.partition: wanted.last + 1 for wanted in self._manifest.ranges}
            reader.start_at({**ends, **self._first})
            deadline = time.monotonic() + patience
            while self._pending:
                records = reader.read(MOST_READ, 0.25)
                self._require_no_gap(reader)
                if self._take(records):
                    deadline = time.monotonic() + patience
                elif time.monotonic() > deadline:
                    raise KafkaUnavailable(
                        broker, reader.problem or f"no record within {patience:g} s that should be there"
                    )
                self._write_what_is_done(reader.offsets)

    def _require_no_gap(self, reader: EventReader) -> None:
        gaps = [
            (gap.partition, gap.start, gap.end - 1) for gap in reader.gaps if gap.partition in self._pending
        ]
        if gaps:
            raise HistoryGap(self._manifest.topic, gaps)

    def _take(self, records: Iterable[StreamRecord]) -> bool:
        """Buffer the records that are of this batch; say whether there was one."""
        taken = False
        for record in records:
            wanted = self._pending.get(record.partition)
            if wanted is not None and wanted.first <= record.offset <= wanted.last:
                self._buffers[record.partition].take(record)
                taken = True
        return taken

    def _write_what_is_done(self, positions: dict[int, int]) -> None:
        for partition in [p for p, wanted in self._pending.items() if positions[p] > wanted.last]:
            self._write(partition, self._pending.pop(partition).last)
        while sum(buffer.bytes for buffer in self._buffers.values()) > self._most_buffered:
            fullest = max(self._buffers, key=lambda partition: self._buffers[partition].bytes)
            self._write(fullest, positions[fullest] - 1)

    def _write(self, partition: int, last: int) -> None:
        buffer, first = self._buffers[partition], self._first[partition]
        path = path_of(self._history, self._manifest.topic_id, partition, first, last)
        write_events(path, buffer.columns, buffer.facts)
        log.info("%d events into history", len(buffer), extra={"partition": partition, "offset": last})
        self._buffers[partition] = self._new_buffer()
        self._first[partition] = last + 1


def _report(history: HistoryFolder, manifest: Manifest) -> Report:
    """Count what is in the files of a batch: so the report is right whoever wrote them."""
    events = broken = unattributed = 0
    examples: list[BrokenRecord] = []
    files = []
    for path in files_of(segments_of_batch(history, manifest)):
        facts = read_facts(path)
        events += int(facts["rows"])
        broken += int(facts["broken"])
        unattributed += int(facts["unattributed"])
        examples += msgspec.json.decode(facts["broken_records"], type=list[BrokenRecord])
        files.append(str(path.relative_to(history.path)))
    return Report(
        sum(wanted.last - wanted.first + 1 for wanted in manifest.ranges),
        events,
        broken,
        unattributed,
        examples[:KEPT_BROKEN],
        files,
    )
