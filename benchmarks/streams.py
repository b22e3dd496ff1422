"""Open streams: how soon each of many pages shows an event of the match that it follows.

The time is from the record's timestamp in Kafka to the bytes at the client.
"""

from __future__ import annotations

import time

import click

from benchmarks.feeding import Sender, interleave, make_matches
from benchmarks.report import print_report, spread
from benchmarks.system import System, running_system
from benchmarks.viewers import Viewers


def measure(system: System, streams: int, rate: float, seconds: float) -> dict[str, object]:
    """Open the streams on one match, send its events, and return who got what when."""
    ((match_id, records),) = make_matches(1, seed=1, name=f"streams_{streams}").items()
    sender = Sender(system.broker)
    kick_off = interleave({match_id: records})
    sender.send(kick_off, rate, 1)
    time.sleep(1)
    viewers = Viewers(system.dashboard_url, [f"/api/stream?match_id={match_id}"] * streams)
    used = system.processor_seconds()
    began = time.time()
    took = sender.send(kick_off, rate, seconds)
    time.sleep(1)
    used = system.processor_seconds() - used
    seen = viewers.close()
    events = [int(at * 1000) for at in sender.sent_at.values() if at >= began]
    waits, missed = [], 0
    for viewer in seen:
        updates = sorted(viewer.updates)
        shown = dict(reversed(updates))
        waits += [at - produced / 1000 for produced, at in shown.items()]
        newest = max(shown, default=0)
        missed += newest < max(events)
    return {
        "streams": streams,
        "events_per_s": rate,
        "messages_per_s": round(sum(len(viewer.updates) for viewer in seen) / took),
        "behind_at_the_end": missed,
        "snapshots_again": sum(viewer.snapshots - 1 for viewer in seen),
        **spread(waits),
        "cpu_share": round(used / (took + 1), 2),
    }


@click.command()
@click.option(
    "--streams", default=[500], multiple=True, show_default=True, help="Open streams; may be repeated."
)
@click.option("--rate", default=10.0, show_default=True, help="Events a second of the match.")
@click.option("--seconds", default=30.0, show_default=True)
def main(streams: tuple[int, ...], rate: float, seconds: float) -> None:
    """Measure how soon many open pages show an event."""
    with running_system() as system:
        print_report("event to open pages", [measure(system, count, rate, seconds) for count in streams])


if __name__ == "__main__":
    main()
