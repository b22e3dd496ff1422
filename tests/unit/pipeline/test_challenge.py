"""The verdict on a challenger where internationals and clubs were played since: what one set shows, the other cannot hide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace
from tests.unit.forecast.conftest import invented

from matchcast.forecast.archive import Flags, Floats
from matchcast.forecast.archive_files import read_archive
from matchcast.forecast.artefact import Artefact, load_champion
from matchcast.forecast.pre_match import Rated
from matchcast.forecast.snapshots import Snapshots, snapshots
from matchcast.pipeline.challenge import Verdict, judge

__all__ = ["invented"]

INTERNATIONAL, CLUBS = "international", "detailed"

Forecasts = Callable[[Snapshots], Floats]


def right(chance: float | Floats, taken: Snapshots) -> Floats:
    """Forecasts that give what happened some probability, each snapshot its own or all the same."""
    given = np.broadcast_to(chance, len(taken.match))
    found = np.repeat((1 - given)[:, None] / 2, 3, axis=1)
    found[np.arange(len(found)), taken.outcome] = given
    return found


def even(taken: Snapshots) -> Floats:
    return right(0.5, taken)


def better(taken: Snapshots) -> Floats:
    return right(0.6, taken)


def worse_late(taken: Snapshots) -> Floats:
    """As good as `even` on the whole, now better and now worse, but .006 worse in the last 15 minutes."""
    by_match = np.random.default_rng(1).normal(0.0012, 0.05, taken.match.max() + 1)
    return right(0.5 * np.exp(np.where(taken.minute >= 75, -0.006, by_match[taken.match])), taken)


def shares(taken: Snapshots) -> Floats:
    """How often each result came: calibrated without a flaw."""
    return np.tile(np.bincount(taken.outcome, minlength=3) / len(taken.outcome), (len(taken.outcome), 1))


@pytest.fixture
def verdict(invented: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Verdict]:
    """Judges forecasts of a champion and of a challenger, by set."""
    card = replace(load_champion().card, trained_until="2000-01-01")
    champion = replace(load_champion(), card=card)
    rates = champion.goal_rates
    moved = {**rates.coefficients, "intercept": rates.coefficients["intercept"] + 0.1}
    challenger = replace(champion, goal_rates=replace(rates, coefficients=moved))
    archive = read_archive(invented)

    def verdict(old: Mapping[str, Forecasts], new: Mapping[str, Forecasts]) -> Verdict:
        told = {champion.version: old, challenger.version: new}

        def as_other(model: Artefact, _: object) -> Callable[[Rated, Flags], Mapping[str, Floats]]:
            return lambda rated, chosen: {
                model.version: told[model.version][rated.matches.name](snapshots(rated.matches.only(chosen)))
            }

        monkeypatch.setattr("matchcast.pipeline.challenge.as_other", as_other)
        monkeypatch.setattr("matchcast.pipeline.challenge._seconds_of_both", lambda *_: (1.0, 1.0))
        return judge(archive, champion, challenger)

    return verdict


def test_a_win_on_one_set_is_enough_where_the_other_is_no_worse(verdict: Callable[..., Verdict]) -> None:
    found = verdict({INTERNATIONAL: even, CLUBS: even}, {INTERNATIONAL: better, CLUBS: even})
    assert {name: one.matches for name, one in found.decisions.items()} == {INTERNATIONAL: 336, CLUBS: 224}
    assert found.promote


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (even, worse_late, "detailed: in minutes 75-89 its log loss is worse by 0.0060"),
        (shares, better, "detailed: its calibration error is"),
        (better, even, "detailed: it does not surely win: log loss differs by +0.18"),
    ],
)
def test_a_win_on_one_set_is_not_enough_where_the_other_is_worse(
    verdict: Callable[..., Verdict], old: Forecasts, new: Forecasts, reason: str
) -> None:
    found = verdict({INTERNATIONAL: even, CLUBS: old}, {INTERNATIONAL: better, CLUBS: new})
    assert found.decisions[INTERNATIONAL].promote
    assert not found.promote
    assert any(said.startswith(reason) for said in found.reasons), found.reasons
