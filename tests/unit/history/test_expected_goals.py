"""Our expected goals: near what happened, and sensible where nobody has shot from."""

from __future__ import annotations

import csv
import gzip
import math
from collections import defaultdict
from pathlib import Path

import pytest

from matchcast.history.expected_goals import distance_and_angle, expected_goals


def test_the_penalty_spot_is_where_it_is() -> None:
    distance, angle = distance_and_angle(100 - 11 / 105 * 100, 50)
    assert distance == pytest.approx(11)
    assert angle == pytest.approx(2 * math.atan(3.66 / 11))


def test_nearer_and_straighter_is_better_and_a_header_is_worse() -> None:
    def chance(x: float, y: float, head: bool = False, counter: bool = False) -> float:
        return expected_goals("open", x, y, head=head, counter=counter)

    assert chance(95, 50) > chance(88, 50) > chance(70, 50)
    assert chance(90, 50) > chance(90, 70) > chance(90, 95)
    assert chance(92, 50) > chance(92, 50, head=True)
    assert chance(92, 50) < chance(92, 50, counter=True)
    for x, y in ((100, 50), (100, 0), (0, 0), (50, 100)):
        assert 0 <= chance(x, y) <= 1


def test_goals_that_are_expected_are_goals_that_were_scored(open_data: Path) -> None:
    sums: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    with gzip.open(open_data / "detailed_shots.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            head, counter, goal = (row[name] in ("1", "true") for name in ("head", "counter", "goal"))
            xg = expected_goals(row["kind"], float(row["x"]), float(row["y"]), head=head, counter=counter)
            band = f"{row['kind']} {min(int(xg * 10), 6)}"
            for place, value in enumerate((xg, float(goal), xg * (1 - xg))):
                sums[band][place] += value
    for band, (expected, scored, variance) in sums.items():
        assert scored == pytest.approx(expected, abs=3.3 * math.sqrt(variance) + 1), band
