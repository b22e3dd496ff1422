"""Wyscout's open event data into rows of `matches`.

Read are the archive of the matches (one JSON file a competition) and, for each match, the file of
its events. What a tag means: Pappalardo et al., "A public data set of spatio-temporal match events
in soccer competitions", Scientific Data 6:236 (2019).
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from matchcast.events.clock import PERIOD_START
from matchcast.history.errors import UnreadableMatches
from matchcast.history.expected_goals import expected_goals
from matchcast.history.outcome import EXTRA_TIME, PENALTIES, REGULAR
from matchcast.history.tables import Card, Goal, Match, Shot, Side, Substitution

GOAL, OWN_GOAL = 101, 102
HEAD, COUNTER, OPPORTUNITY, ACCURATE, BLOCKED = 403, 1901, 201, 1801, 2101
CARDS = {1701: "red", 1702: "yellow", 1703: "second_yellow"}
SHOTS = {"Shot": "open", "Free kick shot": "freekick", "Penalty": "penalty"}
PERIODS = {"1H": 1, "2H": 2, "E1": 3, "E2": 4}
DURATIONS = {"Regular": REGULAR, "ExtraTime": EXTRA_TIME, "Penalties": PENALTIES}
HOSTS = {"European_Championship": "France", "World_Cup": "Russia"}
"""Tournaments of nations, played on neutral ground but for their host."""

_SIDES: dict[str, Side] = {"home": "home", "away": "away"}
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_PREFIX, _SUFFIX = "matches_", ".json"
_HINT = "fetch it again; if it stays so, the origin has changed its format"


class Fixture(Struct, frozen=True):
    """What the archive of the matches tells of one: its competition and its record."""

    competition: str
    record: dict[str, Any]

    @property
    def match_id(self) -> str:
        """Wyscout's number of the match."""
        return str(self.record["wyId"])


def read_fixtures(archive: bytes) -> list[Fixture]:
    """Return the matches of the archive ``matches.zip``, by competition and number.

    Raises:
        UnreadableMatches: it is not that archive.
    """
    fixtures = []
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for name in sorted(opened.namelist()):
                base = name.rsplit("/", 1)[-1]
                if base.startswith(_PREFIX) and base.endswith(_SUFFIX):
                    competition = base.removeprefix(_PREFIX).removesuffix(_SUFFIX)
                    fixtures += [Fixture(competition, record) for record in json.loads(opened.read(name))]
        return sorted(fixtures, key=lambda fixture: (fixture.competition, int(fixture.match_id)))
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise UnreadableMatches(
            f"Wyscout's archive of matches cannot be read: {error}", hint=_HINT
        ) from error


def convert(fixture: Fixture, events: bytes, *, origin: str, source: str) -> Match:
    """Return the row of a match from its record and the file of its events.

    Where the goals of the events do not add up to the score, the row is of kind "result" and tells
    neither goals nor what else comes from events.

    Raises:
        UnreadableMatches: one of them is not in Wyscout's format.
    """
    try:
        told = json.loads(events)
        return _convert(fixture, told, origin, source)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UnreadableMatches(
            f"Wyscout's match {fixture.record.get('wyId')} cannot be read: {type(error).__name__} {error}",
            hint=_HINT,
        ) from error


def _convert(fixture: Fixture, told: Mapping[str, Any], origin: str, source: str) -> Match:
    record, events = fixture.record, told["events"]
    sides = {int(team): _SIDES[data["side"]] for team, data in record["teamsData"].items()}
    data_of = {sides[int(team)]: data for team, data in record["teamsData"].items()}
    name_of = {sides[int(team)]: _unescaped(found["team"]["name"]) for team, found in told["teams"].items()}
    home, away = data_of["home"], data_of["away"]
    duration = DURATIONS[record["duration"]]
    final = "score" if duration == REGULAR else "scoreET"
    goals = _goals(events, sides)
    scored = tuple(sum(goal.side == side for goal in goals) for side in ("home", "away"))
    complete = scored == (home[final], away[final])
    shoot_out = duration == PENALTIES
    at = str(record["dateutc"]).replace(" ", "T")
    return Match(
        origin=origin,
        source=source,
        match_id=fixture.match_id,
        kind="detailed" if complete else "result",
        date=at[:10],
        home_team=name_of["home"],
        away_team=name_of["away"],
        home_goals=home[final],
        away_goals=away[final],
        competition=fixture.competition,
        season=str(record["seasonId"]),
        kick_off=at,
        neutral=HOSTS.get(fixture.competition, name_of["home"]) != name_of["home"],
        knockout=duration != REGULAR,
        duration=duration,
        home_goals_half_time=home["scoreHT"],
        away_goals_half_time=away["scoreHT"],
        home_goals_90=home["score"],
        away_goals_90=away["score"],
        home_shoot_out=home["scoreP"] if shoot_out else None,
        away_shoot_out=away["scoreP"] if shoot_out else None,
        shoot_out_winner=sides.get(record["winner"]) if shoot_out else None,
        first_half_seconds=_length(events, "1H"),
        second_half_seconds=_length(events, "2H"),
        events=len(events),
        goals=goals if complete else None,
        cards=_cards(events, sides) if complete else None,
        substitutions=_substitutions(data_of) if complete else None,
        shots=_shots(events, sides) if complete else None,
    )


def _unescaped(name: str) -> str:
    """Return a name with its letters: the files escape them twice, as ``Atl\\u00e9tico``."""
    return _ESCAPE.sub(lambda code: chr(int(code[1], 16)), name)


def _in_play(events: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], set[int], int, float]]:
    """Yield each event before the shoot-out with its tags, period and clock in minutes."""
    for event in events:
        period = PERIODS.get(event["matchPeriod"])
        if period is not None:
            tags = {tag["id"] for tag in event["tags"]}
            yield event, tags, period, PERIOD_START[period] + event["eventSec"] / 60


def _player(event: Mapping[str, Any]) -> str | None:
    return str(event["playerId"]) if event.get("playerId") else None


def _goals(events: Sequence[Mapping[str, Any]], sides: Mapping[int, Side]) -> tuple[Goal, ...]:
    goals = []
    for event, tags, period, clock in _in_play(events):
        side = sides[event["teamId"]]
        if OWN_GOAL in tags:
            other: Side = "away" if side == "home" else "home"
            goals.append(Goal(period, clock, other, own_goal=True, player=_player(event)))
        elif GOAL in tags and event["subEventName"] in SHOTS:
            penalty = event["subEventName"] == "Penalty"
            goals.append(Goal(period, clock, side, penalty=penalty, player=_player(event)))
    return tuple(goals)


def _cards(events: Sequence[Mapping[str, Any]], sides: Mapping[int, Side]) -> tuple[Card, ...]:
    return tuple(
        Card(period, clock, sides[event["teamId"]], CARDS[tag], _player(event))
        for event, tags, period, clock in _in_play(events)
        for tag in sorted(tags & CARDS.keys())
    )


def _substitutions(data_of: Mapping[Side, Mapping[str, Any]]) -> tuple[Substitution, ...]:
    found = []
    for side, data in data_of.items():
        made = data.get("formation", {}).get("substitutions")
        for one in made if isinstance(made, list) else ():  # the text "null" where there was none
            found.append(
                Substitution(0, float(one["minute"]), side, str(one["playerOut"]), str(one["playerIn"]))
            )
    return tuple(found)


def _shots(events: Sequence[Mapping[str, Any]], sides: Mapping[int, Side]) -> tuple[Shot, ...]:
    shots = []
    for event, tags, period, clock in _in_play(events):
        kind = SHOTS.get(event["subEventName"])
        if kind is None:
            continue
        place = event["positions"][0]
        head, counter = HEAD in tags, COUNTER in tags
        shots.append(
            Shot(
                period,
                clock,
                sides[event["teamId"]],
                expected_goals(kind, place["x"], place["y"], head=head, counter=counter),
                GOAL in tags,
                ACCURATE in tags,
                kind=kind,
                x=place["x"] * 1.2,
                y=place["y"] * 0.8,
                blocked=BLOCKED in tags,
                head=head,
                counter=counter,
                opportunity=OPPORTUNITY in tags,
                player=_player(event),
            )
        )
    return tuple(shots)


def _length(events: Sequence[Mapping[str, Any]], period: str) -> int | None:
    seconds = [event["eventSec"] for event in events if event["matchPeriod"] == period]
    return round(max(seconds)) if seconds else None
