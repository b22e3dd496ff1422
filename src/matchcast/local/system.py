"""`matchcast up` from the first check to the last process ended, and `matchcast down`."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

from matchcast.errors import MatchcastError
from matchcast.local import checks
from matchcast.local.folder import AlreadyRunning, FolderUnusable, RunRecord, StateFolder
from matchcast.local.parts import SPEED, Layout
from matchcast.local.processes import end_group
from matchcast.local.screen import Screen
from matchcast.local.supervisor import Supervisor
from matchcast.settings import Settings

PATIENCE = 10.0
"""Seconds that a process of an earlier run gets to end before it is killed."""
DOWN_SECONDS = 90.0
INTERRUPTED = 130
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class StopFailed(MatchcastError):
    """The running system did not end."""


class System:
    """The whole system on this machine."""

    def __init__(
        self, settings: Settings, screen: Screen, *, with_producer: bool, with_airflow: bool
    ) -> None:
        self._screen = screen
        self._folder = StateFolder(settings.state_dir)
        self._with_airflow = with_airflow
        self._layout = Layout.of(
            settings, self._folder, with_producer=with_producer, with_airflow=with_airflow
        )

    def run(self) -> int:
        """Run until told to stop; return the exit code.

        Raises:
            MatchcastError: it could not be started; nothing is left running.
        """
        self._folder.make()
        try:
            with self._folder.held():
                return self._run()
        except AlreadyRunning:
            record = self._folder.running()
            self._screen.line("Already running:" if record else "Another start is under way.")
            if record is not None:
                show_addresses(record, self._screen)
            self._screen.line("  Status: make status   Stop: make down")
            return 0
        except OSError as error:
            where = f" at {error.filename}" if error.filename else ""
            raise FolderUnusable(
                f"The system cannot be started: {(error.strerror or str(error)).lower()}{where}.",
                hint=f"see that all in {self._folder.root} is yours (a start with sudo leaves what is not), "
                "or set MATCHCAST_STATE_DIR to another folder",
            ) from error

    def _run(self) -> int:
        end_leftovers(self._folder, self._screen)
        self._screen.done("doctor", checks.require(self._layout))
        if not self._layout.own_kafka:
            self._screen.done(
                "kafka", self._layout.kafka_address, "not started here: MATCHCAST_KAFKA_BROKER names it"
            )
        self._tell_of_airflow()
        supervisor = Supervisor(self._layout.parts(), self._folder, self._screen, self._announce)
        return INTERRUPTED if supervisor.run() == signal.SIGINT else 0

    def _tell_of_airflow(self) -> None:
        """Say why no Airflow is started here, where none is and one may be expected."""
        if self._with_airflow and self._layout.checkout is None:
            show = self._screen.done if self._layout.settings.airflow_url else self._screen.warn
            show("airflow", checks.airflow(self._layout).found)

    def _announce(self, seconds: float) -> None:
        matches = self._layout.live_matches()
        what = f"send events to {self._layout.kafka_address}"
        if self._layout.with_producer:
            count = _NUMBERS[matches] if matches < len(_NUMBERS) else str(matches)
            what = f"{count} match{'' if matches == 1 else 'es'} live at {SPEED}x"
        self._screen.line(f"Ready in {seconds:.1f} s · {what}")
        self._screen.line("  Logs: make logs   Status: make status   Stop: Ctrl-C")


def show_addresses(record: RunRecord, screen: Screen) -> None:
    """Show where the parts of a running system are."""
    for part in record.parts:
        show = screen.done if part.state == "online" else screen.warn
        show(part.name, part.address, "" if part.state == "online" else part.state)


def end_leftovers(folder: StateFolder, screen: Screen) -> int:
    """End what an earlier run left running; return how many processes that were."""
    left = folder.leftovers()
    for name, identity in left:
        end_group(identity, patience=PATIENCE)
        screen.warn(name, f"pid {identity.pid} was left by an earlier run", "ended")
    return len(left)


def stop(folder: StateFolder, screen: Screen) -> None:
    """End the running system in order, and what a killed one has left.

    Raises:
        StopFailed: it did not end in time.
    """
    supervisor = folder.holder()
    if supervisor is not None and supervisor.running():
        with suppress(ProcessLookupError):
            os.kill(supervisor.pid, signal.SIGTERM)
        deadline = time.monotonic() + DOWN_SECONDS
        while folder.holder() == supervisor:
            screen.move("ending")
            if time.monotonic() > deadline:
                raise StopFailed(
                    f"Matchcast (pid {supervisor.pid}) did not end within {DOWN_SECONDS:g} s.",
                    hint=f"kill -9 {supervisor.pid}, then matchcast down again",
                )
            time.sleep(0.1)
    left = end_leftovers(folder, screen)
    screen.line("Stopped." if supervisor or left else "Matchcast does not run.")
