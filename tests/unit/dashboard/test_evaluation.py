"""The page of the model's evaluation, whatever the model API has to say."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from matchcast.dashboard import routes_evaluation
from matchcast.forecast.artefact import load_champion
from matchcast.forecast.page import sections

from .conftest import MakeApp, Serve

Page = Callable[[Any], str]


@pytest.fixture
def page_for(make_app: MakeApp, serve: Serve) -> Page:
    """Give the page of a dashboard whose model API answers a question for its model so; None: with 503."""

    def page_for(model: Any) -> str:
        url = serve(200 if model else 503, json.dumps(model or {"detail": "No model is in force."}).encode())
        answer = make_app(api_url=url).test_client().get("/evaluation")
        assert answer.status_code == 200
        return answer.text

    return page_for


def judged(**changed: Any) -> dict[str, Any]:
    figures = {"log_loss": 0.6278, "brier": 0.36, "rps": 0.11, "ece": 0.0069, "ece_75": 0.0076}
    difference = {"mean": -0.0049, "low": -0.0093, "high": -0.0005}
    against = {"Poisson": {**figures, "difference": difference, "near_best": True, "holds": True}}
    return {
        **figures,
        "matches": 1539,
        "snapshots": 27702,
        "first_day": "2019-06-10",
        "last_day": "2022-06-09",
        "projected": 0,
        "known": 0,
        "bands": {"0-14": {"log_loss": 0.7958, "ece": 0.0167}, "15-29": {"log_loss": 0.7602, "ece": 0.0147}},
        "gaps": {"0%-45%": {"log_loss": 0.9, "ece": 0.01, "matches": 400}},
        "calibration": [{"forecast": 0.25, "happened": 0.31, "forecasts": 900}],
        "baselines": {"base_rate": figures},
        "against": against,
        **changed,
    }


def card(**metrics: Any) -> dict[str, Any]:
    return {"version": "goals-1", "card": {"made_on": "2026-01-02", "metrics": metrics}}


def test_the_model_stands_beside_the_others_with_its_intervals(page_for: Page) -> None:
    page = page_for(card(international=judged()))
    assert "goals-1" in page
    assert "International matches" in page
    assert "-0.0049 (-0.0093 to -0.0005)" in page
    assert "beaten" in page


def test_what_a_card_says_is_drawn_once_for_all_visitors(
    page_for: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(judged: Any) -> str:
        drawn.append(judged["international"].matches)
        return sections(judged)

    monkeypatch.setattr(routes_evaluation, "sections", draw)
    first, second, other = (page_for(card(international=judged(matches=n))) for n in (811, 811, 812))
    assert drawn == [811, 812]
    assert "<svg viewBox" in first
    assert "<svg viewBox" in second
    assert "812" in other


def test_each_plot_has_its_numbers_as_a_table(page_for: Page) -> None:
    page = page_for(card(international=judged()))
    assert page.count("<svg viewBox") == page.count("<details>") == 4
    for cells in (
        '<th scope="row">0.250</th><td>0.310</td><td>900</td>',
        '<th scope="row">15-29</th><td>0.7602</td>',
        '<th scope="row">0%-45%</th><td>0.9000</td>',
    ):
        assert cells in page


def test_the_packages_champion_has_an_evaluation(page_for: Page) -> None:
    champion = load_champion()
    answer = {"version": champion.version, "card": {"metrics": champion.card.metrics}}
    page = page_for(answer)
    assert page.count("<svg viewBox") == 4 * len(champion.card.metrics) == 8


@pytest.mark.parametrize("model", [card(), {"version": "goals-1"}, card(international=None)])
def test_a_model_that_nobody_judged_is_said_to_be_so(page_for: Page, model: Any) -> None:
    page = page_for(model)
    assert "goals-1" in page
    assert "nobody has judged this model yet" in page


def test_an_evaluation_of_another_shape_is_said_to_be_unreadable(page_for: Page) -> None:
    page = page_for(card(international={"log_loss": 0.6, "snapshots": 3}))
    assert "cannot be read" in page
    assert "goals-1" in page


def test_an_api_without_a_model_is_quoted(page_for: Page) -> None:
    assert "No model is in force." in page_for(None)


def test_an_api_that_is_not_there_is_said_to_be_so(make_app: MakeApp) -> None:
    page = make_app().test_client().get("/evaluation")
    assert page.status_code == 200
    assert "The model API does not answer" in page.text


def test_a_name_on_a_card_cannot_become_markup(page_for: Page) -> None:
    evil = "<img src=x onerror=alert(1)>"
    page = page_for(card(**{evil: judged(held_back=evil, bands={evil: {"log_loss": 1, "ece": 0}})}))
    assert "<img src=x" not in page.lower()
    assert "&lt;img src=x" in page
