"""The event record: a StatsBomb-shaped JSON object, optionally with the match that it belongs to.

Records are decoded into these types straight from bytes (msgspec checks types and bounds as it
goes). Fields and event types that are not known here pass: they are skipped in decoding and kept
in the bytes. What cannot be read raises `InvalidRecord`, whatever the bytes are.
"""

from __future__ import annotations

import inspect
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from matchcast.events.errors import InvalidRecord

MAX_RECORD_BYTES = 1_000_000
"""Longest record that is read; Kafka's own default limit for a message is a little above."""

MAX_NAME = 200
"""Longest name of a team, player, type or match, in characters."""

LAST_MINUTE = 200
"""Highest minute on the match clock: 120 minutes of play, stoppage and a long shoot-out."""

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
Identifier = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | Name
Minute = Annotated[int, Meta(ge=0, le=LAST_MINUTE)]
Second = Annotated[int, Meta(ge=0, le=59)]
Period = Annotated[int, Meta(ge=1, le=5)]
Probability = Annotated[float, Meta(ge=0, le=1)]
ExpectedGoals = Annotated[float, Meta(gt=0, le=20)]


class Named(Struct, frozen=True, omit_defaults=True, gc=False):
    """Something with a name and, in StatsBomb's files, a number: a type, team, player, outcome."""

    name: Name
    id: Identifier | None = None


class Strengths(Struct, frozen=True, omit_defaults=True, gc=False):
    """Goals that each team is expected to score in 90 minutes, before the match."""

    home: ExpectedGoals
    away: ExpectedGoals


class MatchInfo(Struct, frozen=True, omit_defaults=True, gc=False):
    """The match that a record belongs to.

    `origin` says where the events come from: "live", "replay" or "simulated"; a simulated match also
    carries the `seed` and `model_version` that make it again.
    """

    id: Name
    home_team: Name
    away_team: Name
    competition: Name | None = None
    neutral: bool = False
    knockout: bool = False
    kick_off: Name | None = None
    strengths: Strengths | None = None
    origin: Name = "live"
    seed: int | None = None
    model_version: Name | None = None

    def __post_init__(self) -> None:
        if self.home_team == self.away_team:
            raise ValueError(f"home_team and away_team are both {self.home_team!r}")


class Shot(Struct, frozen=True, omit_defaults=True, gc=False):
    """A shot; its expected goals stand in `statsbomb_xg` or, in the original format, in `xG`."""

    outcome: Named | None = None
    statsbomb_xg: Probability | None = None
    original_xg: Probability | None = field(default=None, name="xG")
    type: Named | None = None
    body_part: Named | None = None

    @property
    def xg(self) -> float | None:
        """Expected goals of the shot, 0 to 1, where the record tells."""
        return self.original_xg if self.statsbomb_xg is None else self.statsbomb_xg


class Pass(Struct, frozen=True, omit_defaults=True, gc=False):
    """A pass; one without an outcome was completed."""

    outcome: Named | None = None
    type: Named | None = None


class Carded(Struct, frozen=True, omit_defaults=True, gc=False):
    """The part of a foul or of bad behaviour that matters here: the card."""

    card: Named | None = None


class Substituted(Struct, frozen=True, omit_defaults=True, gc=False):
    """Who came on in a substitution."""

    replacement: Named | None = None


class LineupPlace(Struct, frozen=True, omit_defaults=True, gc=False):
    """One place of a starting eleven."""

    player: Named


class Tactics(Struct, frozen=True, omit_defaults=True, gc=False):
    """The starting eleven of a team."""

    lineup: tuple[LineupPlace, ...] = ()


class MatchEnd(Struct, frozen=True, omit_defaults=True, gc=False):
    """Why a match ended; without a reason it was played to its end."""

    reason: Name | None = None


class Event(Struct, frozen=True, omit_defaults=True, gc=False):
    """One event of a match."""

    id: Identifier
    minute: Minute
    second: Second
    type: Named
    team: Named
    period: Period | None = None
    index: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    timestamp: Annotated[str, Meta(max_length=MAX_NAME)] | None = None
    player: Named | None = None
    location: tuple[float, ...] | None = None
    shot: Shot | None = None
    pass_: Pass | None = field(default=None, name="pass")
    foul_committed: Carded | None = None
    bad_behaviour: Carded | None = None
    substitution: Substituted | None = None
    tactics: Tactics | None = None
    match_end: MatchEnd | None = None
    match: MatchInfo | None = None

    @property
    def period_or_inferred(self) -> int:
        """The period, or the half that the minute falls in where the record does not say.

        The original format has no period: its minute 45 opens the second half, and extra time
        cannot be told from a long second half.
        """
        if self.period is not None:
            return self.period
        return 1 if self.minute < 45 else 2


_decoder = msgspec.json.Decoder(Event)
_encoder = msgspec.json.Encoder()


def decode(raw: bytes) -> Event:
    """Read a record.

    Raises:
        InvalidRecord: the bytes are not an event; `reason` says what is wrong and `path` where.
    """
    if len(raw) > MAX_RECORD_BYTES:
        raise InvalidRecord(f"is {len(raw)} bytes long, the limit is {MAX_RECORD_BYTES}")
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at ")
        raise InvalidRecord(reason, path=path.strip("`")) from error
    except msgspec.DecodeError as error:
        raise InvalidRecord(f"is not JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise InvalidRecord(f"is not UTF-8: {error.reason}") from error
    except RecursionError as error:
        raise InvalidRecord("is nested too deeply") from error


def encode(event: Event) -> bytes:
    """Write a record as JSON; fields that are not known here are not in it."""
    return _encoder.encode(event)


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a record."""
    schema = msgspec.json.schema(Event)
    for definition in schema["$defs"].values():
        if "description" in definition:  # Python 3.13 takes the indentation out of docstrings, others keep it
            definition["description"] = inspect.cleandoc(definition["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Match event", **schema}
