"""MatchState: the fold of a match's events.

The fold does not depend on the order in which events come, nor on how often: an id that was seen
is dropped, and all that is kept is a sum, a set or a list that is sorted when it is looked at
(`summary`). So shuffled, late and repeated delivery give the same state. The records of a match are
taken to agree on what match it is: the first that tells it is believed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct, field

from matchcast.events.clock import KICK_OFF, SHOOT_OUT, Moment
from matchcast.events.record import Event, MatchInfo
from matchcast.match.seen import SeenIds

FINAL_THIRD_X = 80.0
"""A pass from beyond this x (of 120, attacking to the right) counts for momentum."""

# Momentum, in points a minute: what a side's actions say of who is on top. Integers, so that
# their sum does not depend on the order of events.
PASS_IN_FINAL_THIRD = 1
CORNER = 3
SHOT = 5
SHOT_PER_XG = 40


class Incident(NamedTuple):
    """Something for the timeline."""

    period: int
    minute: int
    second: int
    order: int
    id: int | str
    kind: str
    team: str
    player: str | None
    detail: str | None


class ShotTaken(NamedTuple):
    """A shot in play (the shoot-out is kept apart)."""

    period: int
    minute: int
    second: int
    order: int
    id: int | str
    team: str
    player: str | None
    xg: float
    x: float | None
    y: float | None
    outcome: str
    penalty: bool


class Tally(Struct):
    """What one team has done so far."""

    passes: int = 0
    passes_completed: int = 0
    fouls: int = 0
    corners: int = 0
    offsides: int = 0
    lineup: list[str] = field(default_factory=list)


class MatchState(Struct):
    """All that is known of a match from the events that were applied.

    Teams are kept by the names in the events, and `info` says which of them is at home; so events
    that come before the match is known are not lost.
    """

    match_id: str
    info: MatchInfo | None = None
    events: int = 0
    latest: Moment = KICK_OFF
    started: set[int] = field(default_factory=set)
    period_ends: dict[int, Moment] = field(default_factory=dict)
    over: bool = False
    over_reason: str | None = None
    teams: dict[str, Tally] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    shots: list[ShotTaken] = field(default_factory=list)
    momentum: dict[str, dict[int, int]] = field(default_factory=dict)
    seen: SeenIds = field(default_factory=SeenIds)

    def apply(self, event: Event) -> bool:
        """Fold an event in; return False, and change nothing, when its id was seen before."""
        if not self.seen.add(event.id):
            return False
        self.events += 1
        if event.match is not None and self.info is None:
            self.info = event.match
        moment = Moment(event.period_or_inferred, event.minute, event.second)
        if moment > self.latest:
            self.latest = moment
        team = event.team.name
        tally = self.teams.get(team)
        if tally is None:
            tally = self.teams[team] = Tally()
        handle = _HANDLERS.get(event.type.name)
        if handle is not None:
            handle(self, tally, event, moment)
        return True

    def press(self, team: str, moment: Moment, points: int) -> None:
        """Add points to a team's momentum in a minute (keyed period * 1000 + minute)."""
        minutes = self.momentum.setdefault(team, {})
        key = moment.period * 1000 + moment.minute
        minutes[key] = minutes.get(key, 0) + points

    def note(self, event: Event, moment: Moment, kind: str, detail: str | None = None) -> None:
        """Put an event on the timeline."""
        player = event.player.name if event.player else None
        self.incidents.append(
            Incident(*moment, event.index or 0, event.id, kind, event.team.name, player, detail)
        )


def _pass(state: MatchState, tally: Tally, event: Event, moment: Moment) -> None:
    tally.passes += 1
    made = event.pass_
    if made is None or made.outcome is None:
        tally.passes_completed += 1
    elif made.outcome.name == "Pass Offside":
        tally.offsides += 1
    if made is not None and made.type is not None and made.type.name == "Corner":
        tally.corners += 1
        state.press(event.team.name, moment, CORNER)
    if event.location and event.location[0] >= FINAL_THIRD_X:
        state.press(event.team.name, moment, PASS_IN_FINAL_THIRD)


def _shot(state: MatchState, _tally: Tally, event: Event, moment: Moment) -> None:
    shot = event.shot
    outcome = shot.outcome.name if shot and shot.outcome else "Unknown"
    scored = outcome == "Goal"
    if moment.period == SHOOT_OUT:
        state.note(event, moment, "shoot_out_goal" if scored else "shoot_out_miss", outcome)
        return
    penalty = bool(shot and shot.type and shot.type.name == "Penalty")
    xg = (shot.xg if shot else None) or 0.0
    x, y = (
        (event.location[0], event.location[1]) if event.location and len(event.location) > 1 else (None, None)
    )
    player = event.player.name if event.player else None
    state.shots.append(
        ShotTaken(*moment, event.index or 0, event.id, event.team.name, player, xg, x, y, outcome, penalty)
    )
    state.press(event.team.name, moment, SHOT + round(SHOT_PER_XG * xg))
    if scored:
        state.note(event, moment, "penalty_goal" if penalty else "goal")
    elif penalty:
        state.note(event, moment, "missed_penalty", outcome)


def _own_goal(state: MatchState, _tally: Tally, event: Event, moment: Moment) -> None:
    state.note(event, moment, "own_goal")


def _own_goal_against(state: MatchState, _tally: Tally, event: Event, moment: Moment) -> None:
    state.note(event, moment, "own_goal_against")


_CARDS = {"Yellow Card": "yellow_card", "Second Yellow": "second_yellow", "Red Card": "red_card"}


def _foul(state: MatchState, tally: Tally, event: Event, moment: Moment) -> None:
    tally.fouls += 1
    if event.foul_committed is not None and event.foul_committed.card is not None:
        _card(state, event, moment, event.foul_committed.card.name)


def _bad_behaviour(state: MatchState, _tally: Tally, event: Event, moment: Moment) -> None:
    if event.bad_behaviour is not None and event.bad_behaviour.card is not None:
        _card(state, event, moment, event.bad_behaviour.card.name)


def _card(state: MatchState, event: Event, moment: Moment, name: str) -> None:
    kind = _CARDS.get(name)
    if kind is not None:
        state.note(event, moment, kind)


def _substitution(state: MatchState, _tally: Tally, event: Event, moment: Moment) -> None:
    replacement = event.substitution.replacement if event.substitution else None
    state.note(event, moment, "substitution", replacement.name if replacement else None)


def _offside(_state: MatchState, tally: Tally, _event: Event, _moment: Moment) -> None:
    tally.offsides += 1


def _starting_eleven(_state: MatchState, tally: Tally, event: Event, _moment: Moment) -> None:
    if event.tactics is not None:
        tally.lineup = sorted({place.player.name for place in event.tactics.lineup} | set(tally.lineup))


def _player_off(state: MatchState, _tally: Tally, event: Event, moment: Moment) -> None:
    state.note(event, moment, "player_off")


def _player_on(state: MatchState, _tally: Tally, event: Event, moment: Moment) -> None:
    state.note(event, moment, "player_on")


def _period_start(state: MatchState, _tally: Tally, _event: Event, moment: Moment) -> None:
    state.started.add(moment.period)


def _period_end(state: MatchState, _tally: Tally, _event: Event, moment: Moment) -> None:
    state.period_ends[moment.period] = max(moment, state.period_ends.get(moment.period, moment))


def _match_end(state: MatchState, _tally: Tally, event: Event, _moment: Moment) -> None:
    state.over = True
    if event.match_end is not None and event.match_end.reason is not None:
        state.over_reason = max(state.over_reason or "", event.match_end.reason)


_HANDLERS: dict[str, Callable[[MatchState, Tally, Event, Moment], None]] = {
    "Pass": _pass,
    "Shot": _shot,
    "Own Goal For": _own_goal,
    "Own Goal Against": _own_goal_against,
    "Foul Committed": _foul,
    "Bad Behaviour": _bad_behaviour,
    "Substitution": _substitution,
    "Offside": _offside,
    "Starting XI": _starting_eleven,
    "Player Off": _player_off,
    "Player On": _player_on,
    "Half Start": _period_start,
    "Half End": _period_end,
    "Match End": _match_end,
}
