"""Looking at the parts of the system, each in its own greenlet so that a slow one holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any

import gevent

from matchcast.dashboard.status import SLOT_SECONDS, Component, Reading, State, iso, worst

log = logging.getLogger(__name__)

PERIOD_SECONDS = 2.0

Probe = Callable[[], Reading]


class Monitor:
    """Keeps the state of every component.

    Args:
        probes: For each component what looks at it; a probe that fails leaves it unknown.
        absent: Names of the components that are not part of this system; they do not count in `overall`.

    Attributes:
        on_change: Called when a component's state changed.
    """

    def __init__(self, probes: Mapping[str, Probe], absent: Collection[str] = ()) -> None:
        self._probes = dict(probes)
        self.on_change: Callable[[], None] = lambda: None
        self.components = {name: Component(name, required=name not in absent) for name in probes}
        self._greenlets: list[gevent.Greenlet] = []

    def start(self) -> None:
        """Begin to look, now and every few seconds."""
        self._greenlets = [gevent.spawn(self._watch, name) for name in self._probes]

    def stop(self) -> None:
        """Look no more."""
        gevent.killall(self._greenlets)

    def look(self, name: str) -> None:
        """Look at one component now."""
        try:
            reading = self._probes[name]()
        except Exception as error:  # noqa: BLE001 - whatever a probe meets, its lamp says so
            log.warning("cannot tell the state of %s: %s", name, error)
            reading = Reading("unknown", f"Its state cannot be told: {error}.")
        if self.components[name].observe(reading):
            log.info("%s is %s: %s", name, reading.state, reading.reason, extra={"component": name})
            self.on_change()

    def _watch(self, name: str) -> None:
        while True:
            self.look(name)
            gevent.sleep(PERIOD_SECONDS)

    @property
    def overall(self) -> State:
        """The worst state of all components that are part of this system."""
        return worst(
            component.current().state for component in self.components.values() if component.required
        )

    def lamps(self) -> dict[str, Any]:
        """Return each component's state, reason and since when."""
        return {name: component.lamp() for name, component in self.components.items()}

    def states(self) -> dict[str, State]:
        """Return each component's state alone."""
        return {name: component.current().state for name, component in self.components.items()}

    def as_json(self, now: float) -> dict[str, Any]:
        """Return the states with all that is known of them."""
        return {
            "overall": self.overall,
            "as_of": iso(now),
            "slot_seconds": SLOT_SECONDS,
            "components": [component.as_json() for component in self.components.values()],
        }
