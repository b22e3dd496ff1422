"""The dynamic programme against what can be worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from matchcast.forecast.artefact import load_champion
from matchcast.forecast.course import BINS, EXTRA_TIME, NORMAL_TIME
from matchcast.forecast.goal_rates import (
    COEFFICIENTS,
    LEADS,
    MOST_LEAD,
    GoalRates,
    lateness,
    state_of,
)
from matchcast.forecast.win_probability import NEAR_LEAD, next_goal_table, result_table, score_table

PLAIN = GoalRates((1 / BINS,) * BINS, (1 / BINS,) * BINS, dict.fromkeys(COEFFICIENTS, 0.0))
HOME, AWAY = 1.6, 1.1


def _poisson(mean: float, goals: int) -> float:
    return math.exp(-mean) * mean**goals / math.factorial(goals)


def _in_bins(rates: GoalRates, men: int = 0) -> np.ndarray:
    return rates.in_bins(np.array([[HOME, AWAY]]), np.array([men]), np.array([False]))


def test_without_effects_of_the_score_goals_are_two_poisson_numbers() -> None:
    table = result_table(_in_bins(PLAIN), NORMAL_TIME)[0]
    pairs = [(i, j, _poisson(HOME, i) * _poisson(AWAY, j)) for i in range(25) for j in range(25)]
    home = sum(chance for i, j, chance in pairs if i > j)
    away = sum(chance for i, j, chance in pairs if i < j)
    assert table[0, MOST_LEAD] == pytest.approx([home, away], abs=1e-6)


def test_scores_to_come_are_two_poisson_numbers_too() -> None:
    table = score_table(_in_bins(PLAIN)[0], NORMAL_TIME, (12, 11))
    expected = [[_poisson(HOME, i) * _poisson(AWAY, j) for j in range(5)] for i in range(5)]
    assert table[0, NEAR_LEAD, :5, :5] == pytest.approx(np.array(expected), abs=5e-5)
    assert table.sum(axis=(2, 3)) == pytest.approx(1.0)


def test_the_next_goal_goes_by_the_rates() -> None:
    table = next_goal_table(_in_bins(PLAIN)[0], NORMAL_TIME)
    any_goal = 1.0 - math.exp(-HOME - AWAY)
    assert table[0, MOST_LEAD] == pytest.approx(
        [any_goal * HOME / (HOME + AWAY), any_goal * AWAY / (HOME + AWAY)], abs=1e-6
    )


@pytest.mark.parametrize("men", [-1, 0, 1])
def test_results_and_scores_come_from_one_match(men: int) -> None:
    rates = load_champion().goal_rates
    in_bins = _in_bins(rates, men)
    results = result_table(in_bins, NORMAL_TIME)[0]
    scores = score_table(in_bins[0], NORMAL_TIME, (14, 14))
    for lead in (-2, -1, 0, 1, 2):
        final = np.subtract.outer(np.arange(14), np.arange(14)) + lead
        for step in (0, 45, 80, 95):
            joint = scores[step, NEAR_LEAD + lead]
            assert joint[final > 0].sum() == pytest.approx(results[step, MOST_LEAD + lead, 0], abs=2e-4)
            assert joint[final < 0].sum() == pytest.approx(results[step, MOST_LEAD + lead, 1], abs=2e-4)


def test_the_whistle_is_certain() -> None:
    for course, in_bins in (
        (NORMAL_TIME, _in_bins(PLAIN)),
        (EXTRA_TIME, PLAIN.in_extra_time(np.array([[HOME, AWAY]]), np.array([0]))),
    ):
        last = result_table(in_bins, course)[0, -1]
        assert set(last.ravel().tolist()) == {0.0, 1.0}


def test_extra_time_has_a_third_of_the_goals() -> None:
    in_bins = PLAIN.in_extra_time(np.array([[HOME, AWAY]]), np.array([0]))
    assert in_bins[0, :, MOST_LEAD].sum(axis=0) == pytest.approx([HOME / 3, AWAY / 3])


def test_training_and_serving_see_the_same_features() -> None:
    from matchcast.forecast.rate_fit import design

    rates = load_champion().goal_rates
    gap = math.log(HOME / AWAY)
    for men in (-2, 0, 3):
        served = _in_bins(rates, men)[0]
        bins, leads = np.divmod(np.arange(BINS * LEADS), LEADS)
        leads = leads - MOST_LEAD
        weights = np.array([rates.coefficients[name] for name in COEFFICIENTS[1:]])
        for side, own, lead, own_gap, own_men in (
            (0, HOME, leads, gap, men),
            (1, AWAY, -leads, -gap, -men),
        ):
            rows = design(bins, lead, np.full(len(bins), own_gap), np.full(len(bins), own_men))
            logs = rates.coefficients["intercept"] + rows @ weights
            trained = np.array(rates.club_shares)[bins] * own * np.exp(logs)
            assert served[bins, leads + MOST_LEAD, side] == pytest.approx(trained)


def test_lateness_rises_through_the_second_half_alone() -> None:
    late = lateness(np.arange(BINS))
    assert late[:10].max() == 0.0
    assert late[-1] == late[-2] == 1.0
    assert np.all(np.diff(late) >= 0.0)


def test_leads_beyond_two_are_one_state() -> None:
    assert state_of(np.array([-9, -2, -1, 0, 1, 2, 9])).tolist() == [0, 0, 1, 2, 3, 4, 4]
