"""The usual models as forecasters: asked about any situation, and held to the contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from matchcast.events.record import Strengths
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.challenger_forecaster import ChallengerForecaster, fit_forecaster
from matchcast.forecast.challengers import CHALLENGERS, fit_poisson, scenes
from matchcast.forecast.contract import breaches
from matchcast.forecast.forecast import Forecaster, ResultForecaster
from matchcast.forecast.pre_match import Rated
from matchcast.forecast.situation import Situation
from matchcast.forecast.snapshots import MINUTES
from matchcast.forecast.train import rated_sets

GIVEN = Strengths(1.6, 1.1)


@pytest.fixture(scope="module")
def rated(invented: Path) -> Rated:
    return next(one for one in rated_sets(read_archive(invented)) if one.matches.name == "detailed")


@pytest.fixture(scope="module")
def forecasters(rated: Rated) -> Mapping[str, ChallengerForecaster]:
    ratings = load_champion().ratings
    return {name: fit_forecaster(name, rated, ratings) for name in CHALLENGERS}


@pytest.mark.parametrize("name", CHALLENGERS)
def test_each_gives_probabilities_of_anything_and_is_certain_at_the_end(
    forecasters: Mapping[str, ChallengerForecaster], name: str
) -> None:
    forecaster = forecasters[name]
    assert isinstance(forecaster, ResultForecaster)
    assert not isinstance(forecaster, Forecaster), "it knows nothing of goals to come and cannot serve"
    broken = breaches(forecaster)
    assert broken.keys().isdisjoint({"sums to 1", "certain at the end", "answers alike however it is asked"})


@pytest.mark.parametrize("name", ["base rate", "before the match alone", "linear logit", "interaction logit"])
def test_the_contract_says_that_what_was_fitted_for_hosts_does_not_mirror(
    forecasters: Mapping[str, ChallengerForecaster], name: str
) -> None:
    assert "mirrors on neutral ground" in breaches(forecasters[name])


def test_at_the_minutes_of_snapshots_it_answers_as_it_is_judged(rated: Rated) -> None:
    goals = np.log([[GIVEN.home, GIVEN.away]] * len(rated.matches))
    seen = scenes(rated.matches, goals[:, 0] - goals[:, 1], np.logaddexp(goals[:, 0], goals[:, 1]))
    challenger = fit_poisson(seen)
    forecaster = ChallengerForecaster("Poisson", challenger, load_champion().ratings)
    taken = seen.taken
    situations = [
        Situation("A", "B", strengths=GIVEN, period=1 if minute < 45 else 2, minute=minute,
                  home_goals=max(lead, 0), away_goals=max(-lead, 0), home_men=11 + min(men, 0),
                  away_men=11 - max(men, 0))
        for minute, lead, men in zip(taken.minute.tolist(), taken.lead.tolist(), taken.men.tolist(), strict=True)
    ]  # fmt: skip
    assert len(situations) == len(rated.matches) * len(MINUTES)
    assert np.allclose(forecaster.outcomes(situations), challenger(seen), atol=1e-9)


def test_between_snapshots_it_lies_between_them(forecasters: Mapping[str, ChallengerForecaster]) -> None:
    situations = [
        Situation("A", "B", strengths=GIVEN, period=2, minute=minute, home_goals=1)
        for minute in (60, 62, 65, 85, 93, 97)
    ]
    for forecaster in forecasters.values():
        home = [outcome.home for outcome in forecaster.outcomes(situations)]
        assert home[1] == pytest.approx(home[0] + 0.4 * (home[2] - home[0]))
        assert home[3] < home[4] < home[5] < 1.0


def test_extra_time_is_taken_for_the_last_half_hour(forecasters: Mapping[str, ChallengerForecaster]) -> None:
    kick_off = Situation("A", "B", strengths=GIVEN, period=3, minute=90)
    hour = Situation("A", "B", strengths=GIVEN, period=2, minute=60)
    for forecaster in forecasters.values():
        assert forecaster.outcome(kick_off) == pytest.approx(forecaster.outcome(hour))
        assert forecaster.outcome(Situation("A", "B", strengths=GIVEN, period=5, minute=120)).draw == 1.0
