"""Keeps the running matches on disk, so that a restart forgets nothing and is quick."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from matchcast.live.cut import Cut
from matchcast.live.running import RunningMatch, saved_schema
from matchcast.live.tracker import Head, Tracker
from matchcast.stream.checkpoints import CheckpointStore

log = logging.getLogger(__name__)

SHELF_SECONDS = 8 * 86_400
"""How long a checkpoint is of use: the week that Kafka keeps events, and a day."""

_SHARE = 0.05
"""Most of the time that making checkpoints may take: one that took a second is followed by 20 without."""


class _Manifest(Struct):
    topic: str
    topic_id: str
    offsets: dict[int, int]
    head: Head


class Kept(NamedTuple):
    """What a checkpoint held: the matches, the next offset of each partition, and of which topic."""

    tracker: Tracker
    offsets: dict[int, int]
    topic_id: str


def schema() -> str:
    """Return the name of what the checkpoints hold; it changes by itself when one of the types does."""
    shape = msgspec.json.encode([msgspec.json.schema(_Manifest), saved_schema()], order="sorted")
    return f"live-{hashlib.sha256(shape).hexdigest()[:12]}"


class Keeper:
    """Makes checkpoints, one at a time: `begin`, `step` until it is encoded, then `save` off the loop.

    Args:
        folder: where they are kept; each schema has a file of its own.
        topic: the topic that the matches are from.
        seconds: least time between two.
    """

    def __init__(self, folder: Path, topic: str, seconds: float) -> None:
        name = schema()
        self._folder = folder
        self._store = CheckpointStore(folder / f"{name}.checkpoint", name)
        self._topic = topic
        self._seconds = seconds
        self._not_before = time.monotonic() + seconds
        self._began = 0.0
        self._encoded: dict[str, tuple[int, bytes]] = {}
        self._manifest = b""
        self._cut: Cut | None = None
        self._kept_at = -1

    def load(self) -> Kept | None:
        """Return the newest checkpoint that can be believed, or None; the log says why not."""
        self._forget_others()
        loaded = self._store.load()
        if loaded.parts is None:
            return None
        try:
            manifest = msgspec.msgpack.decode(loaded.parts[0], type=_Manifest)
            if manifest.topic != self._topic:
                log.warning("the checkpoint is of topic %s and not used", manifest.topic)
                return None
            matches = [RunningMatch.restore(part) for part in loaded.parts[1:]]
        except msgspec.DecodeError as error:
            log.warning("a checkpoint is refused: %s", error, extra={"path": str(self._store.path)})
            return None
        return Kept(Tracker.restore(manifest.head, matches), manifest.offsets, manifest.topic_id)

    def _forget_others(self) -> None:
        """Delete what other releases kept, once Kafka does not have the records that follow it any more."""
        for file in self._folder.glob("live-*.checkpoint*"):
            with contextlib.suppress(OSError):
                if time.time() - file.stat().st_mtime > SHELF_SECONDS:
                    file.unlink()

    @property
    def encoding(self) -> bool:
        """Whether one is begun and not yet encoded."""
        return self._cut is not None

    def due(self, tracker: Tracker) -> bool:
        """Whether another should be begun: something changed, and the last one is long enough ago."""
        if self._cut is not None or time.monotonic() < self._not_before:
            return False
        return _age(tracker) != self._kept_at

    def begin(self, tracker: Tracker, offsets: dict[int, int], topic_id: str) -> None:
        """Begin one of this moment; `step` has to follow, with the tracker locked like this call."""
        self._began = time.monotonic()
        self._not_before = float("inf")
        self._kept_at = _age(tracker)
        self._manifest = msgspec.msgpack.encode(_Manifest(self._topic, topic_id, offsets, tracker.head()))
        self._cut = tracker.cut = Cut(tracker, self._encoded)

    def step(self, tracker: Tracker, seconds: float) -> bool:
        """Encode for about so long; return whether it can be saved now."""
        if self._cut is None or not self._cut.step(seconds):
            return False
        self._encoded = self._cut.encoded
        self._cut = tracker.cut = None
        return True

    def save(self) -> None:
        """Write what was encoded to disk. A failure is logged: the one before stays."""
        try:
            size = self._store.save([self._manifest, *(blob for _, blob in self._encoded.values())])
        except OSError as error:
            log.warning("no checkpoint can be written: %s", error, extra={"path": str(self._store.path)})
            size = 0
        took = time.monotonic() - self._began
        self._not_before = time.monotonic() + max(self._seconds, took / _SHARE)
        log.debug("checkpoint", extra={"bytes": size, "seconds": round(took, 3)})


def _age(tracker: Tracker) -> int:
    """A number that grows with every change."""
    return sum(match.version for match in tracker) + tracker.counters.records
