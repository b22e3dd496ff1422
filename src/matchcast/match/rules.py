"""What the rules of football make of a match's events: its teams, score, men and status."""

from __future__ import annotations

from matchcast.events.clock import EXTRA_SECOND, SECOND_HALF, SHOOT_OUT
from matchcast.events.record import MatchInfo
from matchcast.match.state import Incident, MatchState, ShotTaken
from matchcast.match.view import MatchView, Score, Status

UNKNOWN_OPPONENT = "Opponent not known"
TEAM_SIZE = 11
GOALS = frozenset({"goal", "penalty_goal", "own_goal"})
AGAINST = "own_goal_against"
DISMISSALS = frozenset({"second_yellow", "red_card"})


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
    ordered = sorted(state.incidents, key=place_of)
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


def place_of(incident: Incident | ShotTaken) -> tuple[int, int, int, int, str]:
    """Return what sorts incidents and shots into the order of play."""
    return (incident.period, incident.minute, incident.second, incident.order, str(incident.id))
