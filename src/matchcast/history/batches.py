"""Batches: what a run takes from the stream, written down once, and what came of it.

A batch's manifest is made before anything is read and is never made again, so that each retry of a
run does the same work. Its report is made when all its records are in history; both are one file.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from msgspec import Struct, field

from matchcast.history.errors import HistoryGap, InvalidBatch, TopicChanged
from matchcast.history.files import HistoryFolder, written_aside
from matchcast.history.segments import Segment, next_offsets, segments_of
from matchcast.stream.topics import TopicView


class Range(Struct, frozen=True):
    """Offsets `first` to `last` of a partition; none, where `last` is the one before `first`."""

    partition: int
    first: int
    last: int


class BrokenRecord(Struct, frozen=True):
    """A record that cannot be read: not in history, but counted."""

    partition: int
    offset: int
    reason: str


class Report(Struct, frozen=True):
    """What came of a batch.

    `events` rows are in history, of `offsets` that the ranges span; `broken` records could not be
    read (the first of them in `broken_records`), `unattributed` ones name no match and had no key.
    `files` are relative to the history's folder; they hold more than the batch where another batch
    had overtaken it, and the counts are of whole files.
    """

    offsets: int
    events: int
    broken: int
    unattributed: int
    broken_records: list[BrokenRecord]
    files: list[str]


class Manifest(Struct):
    """What a batch covers; `lost` are offsets that somebody said to go on without."""

    batch: str
    topic: str
    topic_id: str
    made_at: str
    ranges: list[Range]
    lost: list[Range] = field(default_factory=list)
    report: Report | None = None


_decoder = msgspec.json.Decoder(Manifest)


def load_manifest(history: HistoryFolder, batch: str) -> Manifest | None:
    """Return the manifest of a batch, or None where it has none yet.

    Raises:
        InvalidBatch: the name cannot be used, or the file is not a manifest.
    """
    path = history.manifest(batch)
    try:
        return _decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidBatch(
            f"The manifest {path} cannot be read: {error}.",
            hint="move it away and use another name for the batch: history itself says what comes next",
        ) from error


def save_manifest(history: HistoryFolder, manifest: Manifest) -> None:
    """Write the manifest of a batch."""
    with written_aside(history.manifest(manifest.batch)) as aside:
        aside.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def plan(history: HistoryFolder, batch: str, topic: TopicView, *, accept_gap: bool) -> Manifest:
    """Make the manifest of a batch: all that the topic has and history lacks.

    Raises:
        HistoryGap: offsets that come next are gone from Kafka, and `accept_gap` is false.
        TopicChanged: a partition ends before what is already in history.
    """
    following = next_offsets(history, topic.topic_id)
    ranges, lost = [], []
    for partition, high in sorted(topic.high.items()):
        low = topic.low[partition]
        first = following.get(partition, low)
        if high < first:
            raise TopicChanged(
                f"Partition {partition} of {topic.name} ends at offset {high}, but history holds offsets "
                f"up to {first - 1} of it.",
                hint="Kafka has lost records that it had acknowledged: make the topic anew, "
                "then draining starts at its beginning",
            )
        if low > first:
            lost.append(Range(partition, first, low - 1))
            first = low
        ranges.append(Range(partition, first, high - 1))
    if lost and not accept_gap:
        raise HistoryGap(topic.name, [(gap.partition, gap.first, gap.last) for gap in lost])
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(batch, topic.name, topic.topic_id, made_at, ranges, lost)


def segments_of_batch(history: HistoryFolder, manifest: Manifest) -> list[Segment]:
    """Return the segments that hold records of a batch."""
    found = segments_of(history, manifest.topic_id)
    return [
        segment
        for wanted in manifest.ranges
        for segment in found.get(wanted.partition, ())
        if segment.overlaps(wanted.first, wanted.last)
    ]
