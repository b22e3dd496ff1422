"""Training and judging on real matches: the figures that the documentation states."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matchcast.forecast.against import Challenged
from matchcast.forecast.archive import Archive
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import Artefact, load_champion
from matchcast.forecast.challenger_forecaster import broken_properties
from matchcast.forecast.contract import check_forecaster
from matchcast.forecast.drift_report import Sign
from matchcast.forecast.drift_since import drift_since
from matchcast.forecast.evaluate import evaluate
from matchcast.forecast.evaluation import Evaluated, Judgement
from matchcast.forecast.held_out import judge_held_out
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.train import rated_sets, train

SPLIT = np.datetime64("2019-03-21")


@pytest.fixture(scope="module")
def archive(real_data: Path) -> Archive:
    return read_archive(real_data)


@pytest.fixture(scope="module")
def model(archive: Archive) -> Artefact:
    return train(archive.between(None, SPLIT))


@pytest.fixture(scope="module")
def judged(model: Artefact, archive: Archive) -> Judgement:
    judgement = evaluate(model, archive, since=SPLIT, until=np.datetime64("2022-06-10"))["international"]
    assert judgement is not None
    return judgement


def test_internationals_after_the_split_are_forecast_as_well_as_documented(judged: Judgement) -> None:
    assert judged.matches == 1620
    assert judged.known == 0
    assert judged.log_loss < 0.6230
    assert judged.rps < 0.1112
    assert judged.ece < 0.009
    assert judged.ece_75 < 0.009


def test_the_baselines_are_those_of_the_protocol(judged: Judgement) -> None:
    base, table = judged.baselines["base_rate"], judged.baselines["minute_by_lead"]
    assert (base.log_loss, base.brier) == pytest.approx((1.0589, 0.6402), abs=1e-4)
    assert (base.rps, base.ece) == pytest.approx((0.2330, 0.0176), abs=1e-4)
    assert (table.log_loss, table.brier) == pytest.approx((0.7372, 0.4305), abs=2e-4)
    assert (table.ece, table.ece_75) == pytest.approx((0.0083, 0.0038), abs=2e-4)
    assert judged.baselines["pre_match"].log_loss < 0.8084, "no better than plain Elo"


def test_club_matches_of_a_league_that_was_held_back_are_forecast_as_well(model: Artefact) -> None:
    detailed = model.card.metrics["detailed"]
    assert detailed["held_back"] == "England / France / Italy / Spain"
    assert detailed["log_loss"] < 0.754
    assert detailed["baselines"]["pre_match"]["log_loss"] > 0.95


def test_no_band_of_minutes_is_worse_than_the_one_before(judged: Judgement) -> None:
    losses = [band.log_loss for band in judged.bands.values()]
    assert losses == sorted(losses, reverse=True)


def test_a_man_more_is_worth_what_it_is_known_to_be(model: Artefact) -> None:
    coefficients = model.goal_rates.coefficients
    assert np.exp(coefficients["men_more"]) == pytest.approx(1.47, abs=0.15)
    assert np.exp(coefficients["men_fewer"]) == pytest.approx(0.69, abs=0.08)


def test_the_trained_model_holds_the_contract(model: Artefact) -> None:
    assert check_forecaster(GoalRateForecaster(model)) == []


def test_club_matches_without_projections_are_rated_by_each_others_results(
    model: Artefact, archive: Archive
) -> None:
    matches = archive.detailed
    assert matches is not None
    blind = Archive(None, None, replace(matches, projected=np.full((len(matches), 2), np.nan)))
    judgement = evaluate(model, blind)["detailed"]
    assert judgement is not None
    assert judgement.projected == 0
    assert judgement.log_loss < 0.78
    assert judgement.baselines["pre_match"].log_loss < judgement.baselines["base_rate"].log_loss - 0.05


def test_the_packaged_champion_is_what_training_makes_of_the_data(archive: Archive) -> None:
    champion, again = load_champion(), train(archive)
    assert again.goal_rates.coefficients == pytest.approx(champion.goal_rates.coefficients, abs=1e-4)
    assert again.goal_rates.club_shares == pytest.approx(champion.goal_rates.club_shares, abs=1e-5)
    for pool in ("national", "club"):
        made, packaged = getattr(again.ratings, pool).teams, getattr(champion.ratings, pool).teams
        assert made.keys() == packaged.keys()
        for name, rating in packaged.items():
            assert made[name].attack == pytest.approx(rating.attack, abs=1e-3)
            assert made[name].defence == pytest.approx(rating.defence, abs=1e-3)


@pytest.fixture(scope="module")
def held_out(archive: Archive) -> dict[str, Evaluated]:
    return judge_held_out(rated_sets(archive), lambda _: None, SPLIT, Challenged(archive))


def test_the_usual_models_are_as_good_as_documented(held_out: dict[str, Evaluated]) -> None:
    against = held_out["international"].against
    documented = {
        "base rate": 1.0589,
        "before the match alone": 0.8068,
        "minute x goal difference": 0.7372,
        "linear logit": 0.6513,
        "gradient boosting + temperature": 0.6330,
        "interaction logit": 0.6285,
        "Poisson, score state": 0.6278,
    }
    assert {name: found.log_loss for name, found in against.items()} == pytest.approx(documented, abs=0.002)


def test_every_usual_model_is_beaten_on_internationals(held_out: dict[str, Evaluated]) -> None:
    assert [name for name, found in held_out["international"].against.items() if not found.holds] == []
    assert held_out["international"].log_loss < 0.6230


def test_on_clubs_every_usual_model_is_beaten_but_the_poisson_model_which_is_equalled(
    held_out: dict[str, Evaluated],
) -> None:
    against = held_out["detailed"].against
    assert [name for name, found in against.items() if not found.holds] == []
    assert {name for name, found in against.items() if found.difference.high >= 0} == {"Poisson, score state"}
    assert against["Poisson, score state"].difference.mean < -0.001


def test_forecasts_of_clubs_are_calibrated(held_out: dict[str, Evaluated]) -> None:
    assert held_out["detailed"].ece < 0.009
    assert held_out["detailed"].ece_75 < 0.011


UNABLE = {
    "base rate": {"mirrors on neutral ground", "moves smoothly"},
    "before the match alone": {"mirrors on neutral ground", "moves smoothly"},
    "minute x goal difference": {"a goal does no harm", "mirrors on neutral ground"},
    "linear logit": {"mirrors on neutral ground", "moves smoothly"},
    "gradient boosting + temperature": {"mirrors on neutral ground", "moves smoothly"},
    "interaction logit": {"a goal does no harm", "mirrors on neutral ground", "moves smoothly"},
    "Poisson, score state": {"a goal does no harm"},
}
"""What of the contract the usual models cannot hold, as the documentation says."""


def test_the_usual_models_hold_of_the_contract_what_is_documented(archive: Archive) -> None:
    clubs = next(rated for rated in rated_sets(archive) if rated.matches.name == "detailed")
    broken = broken_properties(clubs, load_champion().ratings)
    assert {name: set(properties) for name, properties in broken.items()} == UNABLE


def test_matches_behind_closed_doors_are_seen_as_drift(archive: Archive) -> None:
    """Home wins at home grounds from March 2020 to June 2021, beside those of the twelve years before."""
    champion = load_champion()

    def home_wins(since: str, until: str) -> Sign:
        drift = drift_since(champion, archive, np.datetime64(since), np.datetime64(until))["international"]
        return next(sign for sign in drift.signs if sign.name == "home wins")

    behind_closed_doors = home_wins("2020-03-15", "2021-07-01")
    assert behind_closed_doors.fires
    assert behind_closed_doors.value < 0
    for year in (2011, 2013, 2015, 2017, 2019):
        assert not home_wins(f"{year}-01-01", f"{year + 1}-01-01").fires, year
