"""Throughput: the highest rate of events that the dashboard folds for as long as they come.

A rate is held when the dashboard is never more than a second behind while events come, and has
taken in all of them within a second after the last. Some pages are open all the while.
"""

from __future__ import annotations

import math
import threading
import time
from itertools import islice

import click

from benchmarks.feeding import Sender, interleave, make_matches
from benchmarks.report import print_report, spread
from benchmarks.system import System, running_system
from benchmarks.viewers import Viewers

FEWEST_EVENTS = 1_100
"""Events that any simulated match has, so that there are matches enough."""


class _Lag:
    """Watches, every half second, how many events the dashboard is behind those that were sent."""

    def __init__(self, system: System, sender: Sender) -> None:
        self.most = 0.0
        self._system = system
        self._sender = sender
        self._base = system.metric("events_folded_total")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @property
    def now(self) -> float:
        sent = self._sender.count
        return sent - (self._system.metric("events_folded_total") - self._base)

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            self.most = max(self.most, self.now)

    def stop(self) -> None:
        self._done.set()
        self._thread.join()


def measure(system: System, at_once: int, pages: int, rate: float, seconds: float) -> dict[str, object]:
    """Send events at one rate and return how far behind the dashboard was."""
    count = math.ceil(rate * (seconds + 1) / FEWEST_EVENTS)
    records = make_matches(count, seed=3, name=f"throughput_{rate:g}")
    sender = Sender(system.broker)
    played = interleave(records, at_once)
    sender.send(played, 1000, 1)
    time.sleep(2)
    paths = [f"/api/stream?match_id={match_id}" for match_id in islice(records, at_once)]
    viewers = Viewers(system.dashboard_url, (paths * pages)[:pages])
    sender = Sender(system.broker)
    lag = _Lag(system, sender)
    used = system.processor_seconds()
    took = sender.send(played, rate, seconds)
    used = system.processor_seconds() - used
    deadline = time.perf_counter() + 1
    while (left := lag.now) > 0 and time.perf_counter() < deadline:
        time.sleep(0.05)
    lag.stop()
    seen = viewers.close()
    waits = [
        at - produced / 1000 for viewer in seen for produced, at in dict(reversed(viewer.updates)).items()
    ]
    return {
        "asked_per_s": rate,
        "matches": at_once,
        "sent_per_s": round(sender.count / took),
        "held": left <= 0 and lag.most <= rate and sender.count / took > 0.98 * rate,
        "most_behind": round(lag.most),
        "behind_1s_after": round(left),
        "pages": pages,
        **{f"update_{name}": value for name, value in spread(waits).items()},
        "cpu_share": round(used / took, 2),
    }


@click.command()
@click.option(
    "--rate", default=[5_000.0], multiple=True, show_default=True, help="Events a second; may be repeated."
)
@click.option("--matches", default=50, show_default=True, help="Matches that run at once.")
@click.option("--pages", default=20, show_default=True, help="Open pages.")
@click.option("--seconds", default=60.0, show_default=True)
def main(rate: tuple[float, ...], matches: int, pages: int, seconds: float) -> None:
    """Measure which rates of events are held for a minute."""
    with running_system() as system:
        rows = [measure(system, matches, pages, one, seconds) for one in rate]
        print_report("events a second that are held", rows)


if __name__ == "__main__":
    main()
