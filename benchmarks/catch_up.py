"""Catching up: how many events a second one core takes in, and how long a restart takes after millions.

Times are the process' own processor time, so that what else runs on the machine does not count.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import click

from benchmarks.feeding import interleave, make_matches
from benchmarks.report import print_report
from matchcast.live.keeping import Keeper
from matchcast.live.tracker import Tracker
from matchcast.stream.client import StreamRecord

BATCH = 2_000
MATCHES_AT_ONCE = 5
EVENTS_OF_A_MATCH = 3_500


def play(events: int) -> Iterator[StreamRecord]:
    """Yield records of matches that follow each other, five at a time; forty matches under ever new names."""
    matches = make_matches(40, seed=5, name="m")
    offset = turn = 0
    while True:
        for match_id, value in interleave(matches, MATCHES_AT_ONCE):
            name = f"{match_id}_{turn}"
            renamed = value.replace(b'"id":"%b"' % match_id.encode(), b'"id":"%b"' % name.encode())
            yield StreamRecord("events", 0, offset, name.encode(), renamed, offset)
            offset += 1
            if offset == events:
                return
        turn += 1


def measure_fold(events: int) -> dict[str, object]:
    """Decode, check and fold events as the dashboard does when it catches up."""
    tracker, used = Tracker(), 0.0
    batch: list[StreamRecord] = []
    for record in play(events):
        batch.append(record)
        if len(batch) == BATCH:
            began = time.process_time()
            tracker.ingest(batch)
            used += time.process_time() - began
            batch = []
    began = time.process_time()
    tracker.ingest(batch)
    used += time.process_time() - began
    return {
        "events": tracker.counters.events,
        "cpu_s": round(used, 2),
        "events_per_cpu_s": round(events / used),
    }


def measure_restart(ids: int, kind: str) -> dict[str, object]:
    """Keep and load running matches that have seen so many ids of events, numbers or texts."""
    tracker, random = Tracker(kept_matches=ids), Random(5)  # noqa: S311 - ids to measure by, no secrets
    opening = b'{"id":0,"minute":1,"second":0,"type":{"name":"Pass"},"team":{"name":"Arsenal"}}'
    count = max(1, ids // EVENTS_OF_A_MATCH)
    tracker.ingest(StreamRecord("events", 0, n, b"m%d" % n, opening, 0) for n in range(count))
    for match in tracker:
        for number in range(1, EVENTS_OF_A_MATCH):
            match.state.seen.add(number if kind == "numbers" else f"{random.getrandbits(128):032x}")
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(Path(folder), "events", 0)
        began = time.process_time()
        keeper.begin(tracker, {0: count}, "")
        while not keeper.step(tracker, 1):
            pass
        keeper.save()
        kept = time.process_time()
        Keeper(Path(folder), "events", 0).load()
        loaded = time.process_time()
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    return {
        "ids": count * EVENTS_OF_A_MATCH,
        "kind": kind,
        "megabytes": round(size / 1e6, 1),
        "keep_cpu_s": round(kept - began, 2),
        "load_cpu_s": round(loaded - kept, 2),
    }


@click.command()
@click.option("--events", default=1_000_000, show_default=True, help="Events to fold.")
@click.option(
    "--ids", default=5_000_000, show_default=True, help="Ids of events that running matches have seen."
)
def main(events: int, ids: int) -> None:
    """Measure the fold of a million events, and a restart after five million."""
    print_report("events decoded, checked and folded", [measure_fold(events)])
    print_report(
        "checkpoint of running matches", [measure_restart(ids, kind) for kind in ("numbers", "texts")]
    )


if __name__ == "__main__":
    main()
