"""The answer of a forecaster, and what every forecaster can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from matchcast.forecast.situation import Situation


class Outcome(NamedTuple):
    """Probabilities of the result; they sum to 1."""

    home: float
    draw: float
    away: float


class PerTeam(Struct, frozen=True):
    """A number for each team: goals, or a probability."""

    home: float
    away: float


class FinalScore(Struct, frozen=True):
    """A final score and its probability."""

    home: int
    away: int
    probability: float


class NextGoal(Struct, frozen=True):
    """Who scores next, before the match (or extra time) ends; the three sum to 1."""

    home: float
    away: float
    none: float


class Forecast(Struct, frozen=True):
    """All that is answered about a match.

    `home`, `draw`, `away` are about the result at 90 minutes, or at 120 once extra time has begun;
    they sum to 1, and so do `over_2_5` and `under_2_5` (goals of both teams in all).
    `expected_goals` are those still to come, `scores` the likeliest final scores, best first.
    `advance` says who goes through and is there in knock-out matches alone. `strengths` are the
    goals that the model expected of each team before the match; when `known_teams` is false at
    least one is an average team's. `notes` are sentences for a reader.
    """

    home: float
    draw: float
    away: float
    expected_goals: PerTeam
    scores: list[FinalScore]
    next_goal: NextGoal
    over_2_5: float
    under_2_5: float
    both_teams_to_score: float
    advance: PerTeam | None
    strengths: PerTeam
    known_teams: bool
    notes: list[str]
    model_version: str


@runtime_checkable
class ResultForecaster(Protocol):
    """A model that says how a match ends. It knows nothing but what it is asked about."""

    @property
    def version(self) -> str:
        """Name of the model, unique to its contents."""
        ...

    def outcome(self, situation: Situation) -> Outcome:
        """Win, draw and loss."""
        ...

    def outcomes(self, situations: Sequence[Situation]) -> list[Outcome]:
        """Win, draw and loss of many situations, in their order: the fast path."""
        ...


@runtime_checkable
class Forecaster(ResultForecaster, Protocol):
    """A model that is ready to serve: it says everything."""

    def forecast(self, situation: Situation) -> Forecast:
        """Everything that the model can say."""
        ...
