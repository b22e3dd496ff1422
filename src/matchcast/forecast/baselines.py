"""What any model has to beat: the base rate, and a table of outcomes by minute and lead."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from matchcast.forecast.archive import Floats
from matchcast.forecast.snapshots import MINUTES, Snapshots

_MOST_LEAD = 3
_LEADS = 2 * _MOST_LEAD + 1
_PRIOR = 5.0
"""Snapshots' worth of the base rate that each cell of the table starts with."""


class Baselines(Struct, frozen=True):
    """Trivial forecasters, fitted where the model was.

    `base_rate` is (home, draw, away); `by_minute_and_lead` has it for each of the 18 minutes of
    `snapshots` and each lead of the home team from -3 to 3.
    """

    base_rate: list[float]
    by_minute_and_lead: list[list[list[float]]]

    def of_base_rate(self, taken: Snapshots) -> Floats:
        """The base rate for every snapshot, (N, 3)."""
        return np.tile(np.array(self.base_rate), (len(taken.match), 1))

    def of_table(self, taken: Snapshots) -> Floats:
        """The table's cell for every snapshot, (N, 3)."""
        lead = np.clip(taken.lead, -_MOST_LEAD, _MOST_LEAD) + _MOST_LEAD
        return np.array(self.by_minute_and_lead)[np.searchsorted(MINUTES, taken.minute), lead]


def fit_baselines(taken: Snapshots) -> Baselines:
    """Count outcomes over snapshots."""
    rate = np.bincount(taken.outcome, minlength=3) / len(taken.outcome)
    cells = np.tile(_PRIOR * rate, (len(MINUTES), _LEADS, 1))
    lead = np.clip(taken.lead, -_MOST_LEAD, _MOST_LEAD) + _MOST_LEAD
    np.add.at(cells, (np.searchsorted(MINUTES, taken.minute), lead, taken.outcome), 1.0)
    table = cells / cells.sum(axis=2, keepdims=True)
    return Baselines(np.round(rate, 6).tolist(), np.round(table, 5).tolist())
