"""Whether finished matches are as they should be: their fields, their score against goals and shots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from matchcast.events.clock import FIRST_HALF, PERIOD_START, SECOND_HALF, SHOOT_OUT
from matchcast.history.outcome import PENALTIES
from matchcast.history.tables import Card, Goal, Match, Shot, Substitution
from matchcast.pipeline.checks import LAST_MINUTE, Check, check_of


def check_matches(matches: Sequence[Match]) -> Iterator[Check]:
    """Check finished matches: what they tell, when things happened, and goals against score and shots."""
    yield _each("two teams played, on a day", matches, _is_told)
    yield _each("goals add up to the score", matches, _adds_up)
    yield _each("the scores at half time, 90' and the end follow from the goals", matches, _scores_follow)
    yield _each("each goal but own goals is a shot that scored", matches, _goals_are_shots)
    yield _each("shots are on the pitch and worth 0 to 1 goals", matches, _shots_are_sound)
    yield _each("what happened, happened during the match", matches, _times_are_sound)
    yield _each("a shoot-out has a winner and follows a draw", matches, _shoot_out_is_sound)


def _each(name: str, matches: Sequence[Match], sound: Callable[[Match], bool]) -> Check:
    return check_of(name, len(matches), [match.match_id for match in matches if not sound(match)])


def _is_told(match: Match) -> bool:
    strengths = (match.strengths_home, match.strengths_away)
    return (
        all((match.origin, match.source, match.match_id, match.home_team, match.away_team, match.date))
        and match.home_team != match.away_team
        and all(strength is None or 0 < strength < 20 for strength in strengths)
    )


def _goals_until(match: Match, period: int) -> tuple[int, int]:
    sides = Counter(goal.side for goal in match.goals or () if goal.period <= period)
    return sides["home"], sides["away"]


def _adds_up(match: Match) -> bool:
    return _goals_until(match, SHOOT_OUT) == (match.home_goals, match.away_goals)


def _scores_follow(match: Match) -> bool:
    half_time = (match.home_goals_half_time, match.away_goals_half_time)
    full_time = (match.home_goals_90, match.away_goals_90)
    return half_time in ((None, None), _goals_until(match, FIRST_HALF)) and full_time in (
        (None, None),
        _goals_until(match, SECOND_HALF),
    )


def _goals_are_shots(match: Match) -> bool:
    goals = Counter(goal.side for goal in match.goals or () if not goal.own_goal)
    scored = Counter(shot.side for shot in match.shots or () if shot.goal)
    return goals == scored


def _shots_are_sound(match: Match) -> bool:
    return all(
        0 <= shot.xg <= 1
        and (shot.x is None or 0 <= shot.x <= 120)
        and (shot.y is None or 0 <= shot.y <= 80)
        and (shot.on_target or not shot.goal)
        for shot in match.shots or ()
    )


def _times_are_sound(match: Match) -> bool:
    told: Iterable[Goal | Card | Substitution | Shot] = chain(
        match.goals or (), match.cards or (), match.substitutions or (), match.shots or ()
    )
    return all(
        one.period in PERIOD_START and PERIOD_START[one.period] <= one.clock <= LAST_MINUTE for one in told
    )


def _shoot_out_is_sound(match: Match) -> bool:
    if match.duration != PENALTIES:
        return match.shoot_out_winner is None
    drawn = match.home_goals == match.away_goals
    return drawn and (match.shoot_out_winner is not None or match.status != "finished")
