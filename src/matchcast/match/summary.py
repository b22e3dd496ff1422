"""What a match looks like from outside: the view of a `MatchState` that commands, API and page share."""

from __future__ import annotations

from math import fsum
from typing import Literal

from msgspec import Struct

from matchcast.events.clock import (
    EXTRA_FIRST,
    EXTRA_SECOND,
    FIRST_HALF,
    PERIOD_START,
    SECOND_HALF,
    SHOOT_OUT,
    Moment,
    label,
)
from matchcast.events.record import MatchInfo, Strengths
from matchcast.match.state import Incident, MatchState, ShotTaken

Status = Literal["scheduled", "live", "half_time", "finished", "abandoned"]
Side = Literal["home", "away"]

UNKNOWN_OPPONENT = "Opponent not known"
TEAM_SIZE = 11
ON_TARGET = frozenset({"Goal", "Saved", "Saved To Post", "Saved to Post"})
GOALS = frozenset({"goal", "penalty_goal", "own_goal"})
AGAINST = "own_goal_against"
DISMISSALS = frozenset({"second_yellow", "red_card"})


class Score(Struct, frozen=True):
    """Goals of each side."""

    home: int
    away: int


class Men(Struct, frozen=True):
    """Players of each side on the pitch."""

    home: int
    away: int


class MatchView(Struct, frozen=True):
    """The match itself, with every field present."""

    id: str
    home_team: str
    away_team: str
    competition: str | None
    neutral: bool
    knockout: bool
    kick_off: str | None
    strengths: Strengths | None
    origin: str
    seed: int | None
    model_version: str | None


class SideStatistics(Struct, frozen=True):
    """What one side has done; `xg` in goals, `possession` as its share of all passes, 0 to 1."""

    shots: int
    shots_on_target: int
    xg: float
    passes: int
    passes_completed: int
    possession: float | None
    fouls: int
    corners: int
    offsides: int
    yellow_cards: int
    red_cards: int
    substitutions: int


class Statistics(Struct, frozen=True):
    """The statistics of both sides."""

    home: SideStatistics
    away: SideStatistics


class TimelineEntry(Struct, frozen=True):
    """One thing that happened; `score` is the score after it (of the shoot-out, in the shoot-out)."""

    id: int | str
    kind: str
    period: int
    minute: int
    second: int
    clock: str
    side: Side | None
    team: str | None
    player: str | None
    detail: str | None
    score: Score


class ShotView(Struct, frozen=True):
    """A shot in play; x and y on StatsBomb's pitch of 120 by 80, attacking to the right."""

    id: int | str
    period: int
    minute: int
    second: int
    side: Side | None
    player: str | None
    xg: float
    x: float | None
    y: float | None
    outcome: str
    goal: bool
    on_target: bool
    penalty: bool


class MomentumMinute(Struct, frozen=True):
    """Momentum of both sides in one minute of one period, in points."""

    period: int
    minute: int
    home: int
    away: int


class Summary(Struct, frozen=True):
    """All that is shown of a match.

    `score` counts own goals and extra time and leaves the shoot-out out; `full_time_score` is the
    score after 90 minutes. `incomplete` says that the match was made from events that did not name it.
    """

    match: MatchView
    incomplete: bool
    status: Status
    period: int
    minute: int
    second: int
    clock: str
    events: int
    score: Score
    half_time_score: Score | None
    full_time_score: Score | None
    shoot_out: Score | None
    men: Men
    statistics: Statistics
    timeline: list[TimelineEntry]
    shots: list[ShotView]
    momentum: list[MomentumMinute]


def view_of_match(state: MatchState) -> MatchView:
    """Return the match of a state; without a `match` record its teams come from the events, by name."""
    info = state.info
    if info is None:
        named = sorted(state.teams)
        home = named[0] if named else UNKNOWN_OPPONENT
        away = named[1] if len(named) > 1 else UNKNOWN_OPPONENT
        info = MatchInfo(state.match_id, home, away if away != home else f"{away} (2)")
    return MatchView(
        state.match_id,
        info.home_team,
        info.away_team,
        info.competition,
        info.neutral,
        info.knockout,
        info.kick_off,
        info.strengths,
        info.origin,
        info.seed,
        info.model_version,
    )


def score_of(state: MatchState, match: MatchView, *, until_period: int = EXTRA_SECOND) -> Score:
    """Return the goals of both sides up to the end of a period; the shoot-out never counts."""
    home = away = 0
    for incident in state.incidents:
        if incident.kind in GOALS and incident.period <= until_period:
            if incident.team == match.home_team:
                home += 1
            elif incident.team == match.away_team:
                away += 1
    return Score(home, away)


def shoot_out_of(state: MatchState, match: MatchView) -> Score | None:
    """Return the penalties scored in the shoot-out, or None when there is none."""
    if state.latest.period < SHOOT_OUT:
        return None
    scored = [incident.team for incident in state.incidents if incident.kind == "shoot_out_goal"]
    return Score(scored.count(match.home_team), scored.count(match.away_team))


def incidents_of(state: MatchState) -> list[Incident]:
    """Return the incidents in the order of play.

    A player's second plain yellow card is a second yellow. An own goal is one incident, of the team that
    it counts for, with the player who scored it, whom its other record ("Own Goal Against") names.
    """
    ordered = sorted(state.incidents, key=_order)
    unlucky = {(own.period, own.minute, own.second): own.player for own in ordered if own.kind == AGAINST}
    incidents = []
    for incident in ordered:
        if incident.kind == "own_goal":
            scorer = unlucky.get((incident.period, incident.minute, incident.second))
            incidents.append(incident._replace(player=scorer or incident.player))
        elif incident.kind != AGAINST:
            incidents.append(incident)
    cautioned: set[tuple[str, str]] = set()
    for place, incident in enumerate(incidents):
        if incident.kind == "yellow_card" and incident.player is not None:
            who = (incident.team, incident.player)
            if who in cautioned:
                incidents[place] = incident._replace(kind="second_yellow")
            cautioned.add(who)
    return incidents


def men_of(state: MatchState, team: str) -> int:
    """Return how many players of a team are on the pitch.

    Who had been substituted, or was on the bench where the starting eleven is known, leaves no gap
    when sent off; a substitute closes the gap of a player who had left injured.
    """
    tally = state.teams.get(team)
    on_pitch = set(tally.lineup) if tally is not None else set()
    lineup_known = bool(on_pitch)
    sent_off: set[str | int] = set()
    injured: set[str | int] = set()
    left: set[str] = set()
    for incident in incidents_of(state):
        if incident.team != team:
            continue
        player = incident.player
        who = player if player is not None else incident.id
        if incident.kind == "substitution":
            left.add(player or "")
            injured.discard(who)
            if incident.detail:
                on_pitch.add(incident.detail)
                left.discard(incident.detail)
        elif incident.kind == "player_off":
            injured.add(who)
        elif incident.kind == "player_on":
            injured.discard(who)
        elif incident.kind in DISMISSALS:
            benched = player is not None and (player in left or (lineup_known and player not in on_pitch))
            if not benched:
                sent_off.add(who)
    return TEAM_SIZE - len(sent_off | injured)


def status_of(state: MatchState, match: MatchView) -> Status:
    """Return where a match stands, from the periods that ended and, in a knock-out, the score."""
    if state.over:
        return "abandoned" if state.over_reason == "abandoned" else "finished"
    period = state.latest.period
    if period == 0:
        return "scheduled"
    if period not in state.period_ends:
        return "live"
    score = score_of(state, match)
    level = score.home == score.away
    if period == SHOOT_OUT or (period in (SECOND_HALF, EXTRA_SECOND) and not (match.knockout and level)):
        return "finished"
    return "half_time"


def _side(match: MatchView, team: str) -> Side | None:
    if team == match.home_team:
        return "home"
    return "away" if team == match.away_team else None


def _side_statistics(state: MatchState, team: str, all_passes: int) -> SideStatistics:
    tally = state.teams.get(team)
    shots = [shot for shot in state.shots if shot.team == team]
    kinds = [incident.kind for incident in incidents_of(state) if incident.team == team]
    passes = tally.passes if tally else 0
    return SideStatistics(
        shots=len(shots),
        shots_on_target=sum(shot.outcome in ON_TARGET for shot in shots),
        xg=round(fsum(shot.xg for shot in shots), 4),
        passes=passes,
        passes_completed=tally.passes_completed if tally else 0,
        possession=round(passes / all_passes, 4) if all_passes else None,
        fouls=tally.fouls if tally else 0,
        corners=tally.corners if tally else 0,
        offsides=tally.offsides if tally else 0,
        yellow_cards=kinds.count("yellow_card"),
        red_cards=sum(kinds.count(kind) for kind in DISMISSALS),
        substitutions=kinds.count("substitution"),
    )


def statistics_of(state: MatchState, match: MatchView) -> Statistics:
    """Return the statistics of both sides."""
    teams = (match.home_team, match.away_team)
    all_passes = sum(state.teams[team].passes for team in teams if team in state.teams)
    home, away = (_side_statistics(state, team, all_passes) for team in teams)
    return Statistics(home, away)


def _order(incident: Incident | ShotTaken) -> tuple[int, int, int, int, str]:
    return (incident.period, incident.minute, incident.second, incident.order, str(incident.id))


def _timeline(state: MatchState, match: MatchView) -> list[TimelineEntry]:
    entries: list[TimelineEntry] = []
    periods = [
        *((Moment(period, PERIOD_START[period], 0), "period_start") for period in state.started),
        *((moment, "period_end") for moment in state.period_ends.values()),
    ]
    marks = [
        Incident(
            *moment, -1 if kind == "period_start" else 2**53, f"{kind}-{moment.period}", kind, "", None, None
        )
        for moment, kind in periods
    ]
    home = away = shoot_out_home = shoot_out_away = 0
    for incident in sorted((*incidents_of(state), *marks), key=_order):
        side = _side(match, incident.team)
        if incident.kind in GOALS:
            home, away = home + (side == "home"), away + (side == "away")
        elif incident.kind == "shoot_out_goal":
            shoot_out_home += side == "home"
            shoot_out_away += side == "away"
        shown = Score(shoot_out_home, shoot_out_away) if incident.period == SHOOT_OUT else Score(home, away)
        entries.append(
            TimelineEntry(
                id=incident.id,
                kind=incident.kind,
                period=incident.period,
                minute=incident.minute,
                second=incident.second,
                clock=label(incident.period, incident.minute),
                side=side,
                team=incident.team or None,
                player=incident.player,
                detail=incident.detail,
                score=shown,
            )
        )
    return entries


def _shots(state: MatchState, match: MatchView) -> list[ShotView]:
    return [
        ShotView(
            id=shot.id,
            period=shot.period,
            minute=shot.minute,
            second=shot.second,
            side=_side(match, shot.team),
            player=shot.player,
            xg=shot.xg,
            x=shot.x,
            y=shot.y,
            outcome=shot.outcome,
            goal=shot.outcome == "Goal",
            on_target=shot.outcome in ON_TARGET,
            penalty=shot.penalty,
        )
        for shot in sorted(state.shots, key=_order)
    ]


def _momentum(state: MatchState, match: MatchView) -> list[MomentumMinute]:
    home = state.momentum.get(match.home_team, {})
    away = state.momentum.get(match.away_team, {})
    return [
        MomentumMinute(key // 1000, key % 1000, home.get(key, 0), away.get(key, 0))
        for key in sorted(home.keys() | away.keys())
        if key // 1000 != SHOOT_OUT
    ]


def summarise(state: MatchState) -> Summary:
    """Return the view of a state; equal states give equal views, in whatever order events came."""
    match = view_of_match(state)
    latest = state.latest
    half_time_known = FIRST_HALF in state.period_ends or latest.period > FIRST_HALF
    full_time_known = SECOND_HALF in state.period_ends or latest.period >= EXTRA_FIRST
    return Summary(
        match=match,
        incomplete=state.info is None,
        status=status_of(state, match),
        period=latest.period,
        minute=latest.minute,
        second=latest.second,
        clock=label(latest.period, latest.minute),
        events=state.events,
        score=score_of(state, match),
        half_time_score=score_of(state, match, until_period=FIRST_HALF) if half_time_known else None,
        full_time_score=score_of(state, match, until_period=SECOND_HALF) if full_time_known else None,
        shoot_out=shoot_out_of(state, match),
        men=Men(men_of(state, match.home_team), men_of(state, match.away_team)),
        statistics=statistics_of(state, match),
        timeline=_timeline(state, match),
        shots=_shots(state, match),
        momentum=_momentum(state, match),
    )
