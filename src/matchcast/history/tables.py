"""The two tables of the history and their columns, in DuckDB's types.

`events`: one row a record, as it lay in the stream or in a file; `value` holds its bytes.
`matches`: one row a match that is over, whatever it comes from.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

EVENTS: dict[str, str] = {
    "origin": "VARCHAR",
    "source": "VARCHAR",
    "match_id": "VARCHAR",
    "event_id": "VARCHAR",
    "event_index": "BIGINT",
    "period": "TINYINT",
    "minute": "SMALLINT",
    "second": "TINYINT",
    "type": "VARCHAR",
    "team": "VARCHAR",
    "player": "VARCHAR",
    "recorded_at": "TIMESTAMP",
    "kafka_partition": "INTEGER",
    "kafka_offset": "BIGINT",
    "value": "BLOB",
}

Side = Literal["home", "away"]
Kind = Literal["result", "goals", "detailed"]
"""What is known of a match: its score alone, its goals to the minute, or all that its events tell."""


class Goal(Struct, frozen=True):
    """A goal, for the side that it counts for.

    `clock` is in minutes of play. Period 0 says that the origin does not tell the period: then it is
    the minute as written, stoppage folded into 45 and 90.
    """

    period: int
    clock: float
    side: Side
    own_goal: bool = False
    penalty: bool = False
    player: str | None = None


class Card(Struct, frozen=True):
    """A card: "yellow", "second_yellow" or "red"."""

    period: int
    clock: float
    side: Side
    card: str
    player: str | None = None


class Substitution(Struct, frozen=True):
    """A substitution; some origins tell its minute without its period, which is 0 then."""

    period: int
    clock: float
    side: Side
    player_off: str | None = None
    player_on: str | None = None


class Shot(Struct, frozen=True):
    """A shot in play; x and y on StatsBomb's pitch of 120 by 80, attacking to the right.

    `kind` is "open", "freekick" or "penalty". `opportunity` is Wyscout's word for a clear chance.
    """

    period: int
    clock: float
    side: Side
    xg: float
    goal: bool
    on_target: bool
    kind: str = "open"
    x: float | None = None
    y: float | None = None
    blocked: bool | None = None
    head: bool | None = None
    counter: bool | None = None
    opportunity: bool | None = None
    player: str | None = None


class Match(Struct, frozen=True):
    """A match that is over: a row of `matches`.

    `home_goals` and `away_goals` are the score at the end, extra time included and the shoot-out
    left out; the columns `_90` after 90 minutes. Lists are None where the origin does not tell.
    `date` is that of the kick-off (UTC) or, where nobody says, of the first record. `strengths_*`
    are goals expected before the match.
    """

    origin: str
    source: str
    match_id: str
    kind: Kind
    date: str
    home_team: str
    away_team: str
    home_goals: int
    away_goals: int
    competition: str | None = None
    country: str | None = None
    season: str | None = None
    kick_off: str | None = None
    neutral: bool = False
    knockout: bool = False
    status: str = "finished"
    duration: str | None = None
    home_goals_half_time: int | None = None
    away_goals_half_time: int | None = None
    home_goals_90: int | None = None
    away_goals_90: int | None = None
    home_shoot_out: int | None = None
    away_shoot_out: int | None = None
    shoot_out_winner: str | None = None
    strengths_home: float | None = None
    strengths_away: float | None = None
    first_half_seconds: int | None = None
    second_half_seconds: int | None = None
    events: int | None = None
    seed: int | None = None
    model_version: str | None = None
    goals: tuple[Goal, ...] | None = None
    cards: tuple[Card, ...] | None = None
    substitutions: tuple[Substitution, ...] | None = None
    shots: tuple[Shot, ...] | None = None


_MOMENT: dict[str, str] = {"period": "TINYINT", "clock": "DOUBLE", "side": "VARCHAR"}
Column = str | list[dict[str, str]]
"""A type of DuckDB's, or the fields of a list of structs."""

MATCHES: dict[str, Column] = {
    "origin": "VARCHAR",
    "source": "VARCHAR",
    "match_id": "VARCHAR",
    "kind": "VARCHAR",
    "date": "DATE",
    "home_team": "VARCHAR",
    "away_team": "VARCHAR",
    "home_goals": "SMALLINT",
    "away_goals": "SMALLINT",
    "competition": "VARCHAR",
    "country": "VARCHAR",
    "season": "VARCHAR",
    "kick_off": "TIMESTAMP",
    "neutral": "BOOLEAN",
    "knockout": "BOOLEAN",
    "status": "VARCHAR",
    "duration": "VARCHAR",
    "home_goals_half_time": "SMALLINT",
    "away_goals_half_time": "SMALLINT",
    "home_goals_90": "SMALLINT",
    "away_goals_90": "SMALLINT",
    "home_shoot_out": "SMALLINT",
    "away_shoot_out": "SMALLINT",
    "shoot_out_winner": "VARCHAR",
    "strengths_home": "DOUBLE",
    "strengths_away": "DOUBLE",
    "first_half_seconds": "INTEGER",
    "second_half_seconds": "INTEGER",
    "events": "INTEGER",
    "seed": "BIGINT",
    "model_version": "VARCHAR",
    "goals": [{**_MOMENT, "own_goal": "BOOLEAN", "penalty": "BOOLEAN", "player": "VARCHAR"}],
    "cards": [{**_MOMENT, "card": "VARCHAR", "player": "VARCHAR"}],
    "substitutions": [{**_MOMENT, "player_off": "VARCHAR", "player_on": "VARCHAR"}],
    "shots": [
        {
            **_MOMENT,
            "xg": "DOUBLE",
            "goal": "BOOLEAN",
            "on_target": "BOOLEAN",
            "kind": "VARCHAR",
            "x": "DOUBLE",
            "y": "DOUBLE",
            "blocked": "BOOLEAN",
            "head": "BOOLEAN",
            "counter": "BOOLEAN",
            "opportunity": "BOOLEAN",
            "player": "VARCHAR",
        }
    ],
}


def sql_type(column: Column) -> str:
    """Return a column's type as DuckDB's SQL writes it."""
    if isinstance(column, str):
        return column
    fields = ", ".join(f'"{name}" {kind}' for name, kind in column[0].items())
    return f"STRUCT({fields})[]"
