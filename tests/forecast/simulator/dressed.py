"""Figures of dressed matches, taken from what their events fold to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from matchcast.events.record import Event, MatchInfo, Strengths
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise
from matchcast.match.view import SideStatistics
from matchcast.simulate.match import simulate
from matchcast.simulate.strengths import draw_strengths

COUNTED = tuple(name for name in SideStatistics.__struct_fields__)


@dataclass(frozen=True)
class DressedFigures:
    """Means a match and team; pairs are (home, away).

    Attributes:
        means, deviations: Of each statistic of a side, by its name.
        accuracy: Share of the passes that were completed.
        conversion: Share of the shots that were goals.
        xg_mean: Chance of a shot.
        xg_quantiles: Its quantiles at 5, 25, 50, 75, 95 and 99 %.
        events: Events a match: least, mean, most.
    """

    means: dict[str, NDArray[np.float64]]
    deviations: dict[str, NDArray[np.float64]]
    accuracy: float
    conversion: float
    xg_mean: float
    xg_quantiles: NDArray[np.float64]
    events: tuple[int, float, int]


def simulated_matches(matches: int, seed: int, *, knockout: bool = False) -> Iterator[MatchInfo]:
    """Yield matches between teams of the real spread of strengths."""
    for number, (home, away) in enumerate(draw_strengths(matches, np.random.default_rng(seed))):
        yield MatchInfo(
            id=f"m{number}",
            home_team="Home",
            away_team="Away",
            strengths=Strengths(float(home), float(away)),
            knockout=knockout,
            origin="simulated",
            seed=seed * 1_000_000 + number,
        )


def fold(match: MatchInfo) -> Summary:
    """Simulate a match and return what its events fold to."""
    state = MatchState(match.id, match)
    for moment in simulate(match):
        assert state.apply(msgspec.convert(moment.record, Event))
    return summarise(state)


def measure_dressed(matches: int, seed: int) -> DressedFigures:
    """Simulate, fold and count."""
    summaries = [fold(match) for match in simulated_matches(matches, seed)]
    counts = {
        name: np.array(
            [[getattr(s.statistics.home, name), getattr(s.statistics.away, name)] for s in summaries]
        )
        for name in COUNTED
    }
    shots = [shot for summary in summaries for shot in summary.shots]
    xg = np.array([shot.xg for shot in shots])
    events = [summary.events for summary in summaries]
    return DressedFigures(
        means={name: values.mean(axis=0) for name, values in counts.items()},
        deviations={name: values.std(axis=0) for name, values in counts.items()},
        accuracy=float(counts["passes_completed"].sum() / counts["passes"].sum()),
        conversion=float(np.mean([shot.goal for shot in shots])),
        xg_mean=float(xg.mean()),
        xg_quantiles=np.quantile(xg, [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]),
        events=(min(events), float(np.mean(events)), max(events)),
    )
