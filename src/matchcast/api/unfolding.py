"""A match as it unfolds: the situation after each of its events."""

from __future__ import annotations

from msgspec.structs import replace

from matchcast.events.record import Event, MatchInfo
from matchcast.forecast.situation import Situation, situation_of
from matchcast.match.state import MatchState
from matchcast.match.summary import Summary, summarise


class Unfolding:
    """Folds the events of a match, and keeps the situation.

    Most events move the clock alone; a summary, which takes as long as fifty of them, is made only
    when one did more.
    """

    def __init__(self, match: MatchInfo) -> None:
        self._state = MatchState(match.id, match)
        self._summary: Summary = summarise(self._state)
        self._told = self._tally()
        self.situation: Situation = situation_of(self._summary)

    @property
    def clock(self) -> str:
        """The minute of play as football writes it: ``67``, ``45+2``; empty before kick-off."""
        return self._state.latest.label

    @property
    def incidents(self) -> int:
        """Goals, cards, substitutions and the like so far."""
        return len(self._state.incidents)

    def apply(self, event: Event) -> Situation:
        """Fold an event in and return the situation after it."""
        state = self._state
        state.apply(event)
        told = self._tally()
        if told != self._told:
            self._told = told
            self._summary = summarise(state)
            self.situation = situation_of(self._summary)
        elif self._summary.status == "live":
            self.situation = replace(self.situation, minute=state.latest.minute, second=state.latest.second)
        return self.situation

    def _tally(self) -> tuple[object, ...]:
        """What a situation depends on beyond the minute and the second."""
        state = self._state
        return (
            state.latest.period,
            len(state.incidents),
            len(state.period_ends),
            state.over,
            state.over_reason,
            sum(len(team.lineup) for team in state.teams.values()),
        )
