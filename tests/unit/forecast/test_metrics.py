"""Figures against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from matchcast.forecast.metrics import (
    bands,
    brier,
    calibration_error,
    figures,
    log_losses,
    ranked_probability_score,
)

FORECASTS = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]])
OUTCOMES = np.array([0, 1])


def test_log_loss_is_in_nats() -> None:
    assert log_losses(FORECASTS, OUTCOMES) == pytest.approx([-math.log(0.5), -math.log(0.2)])


def test_log_loss_of_what_was_thought_impossible_is_finite() -> None:
    assert np.isfinite(log_losses(np.array([[0.0, 0.0, 1.0]]), np.array([0]))).all()


def test_brier_is_summed_over_the_three_outcomes() -> None:
    assert brier(FORECASTS, OUTCOMES) == pytest.approx((0.25 + 0.09 + 0.04 + 0.01 + 0.64 + 0.49) / 2)


def test_the_ranked_probability_score_is_halved() -> None:
    first = ((0.5 - 1) ** 2 + (0.8 - 1) ** 2) / 2
    second = (0.1**2 + (0.3 - 1) ** 2) / 2
    assert ranked_probability_score(FORECASTS, OUTCOMES) == pytest.approx((first + second) / 2)


def test_perfect_calibration_has_no_error() -> None:
    forecasts = np.tile([0.5, 0.25, 0.25], (4, 1))
    assert calibration_error(forecasts, np.array([0, 0, 1, 2])) == pytest.approx(0.0)


def test_calibration_error_pools_the_outcomes_in_15_bins() -> None:
    forecasts = np.tile([0.9, 0.06, 0.04], (2, 1))
    gap_high, gap_low = abs(0.9 - 0.5) * 2, abs(0.1 * 2 - 1)
    assert calibration_error(forecasts, np.array([0, 1])) == pytest.approx((gap_high + gap_low) / 6)


def test_bands_split_the_match_into_quarters_of_an_hour() -> None:
    minutes = np.arange(0, 90, 5)
    forecasts = np.tile([0.5, 0.3, 0.2], (18, 1))
    outcomes = np.where(minutes < 15, 0, 2)
    found = bands(forecasts, outcomes, minutes)
    assert list(found) == ["0-14", "15-29", "30-44", "45-59", "60-74", "75-89"]
    assert found["0-14"]["log_loss"] == pytest.approx(-math.log(0.5))
    assert found["75-89"]["log_loss"] == pytest.approx(-math.log(0.2))
    late = figures(forecasts, outcomes, minutes)["ece_75"]
    assert late == pytest.approx(found["75-89"]["ece"])
