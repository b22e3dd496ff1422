"""Going on with a match that was left: finding in Kafka how far it has come."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from matchcast.events.record import MatchInfo
from matchcast.produce.heartbeat import Running
from matchcast.produce.playing import Cast, Playing, Script, encode_record
from matchcast.simulate.scribe import Moment
from matchcast.stream.errors import KafkaUnavailable
from matchcast.stream.reader import EventReader

_log = logging.getLogger(__name__)

CLOCK_DIFFERENCE_MS: Final = 60_000
"""By how much the clocks of two hosts may differ without an event being overlooked."""
_PATIENCE: Final = 30.0
"""Seconds without any record after which reading back has failed."""
_ABANDONED: Final = "abandoned"


class _Place(msgspec.Struct):
    id: int | str
    minute: int = 0
    second: int = 0
    period: int = 1


_places = msgspec.json.Decoder(_Place)


@dataclass(frozen=True)
class Trace:
    """What Kafka has of a match: the ids of its records, and the last record."""

    ids: frozenset[int | str] = frozenset()
    last: bytes | None = None


def trace(broker: str, topic: str, since_ms: Mapping[str, int]) -> dict[str, Trace]:
    """Read the topic back and return what it has of each match.

    Args:
        broker, topic: Where to read.
        since_ms: For each match id a time before its first record, in milliseconds since the epoch.

    Raises:
        KafkaUnavailable: the topic could not be read to its end.
    """
    if not since_ms:
        return {}
    ids: dict[bytes, set[int | str]] = {match_id.encode(): set() for match_id in since_ms}
    last: dict[bytes, bytes] = {}
    deadline = time.monotonic() + _PATIENCE
    with EventReader(broker, topic, client_id="matchcast-resume") as reader:
        reader.start_at_time(max(0, min(since_ms.values()) - CLOCK_DIFFERENCE_MS))
        while not reader.caught_up:
            records = reader.read(2000)
            if records:
                deadline = time.monotonic() + _PATIENCE
            for record in records:
                if record.key in ids and record.value is not None:
                    event_id = id_of(record.value)
                    if event_id is None:
                        continue  # somebody else's record with this key: no event of ours
                    ids[record.key].add(event_id)
                    last[record.key] = record.value
            if time.monotonic() > deadline:
                raise KafkaUnavailable(
                    broker, reader.problem or f"topic {topic} could not be read to its end"
                )
    return {key.decode(): Trace(frozenset(found), last.get(key)) for key, found in ids.items()}


def id_of(raw: bytes) -> int | str | None:
    """Return the id of a record, None of what is no event."""
    try:
        return _places.decode(raw).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def count_sent(script: Script, found: Trace) -> int | None:
    """Return how many moments of a script are in Kafka; None when other ones are.

    What is there was written in order, so the last record tells how far it goes; that record must be the
    script's own to the byte, or the script is not the one that was played.
    """
    if found.last is None:
        return 0
    sent, last = 0, None
    for place, moment in enumerate(script(), start=1):
        if moment.record["id"] in found.ids:
            sent, last = place, moment.record
    return sent if last is not None and encode_record(last) == found.last else None


def abandon(match: MatchInfo, found: Trace) -> Iterable[Moment]:
    """Yield the end of a match that cannot go on, since its script is not known here."""
    _log.warning("match abandoned: this release plays it differently", extra={"match_id": match.id})
    place = _places.decode(found.last) if found.last else _Place(0)
    record = {
        "id": f"{match.id}-{_ABANDONED}",
        "period": place.period,
        "minute": place.minute,
        "second": place.second,
        "type": {"name": "Match End"},
        "team": {"name": match.home_team},
        "match_end": {"reason": _ABANDONED},
        "match": msgspec.to_builtins(match),
    }
    yield Moment(0.0, record)


def go_on(running: Running, cast: Cast, found: Trace) -> Playing:
    """Return a match that was left, at the first event that Kafka does not have."""
    sent = count_sent(cast.script, found)
    if sent is None:
        match = cast.match
        cast = Cast(match, lambda: iter(abandon(match, found)), cast.request_id)
    playing = Playing(cast, running.since_ms)
    playing.skip_to(sent or 0)
    playing.due = time.monotonic()
    return playing
