"""The simulator beside the real season: `MATCHCAST_TEST_DATA=… python -m tests.forecast.simulator.table [SEED]`.

Goals, results and red cards come from 20,000 undressed matches between teams of the real spread of
strengths, the rest from 500 dressed ones. `test_figures` asserts the lines that have a tolerance.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tests.forecast.simulator.dressed import DressedFigures, measure_dressed
from tests.forecast.simulator.measure import PlayFigures, course_of, measure_play, men_effects

from matchcast.simulate.play import play
from matchcast.simulate.strengths import draw_strengths

UNDRESSED, DRESSED = 20_000, 500
MEN_UP, MEN_DOWN = 1.47, 0.69
"""Real effects of a red card on the goal rates; the figures' own rates by men are not adjusted."""


class Line(NamedTuple):
    """A figure, real and simulated; `tolerance` is what their difference may be, None is not asserted."""

    what: str
    real: float
    simulated: float
    tolerance: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.tolerance is None or abs(self.simulated - self.real) <= self.tolerance

    def __str__(self) -> str:
        allowed = "" if self.tolerance is None else f"± {self.tolerance:.4f}"
        mark = "" if self.tolerance is None else "ok" if self.holds else "OUT"
        return f"{self.what:34} {self.real:10.4f} {self.simulated:10.4f}   {allowed:10} {mark}"


def read_figures(folder: Path) -> dict[str, Any]:
    """Return the real figures of club football."""
    figures: dict[str, Any] = json.loads((folder / "figures.json").read_text())["club_wyscout_2017_18"]
    return figures


def undressed_lines(figures: dict[str, Any], seed: int) -> Iterator[Line]:
    """Yield the figures of undressed matches: goals within 3 %, results 1 point, shares half a point."""
    rng = np.random.default_rng(seed)
    strengths = draw_strengths(UNDRESSED, rng)
    played = play(strengths, rng)
    got: PlayFigures = measure_play(played)
    for side, name in enumerate(("home", "away")):
        real = figures[f"goals_{name}"]
        yield Line(f"goals {name}", real, got.goals[side], 0.03 * real)
    for place, (what, name) in enumerate((("home wins", "home"), ("draws", "draw"), ("away wins", "away"))):
        yield Line(what, figures[f"p_{name}"], got.results[place], 0.01)
    for place, (name, real) in enumerate(figures["goal_share_by_bin"].items()):
        yield Line(f"share of goals {name}", real, got.goal_shares[place], 0.005)
    for side, name in enumerate(("home", "away")):
        real = figures["red_per_match"][name]
        yield Line(f"red cards {name}", real, got.red_cards[side], 0.10 * real)
    up, down = men_effects(course_of(played), strengths)
    yield Line("goal rate with a man more, times", MEN_UP, up, 0.12 * MEN_UP)
    yield Line("goal rate with a man less, times", MEN_DOWN, down, 0.12 * MEN_DOWN)
    yield Line("0-0", figures["p_0_0"], got.goalless)
    yield Line("own goals, share", figures["own_goal_share"], got.own_goals)
    yield Line("penalties, share", figures["penalty_goal_share"], got.penalties)
    yield Line("variance of home goals", figures["var_home"], got.variances[0])
    yield Line("variance of away goals", figures["var_away"], got.variances[1])
    late = figures["result_by_minute_and_home_diff"]["75"]
    yield Line("level at 75: draws", late["+0"]["D"], got.level_at_75)
    yield Line("home one up at 75: home wins", late["+1"]["H"], got.one_up_at_75)
    for place, (what, name) in enumerate(
        (
            ("first half, s", "1H_mean"),
            ("second half, s", "2H_mean"),
            ("  deviation", "1H_sd"),
            ("  deviation", "2H_sd"),
        )
    ):
        yield Line(what, figures["half_len_s"][name], got.half_seconds[place])
    yield Line("median minute of red cards", figures["red_per_match"]["median_minute"], got.red_median)


def dressed_lines(figures: dict[str, Any], seed: int) -> Iterator[Line]:
    """Yield the figures of dressed matches: shots within 5 %, cards within 10 %."""
    got: DressedFigures = measure_dressed(DRESSED, seed)
    asserted = {"shots": ("shots_per_team", 0.05), "yellow_cards": ("yellow_per_match", 0.10)}
    told = {
        "shots_on_target": "sot_per_team",
        "xg": "xg_per_team",
        "passes": "passes_per_team",
        "fouls": "fouls_per_team",
        "corners": "corners_per_team",
        "offsides": "offsides_per_team",
    }
    for side, name in enumerate(("home", "away")):
        for statistic, (figure, share) in asserted.items():
            real = figures[figure][name]
            real = real["mean"] if isinstance(real, dict) else real
            yield Line(
                f"{statistic.replace('_', ' ')} {name}", real, got.means[statistic][side], share * real
            )
        for statistic, figure in told.items():
            yield Line(
                f"{statistic.replace('_', ' ')} {name}",
                figures[figure][name]["mean"],
                got.means[statistic][side],
            )
        yield Line(f"substitutions {name}", figures["subs_per_team"], got.means["substitutions"][side])
    yield Line("share of passes, home", figures["home_pass_share"]["mean"], got.means["possession"][0])
    yield Line("  deviation", figures["home_pass_share"]["sd"], got.deviations["possession"][0])
    yield Line("passes completed", figures["pass_accuracy"], got.accuracy)
    yield Line("conversion", figures["shot_conversion_all"], got.conversion)
    yield Line("xG of a shot", figures["xg_per_shot_mean"], got.xg_mean)
    for place, quantile in enumerate(("0.05", "0.25", "0.5", "0.75", "0.95", "0.99")):
        yield Line(
            f"  quantile {quantile}", figures["xg_per_shot_quantiles"][quantile], got.xg_quantiles[place]
        )


def main() -> None:
    """Print the table."""
    figures = read_figures(Path(os.environ["MATCHCAST_TEST_DATA"]))
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"{'seed ' + str(seed):34} {'real':>10} {'simulated':>10}   tolerance")
    for line in (*undressed_lines(figures, seed), *dressed_lines(figures, seed)):
        print(line)


if __name__ == "__main__":
    main()
