"""How good probabilities were: log loss, Brier score, ranked probability score, calibration error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from matchcast.forecast.archive import Floats, Ints

CALIBRATION_BINS = 15
LATE = 75
BAND = 15
_LEAST = 1e-12


def log_losses(probabilities: Floats, outcomes: Ints) -> Floats:
    """Of each forecast, in nats; (N, 3) and (N,) to (N,)."""
    return -np.log(np.maximum(probabilities[np.arange(len(outcomes)), outcomes], _LEAST))


def brier(probabilities: Floats, outcomes: Ints) -> float:
    """Mean squared error, summed over the three outcomes."""
    return float(((probabilities - np.eye(3)[outcomes]) ** 2).sum(axis=1).mean())


def ranked_probability_score(probabilities: Floats, outcomes: Ints) -> float:
    """Mean squared error of the cumulative probabilities, halved: 0 to 1."""
    missed = np.cumsum(probabilities - np.eye(3)[outcomes], axis=1)[:, :2]
    return float((missed**2).sum(axis=1).mean() / 2.0)


def calibration_error(probabilities: Floats, outcomes: Ints) -> float:
    """Expected calibration error over 15 bins of equal width, the three outcomes pooled."""
    forecast = probabilities.ravel()
    happened = np.eye(3)[outcomes].ravel()
    bins = np.minimum((forecast * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, forecast - happened, CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(forecast))


def reliability(probabilities: Floats, outcomes: Ints) -> list[tuple[float, float, int]]:
    """Mean forecast, frequency and number of forecasts in each bin of `calibration_error` that has any."""
    forecast = probabilities.ravel()
    happened = np.eye(3)[outcomes].ravel()
    bins = np.minimum((forecast * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    sizes = np.bincount(bins, minlength=CALIBRATION_BINS)
    means = np.bincount(bins, forecast, CALIBRATION_BINS) / np.maximum(sizes, 1)
    rates = np.bincount(bins, happened, CALIBRATION_BINS) / np.maximum(sizes, 1)
    return [(float(means[bin_]), float(rates[bin_]), int(sizes[bin_])) for bin_ in np.flatnonzero(sizes)]


def figures(probabilities: Floats, outcomes: Ints, minutes: Ints) -> dict[str, float]:
    """Every figure of some forecasts: `log_loss`, `brier`, `rps`, `ece`, `ece_75`."""
    late = minutes >= LATE
    return {
        "log_loss": float(log_losses(probabilities, outcomes).mean()),
        "brier": brier(probabilities, outcomes),
        "rps": ranked_probability_score(probabilities, outcomes),
        "ece": calibration_error(probabilities, outcomes),
        "ece_75": calibration_error(probabilities[late], outcomes[late]),
    }


def bands(probabilities: Floats, outcomes: Ints, minutes: Ints) -> Mapping[str, dict[str, float]]:
    """Log loss and calibration error of each 15 minutes, by name (`0-14` …)."""
    found = {}
    for start in range(0, 90, BAND):
        within = (minutes >= start) & (minutes < start + BAND)
        found[f"{start}-{start + BAND - 1}"] = {
            "log_loss": float(log_losses(probabilities[within], outcomes[within]).mean()),
            "ece": calibration_error(probabilities[within], outcomes[within]),
        }
    return found
