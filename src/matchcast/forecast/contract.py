"""What every forecaster must hold, whatever is inside it: run on a model before it may serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, product

import msgspec

from matchcast.events.record import Strengths
from matchcast.forecast.forecast import Forecaster, Outcome, ResultForecaster
from matchcast.forecast.situation import Situation

SLACK = 1e-6
"""Probabilities that ought to be equal or ordered may miss it by this much."""

MOST_A_MINUTE = 0.08
"""Without an event no probability moves further than this in one minute of play."""

_MINUTES = (0, 1, 17, 44, 46, 60, 75, 89, 92)
_SCORES = ((0, 0), (1, 0), (0, 1), (2, 1), (0, 3), (4, 4))
_MEN = ((11, 11), (10, 11), (11, 9))
_MEETINGS = (Strengths(1.5, 1.2), Strengths(0.6, 2.9), Strengths(4.0, 0.3))


def check_forecaster(forecaster: ResultForecaster) -> list[str]:
    """Every breach of the contract, each as a sentence; empty for a sound model."""
    return [fault for faults in breaches(forecaster).values() for fault in faults]


def breaches(forecaster: ResultForecaster) -> dict[str, list[str]]:
    """The same by the properties of `PROPERTIES`; those that hold are left out."""
    found = {name: list(check(forecaster)) for name, check in PROPERTIES.items()}
    return {name: faults for name, faults in found.items() if faults}


def _samples() -> list[Situation]:
    return [
        Situation(
            "Home",
            "Away",
            neutral=neutral,
            strengths=strengths,
            period=1 if minute < 45 else 2,
            minute=minute,
            home_goals=home,
            away_goals=away,
            home_men=home_men,
            away_men=away_men,
        )
        for strengths, minute, (home, away), (home_men, away_men), neutral in product(
            _MEETINGS, _MINUTES, _SCORES, _MEN, (False, True)
        )
    ]


def _of(forecaster: ResultForecaster, situations: Sequence[Situation]) -> list[tuple[Situation, Outcome]]:
    return list(zip(situations, forecaster.outcomes(situations), strict=True))


def _sums_to_one(forecaster: ResultForecaster) -> Iterator[str]:
    for situation, outcome in _of(forecaster, _samples()):
        if abs(sum(outcome) - 1.0) > SLACK or not all(-SLACK <= chance <= 1 + SLACK for chance in outcome):
            yield f"probabilities {tuple(outcome)} are none, {_said(situation)}"


def _is_certain_at_the_end(forecaster: ResultForecaster) -> Iterator[str]:
    ended = [msgspec.structs.replace(situation, finished=True) for situation in _samples()]
    for situation, outcome in _of(forecaster, ended):
        lead = situation.home_goals - situation.away_goals
        if max(outcome) != 1.0 or outcome.index(1.0) != (1 if lead == 0 else 0 if lead > 0 else 2):
            yield f"not certain although the match is over, {_said(situation)}"


def _likes_goals(forecaster: ResultForecaster) -> Iterator[str]:
    samples = _samples()
    goals = [msgspec.structs.replace(situation, home_goals=situation.home_goals + 1) for situation in samples]
    for (situation, before), after in zip(_of(forecaster, samples), forecaster.outcomes(goals), strict=True):
        if after.home < before.home - SLACK or after.away > before.away + SLACK:
            yield f"a home goal does harm, {_said(situation)}"


def _dislikes_red_cards(forecaster: ResultForecaster) -> Iterator[str]:
    samples = _samples()
    sent_off = [msgspec.structs.replace(situation, home_men=situation.home_men - 1) for situation in samples]
    for (situation, before), after in zip(
        _of(forecaster, samples), forecaster.outcomes(sent_off), strict=True
    ):
        if after.home > before.home + SLACK or after.away < before.away - SLACK:
            yield f"a red card of the home team helps it, {_said(situation)}"


def _mirrors_on_neutral_ground(forecaster: ResultForecaster) -> Iterator[str]:
    samples = [situation for situation in _samples() if situation.neutral]
    for (situation, outcome), mirrored in zip(
        _of(forecaster, samples), forecaster.outcomes([_swapped(sample) for sample in samples]), strict=True
    ):
        if max(abs(a - b) for a, b in zip(outcome, reversed(mirrored), strict=True)) > SLACK:
            yield f"the teams swapped do not mirror, {_said(situation)}"


def _swapped(situation: Situation) -> Situation:
    strengths = situation.strengths
    return msgspec.structs.replace(
        situation,
        home_team=situation.away_team,
        away_team=situation.home_team,
        strengths=strengths and Strengths(strengths.away, strengths.home),
        home_goals=situation.away_goals,
        away_goals=situation.home_goals,
        home_men=situation.away_men,
        away_men=situation.home_men,
    )


def _moves_smoothly(forecaster: ResultForecaster) -> Iterator[str]:
    seconds = [(1, second) for second in range(0, 48 * 60, 20)]
    seconds += [(2, second) for second in range(45 * 60, 97 * 60, 20)]
    for strengths, (home, away) in product(_MEETINGS, _SCORES):
        course = [
            Situation(
                "Home",
                "Away",
                strengths=strengths,
                period=period,
                minute=second // 60,
                second=second % 60,
                home_goals=home,
                away_goals=away,
            )
            for period, second in seconds
        ]
        for (_, before), (situation, after) in pairwise(_of(forecaster, course)):
            if max(abs(a - b) for a, b in zip(before, after, strict=True)) > MOST_A_MINUTE / 3:
                yield f"the forecast jumps without an event, {_said(situation)}"


def _answers_alike(forecaster: ResultForecaster) -> Iterator[str]:
    samples = _samples()[::17]
    for situation, outcome in _of(forecaster, samples):
        others: list[Outcome] = [forecaster.outcome(situation)]
        if isinstance(forecaster, Forecaster):
            full = forecaster.forecast(situation)
            others.append(Outcome(full.home, full.draw, full.away))
        for other in others:
            if max(abs(a - b) for a, b in zip(outcome, other, strict=True)) > SLACK:
                yield f"its ways of asking give different answers, {_said(situation)}"


PROPERTIES: Mapping[str, Callable[[ResultForecaster], Iterator[str]]] = {
    "sums to 1": _sums_to_one,
    "certain at the end": _is_certain_at_the_end,
    "a goal does no harm": _likes_goals,
    "a red card does not help": _dislikes_red_cards,
    "mirrors on neutral ground": _mirrors_on_neutral_ground,
    "moves smoothly": _moves_smoothly,
    "answers alike however it is asked": _answers_alike,
}
"""Name of each property that a forecaster has to have, and what yields its breaches."""


def _said(situation: Situation) -> str:
    return (
        f"at {situation.minute}' with {situation.home_goals}-{situation.away_goals}, "
        f"{situation.home_men} men against {situation.away_men}, strengths {situation.strengths}"
    )
