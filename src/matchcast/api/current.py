"""The model that a process serves now."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from matchcast.api.messages import Refusal
from matchcast.api.metrics import Metrics
from matchcast.api.problems import Problem
from matchcast.errors import MatchcastError
from matchcast.forecast import artefact
from matchcast.forecast.artefact import Artefact, Card
from matchcast.forecast.errors import DamagedModel
from matchcast.forecast.forecast import Forecaster
from matchcast.forecast.model import GoalRateForecaster
from matchcast.forecast.model_cache import ModelCache
from matchcast.forecast.situation import Situation

log = logging.getLogger(__name__)

# What every model must know: before kick-off all is open, and what has ended is certain.
_BEFORE_KICK_OFF = Situation("Home", "Away")
_HOME_WON = Situation("Home", "Away", period=2, minute=90, home_goals=1, finished=True)
_TOLERANCE = 1e-6

RETRY_AFTER = 5
"""Seconds after which a client that got no forecast may ask again."""


class Served(NamedTuple):
    """A model and its card."""

    forecaster: Forecaster
    card: Card


class CurrentModel:
    """Holds the one model that a process answers from.

    A model never changes; a newer one replaces it whole, by one assignment. So whoever takes `served`
    once answers a whole request from one model, whatever is swapped in meanwhile.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self._served: Served | None = None
        self._reason = "no model has been loaded"
        self.refusal: Refusal | None = None
        """The model that should be in force and is not; None: there is none such."""

    @property
    def served(self) -> Served:
        """The model in force.

        Raises:
            Problem: 503, there is none; the detail says why.
        """
        if self._served is None:
            raise Problem(
                503, f"No model is in force: {self._reason}.", headers={"Retry-After": str(RETRY_AFTER)}
            )
        return self._served

    @property
    def version(self) -> str | None:
        """Name of the model in force, or None when there is none."""
        return None if self._served is None else self._served.forecaster.version

    def swap(self, forecaster: Forecaster, card: Card) -> None:
        """Serve another model from now on.

        Raises:
            DamagedModel: what it says of a plain match cannot be; the model in force stays.
        """
        check(forecaster)
        self.metrics.note_model(forecaster.version, self.version)
        self._served = Served(forecaster, card)
        self.refusal = None
        log.info("model in force", extra={"model_version": forecaster.version})

    def load(self, path: Path | None = None) -> None:
        """Serve the model in a file, or the champion that the package carries.

        A damaged one is refused; the model in force, if any, stays.
        """
        try:
            self.serve(artefact.load_champion() if path is None else artefact.load(path))
        except DamagedModel as error:
            self.refuse(str(path or "the package's champion"), error)
            if self._served is None:
                self._reason = "the one that was to be served is damaged, the log says how"

    def load_kept(self, cache: ModelCache) -> None:
        """Serve the champion that was kept on disk, else the package's."""
        kept = cache.champion()
        if kept is not None:
            try:
                self.serve(kept)
            except DamagedModel as error:
                self.refuse(kept.version, error)
        if self._served is None:
            self.load()

    def serve(self, model: Artefact) -> None:
        """Serve an artefact from now on.

        Raises:
            DamagedModel: what it says of a plain match cannot be; the model in force stays.
        """
        self.swap(GoalRateForecaster(model), model.card)

    def refuse(self, version: str, error: MatchcastError) -> None:
        """Note that a model was to be served and is not; the one in force stays."""
        self.refusal = Refusal(version, error.message, datetime.now(UTC).isoformat(timespec="seconds"))
        self.metrics.refused.inc()
        log.error("model refused: %s", error.message, extra={"kept": self.version, "hint": error.hint})


def check(forecaster: Forecaster) -> None:
    """Ask a model what is known beforehand.

    Raises:
        DamagedModel: it got that wrong.
    """
    before, after = forecaster.outcomes([_BEFORE_KICK_OFF, _HOME_WON])
    possible = all(math.isfinite(chance) and 0 < chance < 1 for chance in before)
    if not possible or abs(sum(before) - 1) > _TOLERANCE or abs(after.home - 1) > _TOLERANCE:
        raise DamagedModel(
            f"The model {forecaster.version} says {tuple(before)} before a plain match and "
            f"{tuple(after)} after it was won 1-0.",
            hint="serve another model, or train this one anew",
        )
