"""What finished matches show beside their forecasts, kept match by match so that drift can be looked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct, field

from matchcast.forecast.archive import Floats, Ints
from matchcast.forecast.drift import Observed, observe_snapshots
from matchcast.forecast.drift_report import Origin
from matchcast.forecast.snapshots import MINUTES, Snapshots
from matchcast.history.parquet import damaged
from matchcast.history.selection import REPLAY, SIMULATED
from matchcast.history.tables import Match
from matchcast.pipeline.features import RESULTS, Snapshot
from matchcast.pipeline.files import write_json
from matchcast.pipeline.scoring import Scored

REMEMBERED = 100_000
"""Matches that were let go and are known again, by 8 bytes each.

The five simulated matches of one machine make as many in 45 days, six times what the topic keeps.
"""

_ID_BYTES = 8


class Observation(Struct, frozen=True):
    """What one match shows: a row of `Observed`; None is what is not known."""

    source: str
    match_id: str
    model_version: str
    gap: float
    leads: tuple[int, ...]
    home_win: float | None
    goals: float
    surprise: float
    shots: int | None
    cards: int | None


class Record(Struct):
    """The observations of an origin in the order in which they came, but those that were let go.

    `let_go` is what the `REMEMBERED` newest of these are known by, should a late event bring one again.
    `whole_together` is how many blocks are judged in one report: the last that became whole, and those
    before it that no report had told by then. `told` says whether one has told them since.
    """

    matches: list[Observation] = field(default_factory=list)
    let_go: bytes = b""
    whole_together: int = 1
    told: bool = True

    def take(self, observations: Iterable[Observation]) -> None:
        """Add those that are not there yet: a match that is folded anew keeps its place and its row."""
        known = {(one.source, one.match_id) for one in self.matches}
        gone = {self.let_go[start : start + _ID_BYTES] for start in range(0, len(self.let_go), _ID_BYTES)}
        self.matches += [
            one
            for one in observations
            if (one.source, one.match_id) not in known and _short_id(one) not in gone
        ]

    def forget(self, count: int) -> None:
        """Let go of the oldest."""
        gone = self.let_go + b"".join(map(_short_id, self.matches[:count]))
        self.let_go = gone[-_ID_BYTES * REMEMBERED :]
        del self.matches[:count]


def _short_id(one: Observation) -> bytes:
    return blake2b(f"{one.source}\0{one.match_id}".encode(), digest_size=_ID_BYTES).digest()


def read_record(path: Path) -> Record:
    """Read a record; one that is not there yet is empty.

    Raises:
        HistoryDamaged: it cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        return Record()
    except (OSError, msgspec.MsgspecError) as error:
        raise damaged(path, error) from error


def write_record(path: Path, record: Record) -> None:
    """Write a record, whole or not at all.

    Raises:
        HistoryUnwritable: the disk is full or the folder may not be written.
    """
    write_json(path, record)


def observations_of(
    matches: Sequence[Match], snapshots: Sequence[Snapshot], scored: Sequence[Scored]
) -> dict[Origin, list[Observation]]:
    """Return what matches show that have a forecast of each of their snapshots, by origin.

    Replays are left out: they show again what was played before, as often as somebody likes.
    """
    seen: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        seen[snapshot.source, snapshot.match_id].append(snapshot)
    said = {(one.source, one.match_id, one.minute): one for one in scored}
    groups: dict[Origin, list[Match]] = {"real": [], "simulated": []}
    for match in sorted(matches, key=lambda one: (one.kick_off or one.date, one.source, one.match_id)):
        if match.origin != REPLAY and _is_whole(match, seen, said):
            groups["simulated" if match.origin == SIMULATED else "real"].append(match)
    return {origin: _rows(group, seen, said) for origin, group in groups.items() if group}


def _is_whole(
    match: Match,
    seen: Mapping[tuple[str, str], Sequence[Snapshot]],
    said: Mapping[tuple[str, str, int], Scored],
) -> bool:
    forecasts = [said.get((match.source, match.match_id, minute)) for minute in MINUTES.tolist()]
    return (
        len(seen.get((match.source, match.match_id), ())) == len(MINUTES)
        and None not in forecasts
        and forecasts[0] is not None
        and forecasts[0].strengths_home is not None
        and match.home_goals_90 is not None
        and match.away_goals_90 is not None
    )


def _rows(
    matches: Sequence[Match],
    seen: Mapping[tuple[str, str], Sequence[Snapshot]],
    said: Mapping[tuple[str, str, int], Scored],
) -> list[Observation]:
    moments = [
        one
        for match in matches
        for one in sorted(seen[match.source, match.match_id], key=lambda one: one.minute)
    ]
    forecasts = [said[one.source, one.match_id, one.minute] for one in moments]
    before = forecasts[:: len(MINUTES)]
    observed = observe_snapshots(
        Snapshots(
            np.repeat(np.arange(len(matches)), len(MINUTES)),
            np.array([one.minute for one in moments]),
            np.array([one.home_goals - one.away_goals for one in moments]),
            np.array([one.men for one in moments]),
            np.array([RESULTS.index(one.result) for one in moments]),
        ),
        np.array([(one.home, one.draw, one.away) for one in forecasts]),
        np.array([(one.strengths_home, one.strengths_away) for one in before], dtype=np.float64),
        np.array([(match.home_goals_90 or 0) + (match.away_goals_90 or 0) for match in matches]),
        np.array([match.neutral for match in matches]),
    )
    return [
        Observation(
            match.source,
            match.match_id,
            forecast.model_version,
            float(observed.gap[row]),
            tuple(observed.leads[row].tolist()),
            None if match.neutral else float(observed.home_wins[row]),
            float(observed.goals[row]),
            float(observed.surprise[row]),
            None if match.shots is None else len(match.shots),
            None if match.cards is None else len(match.cards),
        )
        for row, (match, forecast) in enumerate(zip(matches, before, strict=True))
    ]


def together(observations: Sequence[Observation]) -> Observed:
    """Return observations as columns."""
    return Observed(
        gap=_column(one.gap for one in observations),
        leads=_leads(observations),
        home_wins=_column(one.home_win for one in observations),
        goals=_column(one.goals for one in observations),
        surprise=_column(one.surprise for one in observations),
        shots=_column(one.shots for one in observations),
        cards=_column(one.cards for one in observations),
    )


def _leads(observations: Sequence[Observation]) -> Ints:
    return np.array([one.leads for one in observations], dtype=np.int64)


def _column(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
