"""The gate: a challenger is promoted when it surely wins, and never otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matchcast.forecast.archive import Floats, Matches
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.gate import decide, seconds_a_fixture
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.snapshots import snapshots


@pytest.fixture(scope="module")
def matches(invented: Path) -> Matches:
    found = read_archive(invented).international
    assert found is not None
    return found


def _forecasts(matches: Matches, right: float) -> Floats:
    """Forecasts that give what happened some probability."""
    taken = snapshots(matches)
    found = np.full((len(taken.match), 3), (1 - right) / 2)
    found[np.arange(len(found)), taken.outcome] = right
    return found


def test_a_challenger_that_surely_wins_is_promoted(matches: Matches) -> None:
    decision = decide(_forecasts(matches, 0.5), _forecasts(matches, 0.6), matches)
    assert decision.promote
    assert decision.difference.high < 0
    assert decision.matches == len(matches)
    assert "it wins" in decision.reasons[0]


def test_an_equal_challenger_is_not_promoted(matches: Matches) -> None:
    same = _forecasts(matches, 0.5)
    decision = decide(same, same, matches)
    assert not decision.promote
    assert "does not surely win" in decision.reasons[0]


def test_a_win_by_chance_is_not_enough(matches: Matches) -> None:
    champion = _forecasts(matches, 0.5)
    noise = np.repeat(np.random.default_rng(1).normal(0.0, 0.2, len(matches)), 18)
    challenger = _forecasts(matches, 0.5)
    rows = np.arange(len(challenger))
    challenger[rows, snapshots(matches).outcome] *= np.exp(noise)
    challenger /= challenger.sum(axis=1, keepdims=True)
    assert not decide(champion, challenger, matches).promote


def test_each_other_condition_keeps_the_champion(matches: Matches) -> None:
    champion, challenger = _forecasts(matches, 0.5), _forecasts(matches, 0.6)
    late = snapshots(matches).minute >= 75
    worse_late = np.where(late[:, None], _forecasts(matches, 0.49), challenger)
    for found, keywords, reason in (
        (
            challenger,
            {"faults": ["it jumps", "it lies"]},
            "it breaks the contract: it jumps, and 1 faults more",
        ),
        (challenger, {"seconds": (0.001, 0.0016)}, "it takes 1.60 ms"),
        (worse_late, {}, "in minutes 75-89 its log loss is worse"),
    ):
        decision = decide(champion, found, matches, **keywords)  # type: ignore[arg-type]
        assert not decision.promote
        assert any(reason in said for said in decision.reasons), decision.reasons


def test_worse_calibration_keeps_the_champion(matches: Matches) -> None:
    taken = snapshots(matches)
    shares = np.bincount(taken.outcome, minlength=3) / len(taken.outcome)
    calibrated = np.tile(shares, (len(taken.outcome), 1))
    decision = decide(calibrated, _forecasts(matches, 0.55), matches)
    assert decision.difference.high < 0
    assert not decision.promote
    assert "calibration error" in decision.reasons[0]


def test_few_matches_decide_nothing(matches: Matches) -> None:
    few = matches.only(np.arange(len(matches)) < 150)
    decision = decide(_forecasts(few, 0.5), _forecasts(few, 0.6), few)
    assert not decision.promote
    assert "too few" in decision.reasons[0]


def test_time_is_that_of_a_new_fixture(champion: GoalRateForecaster) -> None:
    assert 1e-5 < seconds_a_fixture(GoalRateForecaster(champion.artefact)) < 1.0
