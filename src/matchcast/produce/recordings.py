"""Recorded matches as moments: their events as they are, at the times that they tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec

from matchcast.events.clock import PERIOD_START
from matchcast.events.record import MatchInfo
from matchcast.produce.playing import Cast
from matchcast.simulate.scribe import BREAKS, Moment
from matchcast.sources.recording import Recording

MATCH_END = "Match End"


def cast_of(recording: Recording) -> tuple[MatchInfo, Callable[[MatchInfo], Cast]]:
    """Return a recording's match, and what plays it under whatever id it gets."""

    def make(match: MatchInfo) -> Cast:
        return Cast(match, partial(moments, recording, match))

    return recording.match, make


def moments(recording: Recording, match: MatchInfo) -> Iterator[Moment]:
    """Yield the events of a recording, each with `match` and no other change, and the end of the match."""
    told = msgspec.to_builtins(match)
    before, period, latest = 0.0, 0, 0.0
    record: dict[str, Any] = {}
    for record in recording.records:
        in_period, seconds = _place(record)
        if in_period > period:
            before += latest + BREAKS[in_period] if period else 0.0
            period, latest = in_period, 0.0
        latest = max(latest, seconds)
        yield Moment(round(before + latest, 3), {**record, "match": told})
    if record and record["type"]["name"] != MATCH_END:
        yield Moment(round(before + latest, 3), {**_end(record, match), "match": told})


def _place(record: dict[str, Any]) -> tuple[int, float]:
    """Return the period of a record, and the seconds since it began."""
    minute, second = record["minute"], record["second"]
    period = record.get("period") or (1 if minute < 45 else 2)
    try:
        hours, minutes, seconds = str(record.get("timestamp")).split(":")
        return period, int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return period, max(0.0, (minute - PERIOD_START[period]) * 60.0 + second)


def _end(last: dict[str, Any], match: MatchInfo) -> dict[str, Any]:
    end: dict[str, Any] = {
        "id": f"{match.id}-end",
        "type": {"name": MATCH_END},
        "team": {"name": match.home_team},
    }
    if isinstance(last.get("index"), int):
        end["index"] = last["index"] + 1
    return {
        **end,
        **{name: last[name] for name in ("period", "timestamp", "minute", "second") if name in last},
    }
