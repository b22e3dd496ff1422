"""Set the scales of the simulator's pinned rates: `python -m tests.forecast.simulator.calibrate`.

The effects (score, men, spread) stay as they are in `matchcast.simulate.parameters`; what is fitted here
is what follows from them: the bins, so that goals fall in each as often as in the real season, the
medians of the strengths, so that both teams score as often as the real ones while a strength stays what
it is called (expected goals), and the scale of the red cards. Prints the fields to paste there.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.forecast.simulator.measure import measure_play

from matchcast.simulate.parameters import BINS_PER_HALF, PINNED, Rates
from matchcast.simulate.play import play
from matchcast.simulate.strengths import draw_strengths

ROUNDS = (100_000, 200_000, 400_000, 800_000)


def calibrate(rates: Rates, figures: dict[str, float | dict[str, float]]) -> Rates:
    """Return `rates` with scales that reproduce `figures` (club football of figures.json)."""
    goals = np.array([figures["goals_home"], figures["goals_away"]])
    shares = np.array(list(figures["goal_share_by_bin"].values()))
    reds = np.array([figures["red_per_match"][side] for side in ("home", "away")])
    for round_, matches in enumerate(ROUNDS):
        rng = np.random.default_rng(round_)
        strengths = draw_strengths(matches, rng, rates.spread)
        got = measure_play(play(strengths, rng, rates=rates))
        scale = goals.sum() / got.goals.sum()
        bins = np.ravel(rates.goals.bins) * scale * shares / got.goal_shares
        tilt = goals / got.goals
        tilt *= goals.sum() / (strengths.mean(axis=0) * tilt).sum()
        rates = replace(
            rates,
            spread=replace(rates.spread, median=_round(np.array(rates.spread.median) * tilt, 4)),
            goals=replace(rates.goals, bins=tuple(_round(row, 3) for row in bins.reshape(2, BINS_PER_HALF))),
            reds=replace(rates.reds, cards=_round(np.array(rates.reds.cards) * reds / got.red_cards, 4)),
        )
        print(
            f"{matches:,} matches: goals {got.goals.round(4)}, results {got.results.round(4)}",
            file=sys.stderr,
        )
    return rates


def _round(values: np.ndarray, digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) for value in values)


if __name__ == "__main__":
    folder = Path(os.environ["MATCHCAST_TEST_DATA"])
    fitted = calibrate(PINNED, json.loads((folder / "figures.json").read_text())["club_wyscout_2017_18"])
    print(f"median: {fitted.spread.median}\nbins: {fitted.goals.bins}\ncards: {fitted.reds.cards}")
