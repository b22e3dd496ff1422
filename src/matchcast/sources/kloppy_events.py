"""One of kloppy's events as StatsBomb-shaped records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kloppy.domain import BodyPart, CardType, EventType, PassResult, Provider, SetPieceType, ShotResult, Team
from kloppy.domain import Event as KloppyEvent

from matchcast.sources.recording import Record

PITCH: Final = (120.0, 80.0)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")

_SET_PIECES: Final = {
    SetPieceType.CORNER_KICK: "Corner",
    SetPieceType.FREE_KICK: "Free Kick",
    SetPieceType.GOAL_KICK: "Goal Kick",
    SetPieceType.KICK_OFF: "Kick Off",
    SetPieceType.THROW_IN: "Throw-in",
}
_PASS_OUTCOMES: Final = {
    PassResult.INCOMPLETE: "Incomplete",
    PassResult.OUT: "Out",
    PassResult.OFFSIDE: "Pass Offside",
}
_SHOT_OUTCOMES: Final = {
    ShotResult.GOAL: "Goal",
    ShotResult.SAVED: "Saved",
    ShotResult.BLOCKED: "Blocked",
    ShotResult.POST: "Post",
    ShotResult.OFF_TARGET: "Off T",
}
_SHOT_TYPES: Final = {
    SetPieceType.PENALTY: "Penalty",
    SetPieceType.FREE_KICK: "Free Kick",
    SetPieceType.CORNER_KICK: "Corner",
}
_BODY_PARTS: Final = {
    BodyPart.RIGHT_FOOT: "Right Foot",
    BodyPart.LEFT_FOOT: "Left Foot",
    BodyPart.HEAD: "Head",
}
_CARDS: Final = {
    CardType.FIRST_YELLOW: "Yellow Card",
    CardType.SECOND_YELLOW: "Second Yellow",
    CardType.RED: "Red Card",
}
# Events that need no more than a name.
_PLAIN: Final = {
    EventType.BALL_OUT: "Ball Out",
    EventType.CARRY: "Carry",
    EventType.CLEARANCE: "Clearance",
    EventType.DUEL: "Duel",
    EventType.FORMATION_CHANGE: "Tactical Shift",
    EventType.GOALKEEPER: "Goal Keeper",
    EventType.INTERCEPTION: "Interception",
    EventType.MISCONTROL: "Miscontrol",
    EventType.PLAYER_OFF: "Player Off",
    EventType.PLAYER_ON: "Player On",
    EventType.PRESSURE: "Pressure",
    EventType.RECOVERY: "Ball Recovery",
    EventType.TAKE_ON: "Dribble",
}
# What providers call things that kloppy has no type for.
_GENERIC: Final = {"offside": "Offside", "offsides": "Offside", "block": "Block"}
_DATAFACTORY_OWN_GOAL: Final = 10
# Written from the periods, the line-ups and the shots instead; or not a thing that a side does.
_LEFT_OUT: Final = frozenset(
    {"half start", "half end", "starting xi", "own goal for", "own goal against", "goal"}
)


@dataclass(frozen=True)
class Sides:
    """Which team is which: names by ground ("home", "away"), and grounds by the provider's team id."""

    names: Mapping[str, str]
    grounds: Mapping[str, str]

    def ground(self, team: Team) -> str:
        """Return a team's ground."""
        return self.grounds[team.team_id]

    def named(self, team: Team, *, other: bool = False) -> Record:
        """Return a team, or its opponent, as events name it."""
        ground = self.ground(team)
        return {"name": self.names[("away" if ground == "home" else "home") if other else ground]}


def translate(event: KloppyEvent, sides: Sides, *, cards_told: bool, mirrored: bool) -> Iterator[Record]:
    """Yield the records of an event, without id, index and time.

    Args:
        event: What kloppy read.
        sides: The teams.
        cards_told: Whether cards come as events of their own, so that those of fouls are the same again.
        mirrored: Whether locations are to be turned to the other goal.
    """
    team = event.team or event.ball_owning_team
    base: Record = {"type": {}, "team": sides.named(team)}
    player = _person(event.player)
    if player is not None:
        base["player"] = player
    location = _location(event.coordinates, mirrored=mirrored)
    if location is not None:
        base["location"] = location
    if _is_own_goal(event):
        yield {**base, "type": {"name": "Own Goal Against"}}
        yield {"type": {"name": "Own Goal For"}, "team": sides.named(team, other=True)}
    elif event.event_type in _BODIES:
        kind, body = _BODIES[event.event_type](event, mirrored)
        yield {**base, "type": {"name": kind}, **body}
    elif event.event_type == EventType.FOUL_COMMITTED:
        card = _qualifier(event, CardType)
        body = {"foul_committed": {"card": {"name": _CARDS[card]}}} if card and not cards_told else {}
        yield {**base, "type": {"name": "Foul Committed"}, **body}
    elif event.event_type in _PLAIN:
        yield {**base, "type": {"name": _PLAIN[event.event_type]}}
    elif (name := _generic_name(event)).casefold() not in _LEFT_OUT:
        yield {**base, "type": {"name": _GENERIC.get(name.casefold(), name)}}


def starting_eleven(team: Team, sides: Sides) -> Record | None:
    """Return the event of a team's line-up, if the file says who started."""
    lineup = [
        {"player": person, "jersey_number": player.jersey_no or 0}
        for player in team.players
        if player.starting and (person := _person(player)) is not None
    ]
    if not lineup:
        return None
    return {"type": {"name": "Starting XI"}, "team": sides.named(team), "tactics": {"lineup": lineup}}


def _pass(event: KloppyEvent, mirrored: bool) -> tuple[str, Record]:
    body: Record = {}
    if event.result in _PASS_OUTCOMES:
        body["outcome"] = {"name": _PASS_OUTCOMES[event.result]}
    set_piece = _qualifier(event, SetPieceType)
    if set_piece in _SET_PIECES:
        body["type"] = {"name": _SET_PIECES[set_piece]}
    end = _location(event.receiver_coordinates, mirrored=mirrored)
    if end is not None:
        body["end_location"] = end
    recipient = _person(event.receiver_player)
    if recipient is not None:
        body["recipient"] = recipient
    return "Pass", {"pass": body}


def _shot(event: KloppyEvent, mirrored: bool) -> tuple[str, Record]:
    body: Record = {"type": {"name": _SHOT_TYPES.get(_qualifier(event, SetPieceType), "Open Play")}}
    if event.result in _SHOT_OUTCOMES:
        body["outcome"] = {"name": _SHOT_OUTCOMES[event.result]}
    body_part = _qualifier(event, BodyPart)
    if body_part is not None:
        body["body_part"] = {"name": _BODY_PARTS.get(body_part, "Other")}
    chance = next((s.value for s in event.statistics or () if s.name == "xG"), None)
    if chance is not None:
        body["statsbomb_xg"] = min(max(float(chance), 0.0), 1.0)
    # A shot from the own half is rarer than a feed that turns a single shot the wrong way.
    location = _location(event.coordinates, mirrored=mirrored)
    if location is not None and location[0] < PITCH[0] / 2:
        return "Shot", {"shot": body, "location": _location(event.coordinates, mirrored=not mirrored)}
    return "Shot", {"shot": body}


def _card(event: KloppyEvent, _mirrored: bool) -> tuple[str, Record]:
    name = _CARDS.get(event.card_type)
    return "Bad Behaviour", {"bad_behaviour": {"card": {"name": name}}} if name else {}


def _substitution(event: KloppyEvent, _mirrored: bool) -> tuple[str, Record]:
    replacement = _person(event.replacement_player)
    return "Substitution", {"substitution": {"replacement": replacement} if replacement else {}}


_BODIES: Final[dict[EventType, Callable[[KloppyEvent, bool], tuple[str, Record]]]] = {
    EventType.PASS: _pass,
    EventType.SHOT: _shot,
    EventType.CARD: _card,
    EventType.SUBSTITUTION: _substitution,
}


def _is_own_goal(event: KloppyEvent) -> bool:
    if event.event_type != EventType.SHOT:
        return False
    if event.dataset.metadata.provider == Provider.DATAFACTORY and event.result == ShotResult.GOAL:
        # kloppy 3.19 takes DataFactory's own goals for goals of the team that they were scored against.
        return bool(event.raw_event.get("type") == _DATAFACTORY_OWN_GOAL)
    return bool(event.result == ShotResult.OWN_GOAL)


def _generic_name(event: KloppyEvent) -> str:
    raw = event.raw_event
    named = raw.get("eventName") if isinstance(raw, dict) else None
    return str(named or event.event_name)


def _qualifier(event: KloppyEvent, kind: type) -> Any:
    qualifiers = getattr(event, "qualifiers", None) or ()
    return next((q.value for q in qualifiers if isinstance(q.value, kind)), None)


def _person(player: Any) -> Record | None:
    if player is None:
        return None
    name = player.full_name or player.name or f"Player {player.player_id}"
    # Wyscout's open data has names with escapes that were escaped once more.
    return {"name": _ESCAPED.sub(lambda found: chr(int(found[1], 16)), " ".join(name.split()))}


def _location(point: Any, *, mirrored: bool) -> list[float] | None:
    if point is None or point.x is None or point.y is None:
        return None
    x, y = float(point.x), float(point.y)
    if mirrored:
        x, y = PITCH[0] - x, PITCH[1] - y
    return [round(x, 1), round(y, 1)]
