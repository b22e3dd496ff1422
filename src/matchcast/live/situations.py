"""The situation of a match, straight from its state."""

from __future__ import annotations

from matchcast.forecast.situation import Situation, clock_of
from matchcast.match.rules import men_of, score_of, shoot_out_of, view_of_match
from matchcast.match.state import MatchState
from matchcast.match.view import Status

TELLING = frozenset(
    {
        "Bad Behaviour",
        "Foul Committed",
        "Half End",
        "Half Start",
        "Match End",
        "Own Goal For",
        "Player Off",
        "Player On",
        "Shot",
        "Starting XI",
        "Substitution",
    }
)
"""Event types that can change more of a situation than its clock."""


def look_at(state: MatchState, status: Status) -> Situation:
    """Return the situation of a state, as `situation_of` does of its summary, but without making one."""
    match = view_of_match(state)
    score, shoot_out = score_of(state, match), shoot_out_of(state, match)
    return Situation(
        match.home_team,
        match.away_team,
        match.competition,
        match.neutral,
        match.knockout,
        match.strengths,
        *clock_of(status, *state.latest),
        score.home,
        score.away,
        men_of(state, match.home_team),
        men_of(state, match.away_team),
        status == "finished",
        status == "abandoned",
        None if shoot_out is None else (shoot_out.home, shoot_out.away),
        None if shoot_out is None else (_kicks(state, match.home_team), _kicks(state, match.away_team)),
    )


def _kicks(state: MatchState, team: str) -> int:
    return sum(
        incident.team == team and incident.kind.startswith("shoot_out") for incident in state.incidents
    )


def before_kick_off(situation: Situation) -> Situation:
    """Return the situation of the same match before it began."""
    return Situation(
        situation.home_team,
        situation.away_team,
        situation.competition,
        situation.neutral,
        situation.knockout,
        situation.strengths,
    )
