"""What a match looks like from outside: the view of a `MatchState` that commands, API and page share."""

from __future__ import annotations

from math import fsum

from msgspec import Struct

from matchcast.events.clock import (
    EXTRA_FIRST,
    FIRST_HALF,
    PERIOD_START,
    SECOND_HALF,
    SHOOT_OUT,
    Moment,
    label,
)
from matchcast.match.rules import (
    DISMISSALS,
    GOALS,
    incidents_of,
    men_of,
    place_of,
    score_of,
    shoot_out_of,
    status_of,
    view_of_match,
)
from matchcast.match.state import Incident, MatchState
from matchcast.match.view import (
    MatchView,
    Men,
    MomentumMinute,
    Score,
    ShotView,
    Side,
    SideStatistics,
    Statistics,
    Status,
    TimelineEntry,
)

ON_TARGET = frozenset({"Goal", "Saved", "Saved To Post", "Saved to Post"})


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
    for incident in sorted((*incidents_of(state), *marks), key=place_of):
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
        for shot in sorted(state.shots, key=place_of)
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
