"""Following the log of models, so that a promoted one is in force within seconds."""

from __future__ import annotations

import logging
import threading

from matchcast.api.current import CurrentModel
from matchcast.errors import MatchcastError
from matchcast.forecast.errors import DamagedModel, NotInRegistry
from matchcast.forecast.model_cache import ModelCache
from matchcast.forecast.model_log import ModelLog

log = logging.getLogger(__name__)

_POLL = 0.5
_ASK_AFTER = 6
"""Polls without news after which Kafka is asked for the log's end: a reader does not tell that it is away."""

_PATIENCE = 3.0
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
_LONGEST_STOP = 1.0


class ModelWatcher:
    """A thread that reads the log of models and puts its champion in force, whole or not at all.

    While Kafka is away the model in force stays, and the thread keeps trying. The champion is kept on
    disk, so that a start without Kafka serves it too.
    """

    def __init__(self, model: CurrentModel, broker: str, topic: str, cache: ModelCache) -> None:
        self._model = model
        self._broker = broker
        self._topic = topic
        self._cache = cache
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="model-watcher", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End; a thread that waits for an answer of Kafka's is left behind, it ends with the process."""
        self._stopping.set()
        self._thread.join(_LONGEST_STOP)

    def _run(self) -> None:
        wait = _FIRST_WAIT
        told: str | None = None
        while not self._stopping.is_set():
            try:
                with ModelLog(self._broker, self._topic) as models:
                    models.refresh(_PATIENCE)
                    self._take(models)
                    wait, told = _FIRST_WAIT, None
                    self._follow(models)
            except MatchcastError as error:
                self._model.metrics.log_up.set(0)
                if error.message != told:
                    log.warning("promotions are not heard of: %s", error.message)
                told = error.message
                self._stopping.wait(wait)
                wait = min(2 * wait, _LONGEST_WAIT)

    def _follow(self, models: ModelLog) -> None:
        quiet = 0
        while not self._stopping.is_set():
            self._model.metrics.log_up.set(1)
            quiet = 0 if models.follow(_POLL) else quiet + 1
            if quiet == _ASK_AFTER:
                models.refresh(_PATIENCE)
                quiet = 0
            if quiet == 0:
                self._take(models)

    def _take(self, models: ModelLog) -> None:
        """Put the champion in force if another one is."""
        champion = models.registry.champion
        if champion is None or champion == self._model.version:
            self._model.refusal = None
            return
        try:
            artefact = models.registry.artefact(champion)
            self._model.serve(artefact)
        except (DamagedModel, NotInRegistry) as error:
            self._model.refuse(champion, error)
        else:
            self._cache.keep_champion(artefact)
