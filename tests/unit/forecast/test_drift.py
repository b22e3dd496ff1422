"""Drift: it is seen where football changed, and not where chance alone played."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from matchcast.forecast.archive import Flags, Floats, Matches, Moments
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.drift import Drift, Observed, find_drift, observe, stability_index
from matchcast.forecast.in_play import forecasts
from matchcast.forecast.snapshots import snapshots
from matchcast.simulate.play import Kind, Played, play

SEASON = 1520
"""Matches of four leagues in a season."""


def _matches(played: Played) -> Matches:
    """Simulated matches in columns, stoppage folded into the end of its half."""
    count = len(played.score)
    minute = np.minimum(played.second / 60, 45 - 1e-3) + 45 * (played.period - 1)

    def moments(chosen: Flags, side: np.ndarray) -> Moments:  # type: ignore[type-arg]
        order = np.lexsort((minute[chosen], played.match[chosen]))
        return Moments(played.match[chosen][order], minute[chosen][order], side[chosen][order])

    goals = played.kind <= Kind.OWN_GOAL
    return Matches(
        "simulated",
        np.full(count, np.datetime64("2026-01-01")),
        ["Home"] * count,
        ["Away"] * count,
        ["League"] * count,
        np.zeros(count, dtype=bool),
        np.full((count, 2), np.nan),
        moments(goals, played.side),
        moments(~goals, played.side),
    )


def _strengths(seed: int, count: int) -> Floats:
    gaps = np.random.default_rng(1000 + seed).normal(0.18, 0.45, count)
    return np.column_stack((1.38 * np.exp(gaps / 2), 1.26 * np.exp(-gaps / 2)))


def _season(seed: int, count: int = SEASON, home: float = 1.0, away: float = 1.0) -> tuple[Observed, float]:
    """Matches as the champion saw them, and their rate of home wins; `home`, `away`: what it did not know."""
    strengths = _strengths(seed, count)
    matches = _matches(play(strengths * [home, away], np.random.default_rng(seed)))
    rates = load_champion().goal_rates
    forecast = forecasts(rates, strengths, np.zeros(count, dtype=bool), snapshots(matches))
    result = matches.result()
    return observe(matches, forecast, strengths), float((result[:, 0] > result[:, 1]).mean())


@pytest.fixture(scope="module")
def reference() -> Observed:
    return _season(0, 3 * SEASON)[0]


def _fired(drift: Drift) -> set[str]:
    return {sign.name for sign in drift.signs if sign.fires}


def test_a_fall_of_home_wins_like_that_of_2020_fires() -> None:
    """Synthetic matches: .486 of them won at home as in 2016/17, then .399 as in 2020/21."""
    before, won_before = _season(101, 3 * SEASON, home=1.08, away=0.95)
    after, won_after = _season(102, SEASON, home=0.92, away=1.08)
    assert won_before == pytest.approx(0.486, abs=0.015)
    assert won_after == pytest.approx(0.399, abs=0.015)
    drift = find_drift(before, after)
    assert drift.drifted
    assert "home wins" in _fired(drift)


@pytest.mark.parametrize("seed", range(1, 21))
def test_the_simulator_s_own_seeds_do_not_fire(seed: int, reference: Observed) -> None:
    drift = find_drift(reference, _season(seed)[0])
    assert not drift.drifted, [sign.text for sign in drift.signs if sign.fires]
    assert drift.matches == SEASON


def test_more_goals_fire(reference: Observed) -> None:
    assert "goals" in _fired(find_drift(reference, _season(31, home=1.12, away=1.12)[0]))


def test_other_teams_fire(reference: Observed) -> None:
    count = SEASON
    strengths = np.column_stack((np.full(count, 2.4), np.full(count, 0.7)))
    matches = _matches(play(strengths, np.random.default_rng(5)))
    forecast = forecasts(
        load_champion().goal_rates, strengths, np.zeros(count, dtype=bool), snapshots(matches)
    )
    fired = _fired(find_drift(reference, observe(matches, forecast, strengths)))
    assert {"strength gap", "goal difference at 75'"} <= fired
    assert "surprise" not in fired


def test_a_model_that_is_too_sure_is_surprised(reference: Observed) -> None:
    strengths = _strengths(7, SEASON)
    matches = _matches(play(strengths, np.random.default_rng(7)))
    forecast = forecasts(
        load_champion().goal_rates, strengths, np.zeros(SEASON, dtype=bool), snapshots(matches)
    )
    sure = forecast**1.6
    sure /= sure.sum(axis=1, keepdims=True)
    assert "surprise" in _fired(find_drift(reference, observe(matches, sure, strengths)))


def test_shots_and_cards_are_looked_at_where_they_are_known(reference: Observed) -> None:
    strengths = _strengths(8, 400)
    matches = _matches(play(strengths, np.random.default_rng(8)))
    forecast = forecasts(load_champion().goal_rates, strengths, np.zeros(400, dtype=bool), snapshots(matches))
    chance = np.random.default_rng(8)
    then, same, fewer = (chance.poisson(mean, 400) for mean in (23.6, 23.6, 19.0))
    before = observe(matches, forecast, strengths, shots=then, cards=chance.poisson(3.8, 400))
    assert not find_drift(
        before, observe(matches, forecast, strengths, same, chance.poisson(3.8, 400))
    ).drifted
    assert _fired(find_drift(before, observe(matches, forecast, strengths, fewer))) == {"shots"}


def test_few_matches_show_nothing(reference: Observed) -> None:
    drift = find_drift(reference, _season(9, 60)[0])
    assert not drift.drifted
    assert drift.signs == []


def test_the_command_tells_what_it_sees(invented: Path) -> None:
    def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "matchcast", "drift", "--data", str(invented), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    calm = ask("--since", "2011-06-01", "--json")
    assert calm.returncode == 0, calm.stderr
    answer = json.loads(calm.stdout)["international"]
    assert {sign["name"] for sign in answer["signs"]} >= {"strength gap", "home wins", "goals", "surprise"}
    assert not answer["drifted"], answer
    assert "home wins" in ask("--since", "2011-06-01").stdout
    nothing = ask("--since", "2031-01-01")
    assert nothing.returncode == 1
    assert "Try: " in nothing.stderr


def test_the_stability_index_is_that_of_the_books() -> None:
    same = np.array([100, 200, 100])
    assert stability_index(same, same * 3) == 0.0
    shifted = stability_index(np.array([50, 50]), np.array([60, 40]))
    assert shifted == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))
    assert np.isfinite(stability_index(np.array([0, 100]), np.array([50, 50])))
