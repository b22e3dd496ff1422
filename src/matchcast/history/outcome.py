"""A match that is over, from the view of its fold to a row of `matches`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from matchcast.events.clock import EXTRA_FIRST, FIRST_HALF, PERIOD_START, SECOND_HALF, SHOOT_OUT
from matchcast.history.tables import Card, Goal, Match, Shot, Substitution
from matchcast.match.rules import GOALS
from matchcast.match.summary import Summary
from matchcast.match.view import ShotView, TimelineEntry

_CARDS = {"yellow_card": "yellow", "second_yellow": "second_yellow", "red_card": "red"}
REGULAR, EXTRA_TIME, PENALTIES = "regular", "extra_time", "penalties"


def match_of(
    summary: Summary, *, source: str, first_at: str | None = None, origin: str | None = None
) -> Match | None:
    """Return the row of a match, or None while it runs or where its teams are not known.

    Args:
        source: where its events came from: the id of a topic, the name of a file.
        first_at: ISO 8601 time (UTC) of its first record; its date stands in where no kick-off is told.
        origin: overrides the origin that the events tell.
    """
    view = summary.match
    if summary.status not in ("finished", "abandoned") or summary.incomplete:
        return None
    kick_off = _utc(view.kick_off)
    date = (kick_off or first_at or "")[:10]
    if not date:
        return None
    full_time, half_time, shoot_out = summary.full_time_score, summary.half_time_score, summary.shoot_out
    return Match(
        origin=origin or view.origin,
        source=source,
        match_id=view.id,
        kind="detailed",
        date=date,
        home_team=view.home_team,
        away_team=view.away_team,
        home_goals=summary.score.home,
        away_goals=summary.score.away,
        competition=view.competition,
        kick_off=kick_off,
        neutral=view.neutral,
        knockout=view.knockout,
        status=summary.status,
        duration=_duration(summary.period),
        home_goals_half_time=half_time.home if half_time else None,
        away_goals_half_time=half_time.away if half_time else None,
        home_goals_90=full_time.home if full_time else None,
        away_goals_90=full_time.away if full_time else None,
        home_shoot_out=shoot_out.home if shoot_out else None,
        away_shoot_out=shoot_out.away if shoot_out else None,
        shoot_out_winner=_winner(shoot_out.home, shoot_out.away) if shoot_out else None,
        strengths_home=view.strengths.home if view.strengths else None,
        strengths_away=view.strengths.away if view.strengths else None,
        first_half_seconds=_length(summary.timeline, FIRST_HALF),
        second_half_seconds=_length(summary.timeline, SECOND_HALF),
        events=summary.events,
        seed=view.seed,
        model_version=view.model_version,
        goals=_goals(summary.timeline),
        cards=_cards(summary.timeline),
        substitutions=_substitutions(summary.timeline),
        shots=_shots(summary.shots),
    )


def _utc(text: str | None) -> str | None:
    """Return a time in UTC without its zone, or None where the text is no time; one without zone is UTC."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    if at.tzinfo is not None:
        at = at.astimezone(UTC).replace(tzinfo=None)
    return at.isoformat(timespec="seconds")


def _duration(period: int) -> str:
    if period == SHOOT_OUT:
        return PENALTIES
    return EXTRA_TIME if period >= EXTRA_FIRST else REGULAR


def _winner(home: int, away: int) -> str | None:
    if home == away:
        return None
    return "home" if home > away else "away"


def _length(timeline: Sequence[TimelineEntry], period: int) -> int | None:
    ends = [entry for entry in timeline if entry.kind == "period_end" and entry.period == period]
    return (ends[0].minute - PERIOD_START[period]) * 60 + ends[0].second if ends else None


def _clock(entry: TimelineEntry | ShotView) -> float:
    return entry.minute + entry.second / 60


def _goals(timeline: Sequence[TimelineEntry]) -> tuple[Goal, ...]:
    return tuple(
        Goal(
            entry.period,
            _clock(entry),
            entry.side,
            entry.kind == "own_goal",
            entry.kind == "penalty_goal",
            entry.player,
        )
        for entry in timeline
        if entry.kind in GOALS and entry.side is not None
    )


def _cards(timeline: Sequence[TimelineEntry]) -> tuple[Card, ...]:
    return tuple(
        Card(entry.period, _clock(entry), entry.side, _CARDS[entry.kind], entry.player)
        for entry in timeline
        if entry.kind in _CARDS and entry.side is not None
    )


def _substitutions(timeline: Sequence[TimelineEntry]) -> tuple[Substitution, ...]:
    return tuple(
        Substitution(entry.period, _clock(entry), entry.side, entry.player, entry.detail)
        for entry in timeline
        if entry.kind == "substitution" and entry.side is not None
    )


def _shots(shots: Sequence[ShotView]) -> tuple[Shot, ...]:
    return tuple(
        Shot(
            shot.period,
            _clock(shot),
            shot.side,
            shot.xg,
            shot.goal,
            shot.on_target,
            kind="penalty" if shot.penalty else "open",
            x=shot.x,
            y=shot.y,
            blocked=shot.outcome == "Blocked",
            player=shot.player,
        )
        for shot in shots
        if shot.side is not None
    )
