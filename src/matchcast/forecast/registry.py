"""The registry: which models there are, which one is the champion, who made it so and why.

A registry is the fold of a log whose records have a key and a value, so that the log may be a compacted
topic: `model/VERSION` holds an artefact, `change/TIME/ID` a `Change`. Artefacts are immutable, since
their version names their contents; changes are never overwritten, since each has a key of its own.
The order of the log is the order of the changes.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from matchcast.forecast.artefact import Artefact, from_bytes
from matchcast.forecast.errors import DamagedModel, NotInRegistry

log = logging.getLogger(__name__)

_MODEL, _CHANGE = "model/", "change/"
_HINT = "list what there is with `matchcast models list`"


class Change(Struct, frozen=True):
    """Something that was done to the registry: by whom, when (ISO 8601), why.

    `replaces` is the champion that the change was decided against: one that finds another champion in
    force has no effect. `version` is the model that was added, promoted, or rolled back to.
    """

    kind: Literal["add", "promote", "roll_back"]
    version: str
    who: str
    when: str
    why: str
    replaces: str | None = None


class Standing(Enum):
    """What a model is: the champion, one that was, or one that wants to be."""

    CHAMPION = "champion"
    FORMER = "former"
    CHALLENGER = "challenger"


class Taken(NamedTuple):
    """A change of the log, and why it had no effect; None: it had."""

    change: Change
    without_effect: str | None


class Registry:
    """The models and changes of a log, read so far."""

    def __init__(self) -> None:
        self.changes: list[Taken] = []
        self._artefacts: dict[str, bytes] = {}
        self._line: list[str] = []
        """The champions that a roll back goes through; the last one is in force."""

    @property
    def champion(self) -> str | None:
        """Version of the champion; None: none was ever promoted, so the package's own serves."""
        return self._line[-1] if self._line else None

    @property
    def before_champion(self) -> str | None:
        """Version that a roll back goes to; None: there is none."""
        return self._line[-2] if len(self._line) > 1 else None

    def models(self) -> Iterator[tuple[str, Standing]]:
        """Every model that there is, and what it is."""
        promoted = {taken.change.version for taken in self.changes if taken.change.kind == "promote"}
        for version in self._artefacts:
            if version == self.champion:
                yield version, Standing.CHAMPION
            elif version in promoted or version in self._line:
                yield version, Standing.FORMER
            else:
                yield version, Standing.CHALLENGER

    def __contains__(self, version: str) -> bool:
        return version in self._artefacts

    def data(self, version: str) -> bytes:
        """The bytes of a model, as they lie in the log.

        Raises:
            NotInRegistry: there is no model of that version.
        """
        if version not in self._artefacts:
            raise NotInRegistry(f"the registry has no model {version}", hint=_HINT)
        return self._artefacts[version]

    def artefact(self, version: str) -> Artefact:
        """A model, proven to be what its version names.

        Raises:
            NotInRegistry: there is no model of that version.
            DamagedModel: its bytes are no sound model, or are another one.
        """
        return proven(self.data(version), version)

    def take(self, key: bytes | None, value: bytes | None) -> None:
        """Take the next record of the log; what is none of the registry's is logged and passed over."""
        name = (key or b"").decode("utf-8", "backslashreplace")
        if name.startswith(_MODEL) and value is not None:
            self._take_model(name.removeprefix(_MODEL), value)
        elif name.startswith(_CHANGE) and value is not None:
            try:
                change = msgspec.json.decode(value, type=Change)
            except msgspec.MsgspecError as error:
                log.warning("a change of the registry cannot be read: %s", error, extra={"key": name})
            else:
                self.changes.append(Taken(change, self._apply(change)))
        else:
            log.warning("a record of the registry is passed over", extra={"key": name})

    def _take_model(self, version: str, data: bytes) -> None:
        """Keep a model; one that is there and sound is not replaced by other bytes."""
        known = self._artefacts.get(version)
        if known is None or known == data or not _is_sound(known, version):
            self._artefacts[version] = data
        else:
            log.warning("a model was to be overwritten; kept as it was", extra={"model_version": version})

    def _apply(self, change: Change) -> str | None:
        if change.kind == "add":
            return None
        if self._line and change.replaces != self._line[-1]:
            return f"decided when {change.replaces} was the champion, which {self._line[-1]} was by then"
        if change.kind == "promote":
            if not self._line and change.replaces is not None:
                self._line.append(change.replaces)
            if change.version == self.champion:
                return "it is the champion"
            self._line.append(change.version)
        elif self.before_champion != change.version:
            return f"{change.version} is not what was the champion before"
        else:
            self._line.pop()
        return None


def proven(data: bytes, version: str) -> Artefact:
    """Read a model and see that it is the one that a version names.

    Raises:
        DamagedModel: it is not.
    """
    artefact = from_bytes(data, version)
    if artefact.version != version:
        raise DamagedModel(
            f"what is kept as {version} is {artefact.version}", hint="add the model again from its file"
        )
    return artefact


def _is_sound(data: bytes, version: str) -> bool:
    try:
        proven(data, version)
    except DamagedModel:
        return False
    return True


def model_key(version: str) -> bytes:
    """Key of a model's record."""
    return f"{_MODEL}{version}".encode()


def change_record(change: Change) -> tuple[bytes, bytes]:
    """Key and value of a change's record."""
    return f"{_CHANGE}{change.when}/{uuid.uuid4().hex[:8]}".encode(), msgspec.json.encode(change)


def now() -> str:
    """The time, as changes name it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
