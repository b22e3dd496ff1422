"""The providers that kloppy reads, and which files each ships for a match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Provider:
    """A provider of event data.

    Attributes:
        name: As the user writes it.
        module, function: Where kloppy loads it.
        events: Name of the argument that takes the events' file.
        companion: Name of the argument that takes the second file, if there is one.
        companion_is: What that file is, for people.
        options: Further arguments.
    """

    name: str
    module: str
    function: str = "load"
    events: str = "event_data"
    companion: str | None = None
    companion_is: str = ""
    options: tuple[tuple[str, str], ...] = ()


PROVIDERS: Final = {
    provider.name: provider
    for provider in (
        Provider("wyscout", "wyscout"),
        Provider("wyscout-v2", "wyscout", options=(("data_version", "V2"),)),
        Provider("wyscout-v3", "wyscout", options=(("data_version", "V3"),)),
        Provider("datafactory", "datafactory"),
        Provider("opta", "opta", events="f24_data", companion="f7_data", companion_is="the F7 file with the line-ups"),
        Provider(
            "statsperform", "statsperform", "load_event", events="ma3_data",
            companion="ma1_data", companion_is="the MA1 file with the line-ups",
        ),
        Provider(
            "metrica", "metrica", "load_event", companion="meta_data", companion_is="the EPTS metadata (XML)"
        ),
        Provider(
            "sportec", "sportec", "load_event", companion="meta_data", companion_is="the match information (XML)"
        ),
        Provider("impect", "impect", companion="lineup_data", companion_is="the line-ups (JSON)"),
    )
}  # fmt: skip
