"""Reading an event file, whoever made it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from matchcast.sources.errors import UnknownProvider
from matchcast.sources.providers import PROVIDERS
from matchcast.sources.recording import Naming, Recording, require_sound
from matchcast.sources.statsbomb import read_statsbomb

STATSBOMB: Final = "statsbomb"


def provider_names() -> list[str]:
    """Return the names of all providers whose event files can be read."""
    return [STATSBOMB, *sorted(PROVIDERS)]


def read(path: Path, provider: str = STATSBOMB, naming: Naming = Naming()) -> Recording:  # noqa: B008 - immutable
    """Read the event file of one match.

    Args:
        path: The file; ``.gz`` is unpacked.
        provider: Who made it: one of `provider_names`.
        naming: What the user says of the match.

    Raises:
        UnknownProvider: nothing here reads that provider.
        MissingCompanion: the provider ships two files a match and only one was given.
        UnreadableFile: the file is not what it should be.
    """
    name = provider.strip().casefold()
    if name == STATSBOMB and naming.companion is None:
        return require_sound(read_statsbomb(path, naming))
    if name not in PROVIDERS and name != STATSBOMB:
        raise UnknownProvider(
            f"No event file of {provider!r} can be read.", hint=f"name one of {', '.join(provider_names())}"
        )
    from matchcast.sources.kloppy_files import read_kloppy  # kloppy takes a second to import

    return require_sound(read_kloppy(path, PROVIDERS[name], naming))
