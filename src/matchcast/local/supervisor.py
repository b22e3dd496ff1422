"""Starts the parts, watches them, starts again what ends, and ends all in order.

One thread does it all: it spawns (Linux ties a child to the thread that made it), looks at every
part ten times a second, and leaves what may take long (fetching jars, asking for health) to threads
that it never waits for.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

from matchcast.errors import MatchcastError
from matchcast.local import services
from matchcast.local.folder import MARKER, PART_MARKER, PartRecord, RunRecord, StateFolder
from matchcast.local.logs import last_lines, shorten
from matchcast.local.part import Part
from matchcast.local.processes import Identity, signal_group, spawn
from matchcast.local.screen import Screen
from matchcast.local.watched import Background, State, Watched

TICK = 0.1
STEADY = 60.0
"""Seconds after which a part that ended counts as having run well: its backoff begins anew."""
LONGEST_BACKOFF = 30.0
TRIES = 3
"""How often a part may end before it was ever ready; then the start is given up."""
SLOW_START, SLOW_SERVICE = 60.0, 180.0
"""Seconds after which a part that runs but is not ready yet is mentioned; one of a service is not waited for."""


class StartFailed(MatchcastError):
    """A part ended again and again before it was ready."""


class Supervisor:
    """Runs `parts` until told to stop.

    Args:
        parts: In the order in which they are shown; they are ended in the opposite order.
        folder: Where logs and the record of what runs are kept; the caller holds it.
        screen: Where progress is shown.
        on_ready: Called with the seconds that it took until every part was ready for the first time,
            but for those of a service.
    """

    def __init__(
        self, parts: Sequence[Part], folder: StateFolder, screen: Screen, on_ready: Callable[[float], None]
    ) -> None:
        self._watched = {part.name: Watched(part) for part in parts}
        self._folder = folder
        self._screen = screen
        self._on_ready = on_ready
        self._stops = 0
        self._asked_by = 0
        self._began = time.monotonic()
        self._record = RunRecord(Identity.own(), time.time())
        self._recorded: list[PartRecord] = []

    def run(self) -> int:
        """Start everything and watch it until SIGINT, SIGTERM or SIGHUP; then end it in order.

        A second signal kills what is left at once. Returns the number of the first.

        Raises:
            StartFailed: a part kept ending before it was ready; all is ended.
            MatchcastError: the preparation of a part failed; all is ended.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._watch()
        except OSError as error:
            raise StartFailed(
                f"The system cannot go on: {error}.", hint="see `matchcast doctor`, then start again"
            ) from error
        finally:
            self._end_all()
        return self._asked_by

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stops += 1
        self._asked_by = self._asked_by or number
        if self._stops > 1:
            self._kill_all()

    def _watch(self) -> None:
        ready = False
        housekeeping = time.monotonic()
        while not self._stops:
            for watched in self._watched.values():
                self._step(watched)
            own = [watched for watched in self._watched.values() if not watched.part.service]
            if not ready and all(watched.state is State.ONLINE for watched in own):
                ready = True
                self._write_record(ready_at=time.time())
                self._on_ready(time.monotonic() - self._began)
            self._write_record()
            if waiting := self._waiting_for(own if not ready else list(self._watched.values())):
                self._screen.move(waiting)
            if ready and time.monotonic() - housekeeping > STEADY:
                housekeeping = time.monotonic()
                for name in self._watched:
                    shorten(self._folder.log_of(name))
            time.sleep(TICK)

    def _waiting_for(self, parts: Sequence[Watched]) -> str:
        """Tell which of some parts are on their way for the first time; "" when none is."""
        elapsed = time.monotonic() - self._began
        doing = [
            f"{watched.part.name} {watched.doing}".strip()
            for watched in parts
            if not watched.was_ready and watched.state is not State.FAILED
        ]
        return f"{elapsed:4.1f} s  {' · '.join(doing)}" if doing else ""

    def _step(self, watched: Watched) -> None:
        match watched.state:
            case State.WAITING:
                if self._may_start(watched.part):
                    self._prepare(watched)
            case State.PREPARING:
                if watched.preparation is not None and watched.preparation.done:
                    if watched.preparation.error is None:
                        self._start(watched)
                    else:
                        self._note_failed_preparation(watched, watched.preparation.error)
            case State.STARTING | State.ONLINE:
                if watched.process is not None and watched.process.poll() is not None:
                    self._note_end(watched, watched.process.returncode)
                elif watched.state is State.STARTING:
                    self._probe(watched)
            case State.ENDED:
                if time.monotonic() >= watched.again_at:
                    watched.become(State.WAITING)

    def _may_start(self, part: Part) -> bool:
        ready = all(self._watched[name].state is State.ONLINE for name in part.needs)
        return ready and all(
            self._watched[name].state in (State.STARTING, State.ONLINE) for name in part.after
        )

    def _prepare(self, watched: Watched) -> None:
        prepare = watched.part.prepare
        if prepare is None:
            self._start(watched)
        else:
            watched.begun = time.monotonic()
            watched.preparation = Background(lambda: prepare(watched.report))
            watched.become(State.PREPARING)

    def _note_failed_preparation(self, watched: Watched, error: MatchcastError | OSError) -> None:
        if not watched.was_ready and not watched.part.service:
            self._screen.failed(watched.part.name, "cannot be started")
            raise error
        if not watched.was_ready:
            self._give_up(watched, f"cannot be started: {error}", getattr(error, "hint", None))
            return
        watched.reason = f"cannot be started again: {error}"
        self._back_off(watched)

    def _start(self, watched: Watched) -> None:
        part = watched.part
        if part.prepare is None:
            watched.begun = time.monotonic()
        watched.doing = ""
        watched.probe = None
        watched.process = spawn(
            part.command(),
            log=self._folder.log_of(part.name),
            env={**part.environment, MARKER: str(self._folder.root), PART_MARKER: part.name},
        )
        watched.identity = Identity.of(watched.process.pid)
        watched.become(State.STARTING)

    def _probe(self, watched: Watched) -> None:
        if watched.probe is None:
            watched.probe = Background(watched.part.ready)
        elif watched.probe.done:
            if watched.probe.outcome:
                self._note_ready(watched)
            watched.probe = None
        slow = SLOW_SERVICE if watched.part.service else SLOW_START
        if not watched.called_slow and time.monotonic() - watched.begun > slow:
            watched.called_slow = True
            log = self._folder.log_of(watched.part.name)
            self._screen.warn(watched.part.name, f"runs, but is not ready after {slow:g} s: see {log}")

    def _note_ready(self, watched: Watched) -> None:
        part = watched.part
        watched.become(State.ONLINE)
        took = f"{time.monotonic() - watched.begun:.1f} s"
        first, watched.was_ready, watched.reason = not watched.was_ready, True, ""
        if not first:
            self._screen.done(part.name, part.address, f"back after {took}")
        elif not part.service:
            self._screen.done(part.name, part.address, f"{took:8}{part.note}")
        else:
            services.note_ready(part.service, self._watched.values(), self._screen)

    def _note_end(self, watched: Watched, code: int) -> None:
        part = watched.part
        if watched.process is not None:
            signal_group(watched.process.pid, signal.SIGKILL)  # its workers, if it left any
            self._folder.kill_rest_of(part.name)
        ran = time.monotonic() - watched.begun
        watched.process = watched.identity = None
        watched.ends += 1
        if watched.state is State.ONLINE and ran > STEADY:
            watched.ends_in_a_row = 0
        watched.reason = f"ended ({_why(code)}) after {ran:.1f} s"
        # What each program says of a full disk is its own affair; the cause is one.
        full = f"{self._folder.root} has no room left" if self._folder.is_full else ""
        lines = [f"{full}: free some"] if full else last_lines(self._folder.log_of(part.name), 5)
        if not watched.was_ready and watched.ends >= TRIES and part.service:
            log = self._folder.log_of(part.name)
            self._give_up(watched, f"ended {TRIES} times before it was ready", f"read {log}", lines)
            return
        if not watched.was_ready and watched.ends >= TRIES:
            self._screen.failed(part.name, watched.reason, lines)
            raise StartFailed(
                f"{part.name} ended {TRIES} times before it was ready; everything is being stopped.",
                hint=f"{full}: free some, then start again"
                if full
                else part.hint or f"read {self._folder.log_of(part.name)}",
            )
        self._back_off(watched, lines)

    def _give_up(self, watched: Watched, reason: str, hint: str | None, lines: Sequence[str] = ()) -> None:
        first, *more = reason.splitlines()
        self._screen.failed(
            watched.part.name, f"{first.rstrip(':.')}. The rest goes on.", [*more, *lines], hint
        )
        services.give_up(watched, self._watched, self._end, first)

    def _back_off(self, watched: Watched, lines: Sequence[str] = ()) -> None:
        pause = min(2.0**watched.ends_in_a_row, LONGEST_BACKOFF)
        watched.ends_in_a_row += 1
        watched.again_at = time.monotonic() + pause
        watched.become(State.ENDED)
        self._screen.failed(watched.part.name, f"{watched.reason}; starts again in {pause:g} s", lines)

    def _write_record(self, ready_at: float | None = None) -> None:
        parts = [watched.record() for watched in self._watched.values()]
        if parts != self._recorded or ready_at is not None:
            self._recorded = parts
            started, ready = self._record.started_at, ready_at or self._record.ready_at
            self._record = RunRecord(self._record.supervisor, started, ready, parts)
            with suppress(OSError):  # a full disk must not keep the parts from being watched and ended
                self._folder.write_record(self._record)

    def _end_all(self) -> None:
        running = [watched for watched in reversed(self._watched.values()) if watched.process is not None]
        if running and self._stops == 1:
            self._screen.line("Stopping; Ctrl-C again ends all at once")
        for watched in running:
            self._end(watched)
            services.ask_rest_to_end(watched, running)
        self._folder.kill_rest_of(None)  # what a preparation is at
        self._write_record()

    def _end(self, watched: Watched) -> None:
        process, name = watched.process, watched.part.name
        if process is None:
            return
        asked = services.ask_to_end(watched)
        deadline = asked + watched.part.patience
        while process.poll() is None:
            self._screen.move(f"ending {name}")
            if time.monotonic() > deadline:
                break
            time.sleep(TICK / 4)
        in_time = process.poll() is not None
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._folder.kill_rest_of(name)
        watched.process = watched.identity = None
        watched.become(State.ENDED)
        took = f"{time.monotonic() - asked:.1f} s"
        if self._stops > 1 or not in_time:
            self._screen.warn(name, "killed", took)
        else:
            self._screen.done(name, "ended", took)

    def _kill_all(self) -> None:
        for watched in self._watched.values():
            if watched.process is not None:
                signal_group(watched.process.pid, signal.SIGKILL)


def _why(code: int) -> str:
    if code >= 0:
        return str(code)
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
