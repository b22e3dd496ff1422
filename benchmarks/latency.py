"""Latency: from an event's production to its probability on the page, over some matches at once.

The time is from handing a record to Kafka's client to the bytes, at a page that follows the match,
of the forecast made at that very record (the points of the forecast's history name their record).
"""

from __future__ import annotations

import time

import click

from benchmarks.feeding import Sender, interleave, make_matches
from benchmarks.report import print_report, spread
from benchmarks.system import System, running_system
from benchmarks.viewers import Viewers


def measure(system: System, matches: int, rate: float, seconds: float) -> dict[str, object]:
    """Send events of all matches at one rate and return how long their forecasts took to the pages."""
    records = make_matches(matches, seed=2, name=f"latency_{rate:g}")
    sender = Sender(system.broker)
    played = interleave(records)
    sender.send(played, rate, 1)
    time.sleep(1)
    viewers = Viewers(system.dashboard_url, [f"/api/stream?match_id={match_id}" for match_id in records])
    began = time.time()
    sender.send(played, rate, seconds)
    time.sleep(1)
    seen = viewers.close()
    forecasts, shown = [], []
    for viewer in seen:
        for stream_id, at in viewer.points.items():
            sent = sender.sent_at.get(stream_id)
            if sent is not None and sent >= began:
                forecasts.append(at - sent)
        shown += [at - produced / 1000 for produced, at in dict(reversed(viewer.updates)).items()]
    return {
        "matches": matches,
        "events_per_s": rate,
        "forecasts": len(forecasts),
        **{f"forecast_{name}": value for name, value in spread(forecasts).items()},
        "updates": len(shown),
        **{f"update_{name}": value for name, value in spread(shown).items()},
    }


@click.command()
@click.option("--matches", default=5, show_default=True)
@click.option(
    "--rate", default=[100.0], multiple=True, show_default=True, help="Events a second over all matches."
)
@click.option("--seconds", default=60.0, show_default=True)
def main(matches: int, rate: tuple[float, ...], seconds: float) -> None:
    """Measure the time from an event to its probability on the page."""
    with running_system() as system:
        print_report(
            "event to probability on the page", [measure(system, matches, one, seconds) for one in rate]
        )


if __name__ == "__main__":
    main()
