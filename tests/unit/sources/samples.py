"""Event files of every provider: those that kloppy's own package brings."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import kloppy

FILES = Path(kloppy.__file__).parent / "tests" / "files"


class Sample(NamedTuple):
    """A provider's file, and the score that its events tell (some samples are cut short)."""

    provider: str
    file: str
    companion: str | None
    score: tuple[int, int]
    home: str | None = None
    away: str | None = None


SAMPLES = (
    Sample("statsbomb", "statsbomb_3788741_event.json", None, (0, 3), "Turkey", "Italy"),
    Sample("wyscout", "wyscout_events_v2.json", None, (3, 2)),
    Sample("wyscout-v2", "wyscout_events_v2.json", None, (3, 2)),
    Sample("wyscout", "wyscout_events_v3.json", None, (3, 0)),
    Sample("wyscout-v3", "wyscout_events_v3.json", None, (3, 0)),
    Sample("datafactory", "datafactory_events.json", None, (4, 2)),
    Sample("opta", "opta_f24.xml", "opta_f7.xml", (1, 2)),
    Sample("statsperform", "statsperform_event_ma3.json", "statsperform_event_ma1.json", (2, 1)),
    Sample("statsperform", "statsperform_event_ma3.xml", "statsperform_event_ma1.xml", (2, 1)),
    Sample("metrica", "metrica_events.json", "epts_metrica_metadata.xml", (0, 2)),
    Sample("sportec", "sportec_events.xml", "sportec_meta.xml", (2, 0)),
    Sample("impect", "impect_events.json", "impect_lineups.json", (5, 2), "Reds", "Blues"),
)
