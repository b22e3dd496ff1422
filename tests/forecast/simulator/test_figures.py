"""The simulator reproduces the figures of real club football, whichever seed it is given."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.forecast.simulator.table import dressed_lines, read_figures, undressed_lines


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_goals_results_and_red_cards_of_20_000_matches_are_those_of_the_real_season(
    real_data: Path, seed: int
) -> None:
    out = [str(line) for line in undressed_lines(read_figures(real_data), seed) if not line.holds]
    assert out == []


def test_shots_and_cards_of_500_dressed_matches_are_those_of_the_real_season(real_data: Path) -> None:
    out = [str(line) for line in dressed_lines(read_figures(real_data), 1) if not line.holds]
    assert out == []
