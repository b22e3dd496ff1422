"""The model as a file: numbers and a card in JSON, sealed with a hash, unable to run code."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from matchcast.forecast.baselines import Baselines
from matchcast.forecast.course import BINS
from matchcast.forecast.errors import DamagedModel, ModelNotWritten
from matchcast.forecast.goal_rates import COEFFICIENTS, GoalRates
from matchcast.forecast.ratings import Ratings, Scale

SCHEMA = 1
MOST_BYTES = 4_000_000
CHAMPION = "champion.json"
_HINT = "take a fresh copy of the file, or train a model with `matchcast train --data DIR`"


class DataSource(Struct, frozen=True):
    """History that a model was made from, with the attribution that its licence asks for."""

    name: str
    licence: str
    attribution: str
    matches: int
    used_for: str


class Card(Struct, frozen=True):
    """What a reader should know of a model.

    `metrics` hold, for each set of matches that the model was judged on, its figures and those of each
    baseline, as `matchcast evaluate --json` prints them.
    """

    trained_until: str
    made_on: str
    package_version: str
    data: list[DataSource]
    metrics: Mapping[str, Any]
    notes: list[str]


class Artefact(Struct, frozen=True, dict=True):
    """A model: goal rates, ratings, card. Immutable; its version names its contents.

    `projections` turns goals that somebody else expected (their log) into ours; `baselines` are by
    the set of matches they were fitted on, `international` or `detailed`.
    """

    goal_rates: GoalRates
    ratings: Ratings
    projections: Scale
    baselines: Mapping[str, Baselines]
    card: Card
    schema: int = SCHEMA

    @cached_property
    def sha256(self) -> str:
        """Hash of the contents, in hexadecimal."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()

    @property
    def version(self) -> str:
        """Name of the model: until when it knows football, and the start of its hash."""
        return f"goal-rates-{self.card.trained_until}-{self.sha256[:12]}"


class _Sealed(Struct, frozen=True):
    sha256: str
    model: msgspec.Raw


def to_bytes(artefact: Artefact) -> bytes:
    """The artefact as a sealed file."""
    model = msgspec.json.encode(artefact, order="sorted")
    sealed = _Sealed(hashlib.sha256(model).hexdigest(), msgspec.Raw(model))
    return msgspec.json.format(msgspec.json.encode(sealed), indent=1) + b"\n"


def from_bytes(data: bytes, origin: str = "the model") -> Artefact:
    """Read a sealed artefact; `origin` names it in errors.

    Raises:
        DamagedModel: The bytes are no model, were altered, or hold impossible values.
    """
    try:
        sealed = msgspec.json.decode(data, type=_Sealed)
        header = msgspec.json.decode(sealed.model, type=_Header)
        if header.schema != SCHEMA:
            raise DamagedModel(
                f"{origin} has schema {header.schema}; this version of Matchcast reads {SCHEMA}",
                hint="use the Matchcast that made it, or train it anew",
            )
        artefact = msgspec.json.decode(sealed.model, type=Artefact)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedModel(f"{origin} is no model that can be read: {error}", hint=_HINT) from error
    if artefact.sha256 != sealed.sha256:
        raise DamagedModel(f"{origin} was altered: its contents do not match its hash", hint=_HINT)
    fault = _fault(artefact)
    if fault:
        raise DamagedModel(f"{origin} holds impossible values: {fault}", hint=_HINT)
    return artefact


class _Header(Struct, frozen=True):
    schema: int


def _fault(artefact: Artefact) -> str | None:
    """The first value that no fit could give, in words."""
    rates, ratings = artefact.goal_rates, artefact.ratings
    for shares in (rates.club_shares, rates.national_shares):
        if len(shares) != BINS or not all(0 < share < 1 for share in shares):
            return f"goal shares must be {BINS} numbers between 0 and 1"
        if not math.isclose(sum(shares), 1.0, abs_tol=1e-3):
            return "goal shares must sum to 1"
    if set(rates.coefficients) != set(COEFFICIENTS):
        return "its coefficients are not those of this version's goal rates"
    if not all(abs(value) < 5 for value in rates.coefficients.values()):
        return "a coefficient is out of range"
    pools = {"national": ratings.national, "club": ratings.club}
    for name, pool in pools.items():
        numbers = [number for team in pool.teams.values() for number in (team.attack, team.defence)]
        if not all(abs(number) < 5 for number in numbers):
            return f"a rating among the {name} teams is out of range"
    for scale in (ratings.national.scale, ratings.club.scale, artefact.projections):
        if not all(abs(number) < 5 for number in (scale.base, scale.at_home, scale.away, scale.slope)):
            return "a scale from strength to goals is out of range"
    return None


def load(path: Path) -> Artefact:
    """Read an artefact from a file.

    Raises:
        DamagedModel: There is no such file, or it is no sound model.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DamagedModel(f"{path} cannot be read: {error.strerror}", hint=_HINT) from error
    if len(data) > MOST_BYTES:
        raise DamagedModel(f"{path} is larger than any model", hint=_HINT)
    return from_bytes(data, str(path))


def save(artefact: Artefact, path: Path) -> None:
    """Write an artefact, whole or not at all.

    Raises:
        ModelNotWritten: Its folder does not exist, is not ours, or is full.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_bytes(to_bytes(artefact))
        aside.replace(path)
    except OSError as error:
        raise ModelNotWritten(
            f"{path} cannot be written: {error.strerror}", hint="choose another file for the model"
        ) from error


def load_champion() -> Artefact:
    """The champion that this package carries."""
    file = resources.files("matchcast.forecast") / "champion" / CHAMPION
    return from_bytes(file.read_bytes(), "the packaged champion")
