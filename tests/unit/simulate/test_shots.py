"""Shots: their chance falls with distance, and goals come from better chances."""

from __future__ import annotations

from random import Random

import numpy as np

from matchcast.simulate.shots import PENALTY_CHANCE, chance_of, draw_attempt


def test_a_shot_from_nearer_has_a_better_chance() -> None:
    chances = [chance_of((x, 40.0), headed=False, counter=False) for x in (70, 90, 105, 112, 118)]
    assert chances == sorted(chances)


def test_a_header_has_a_worse_chance_than_a_shot_by_foot_from_the_same_place() -> None:
    assert chance_of((110, 40), headed=True, counter=False) < chance_of(
        (110, 40), headed=False, counter=False
    )


def test_both_sides_of_the_goal_are_alike() -> None:
    assert chance_of((108, 30), headed=False, counter=False) == chance_of(
        (108, 50), headed=False, counter=False
    )


def test_every_place_has_a_chance_between_0_and_1() -> None:
    for x in np.linspace(0, 120, 25):
        for y in np.linspace(0, 80, 17):
            assert 0 < chance_of((float(x), float(y)), headed=False, counter=True) < 1


def test_shots_that_score_had_better_chances_than_shots_that_miss() -> None:
    rng = Random(1)
    goals = [draw_attempt(rng, scores=True).chance for _ in range(400)]
    misses = [draw_attempt(rng, scores=False).chance for _ in range(400)]
    assert np.mean(goals) > 2 * np.mean(misses)


def test_the_outcome_is_the_one_asked_for() -> None:
    rng = Random(2)
    assert {draw_attempt(rng, scores=True).outcome for _ in range(50)} == {"Goal"}
    assert "Goal" not in {draw_attempt(rng, scores=False).outcome for _ in range(300)}
    assert draw_attempt(rng, scores=True, penalty=True).chance == PENALTY_CHANCE
