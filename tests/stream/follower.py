"""Follows the matches of a topic and prints what it knows, a line of JSON, each time it is asked.

Arguments: broker, address of the model API, folder of the checkpoints, topic[, "gevent"].
"""

from __future__ import annotations

import sys

if "gevent" in sys.argv:
    from gevent import monkey

    monkey.patch_all()
    from gevent.fileobject import FileObject
    from gevent.threadpool import ThreadPoolExecutor

    lines = FileObject(sys.stdin, "r")
else:
    from concurrent.futures import ThreadPoolExecutor

    lines = sys.stdin

import signal
import threading
from pathlib import Path
from typing import Any

import msgspec

from matchcast.live.service import EXECUTOR_THREADS, LiveOptions, LiveService
from matchcast.stream.topics import Topics
from matchcast.telemetry import logs


class Told:
    """What the service told: of each match, the versions."""

    def __init__(self) -> None:
        self.matches: dict[str, int] = {}
        self.released: list[str] = []

    def match_changed(self, match: Any) -> None:
        assert match.version >= self.matches.get(match.match_id, 0)
        self.matches[match.match_id] = match.version

    def list_changed(self, matches: Any, events: Any) -> None:
        pass

    def matches_released(self, match_ids: Any) -> None:
        self.released += match_ids
        for match_id in match_ids:
            self.matches.pop(match_id, None)


def tell(service: LiveService, told: Told) -> dict[str, Any]:
    with service.lock:
        return {
            "ready": service.ready,
            "position": service.position,
            "kafka": service.kafka(),
            "forecasts": service.forecasts(),
            "counters": service.counters(),
            "dead_letters": service.dead_letters(),
            "producers": service.producers(),
            "released": told.released,
            "matches": {
                match.match_id: {
                    "summary": match.summary,
                    "history": match.history,
                    "forecast": match.forecast,
                    "pre_match": match.pre_match,
                    "problem": service.forecast_problem(match),
                    "missed": match.missed,
                    "settled": not match.wants_forecast and told.matches.get(match.match_id) == match.version,
                }
                for match in service.matches()
            },
        }


def main() -> None:
    broker, api_url, folder, topic = sys.argv[1:5]
    logs.configure("warning", "text")
    options = LiveOptions(broker, api_url, Path(folder), Topics(events=topic), checkpoint_seconds=0.2)
    told = Told()
    executor = ThreadPoolExecutor(EXECUTOR_THREADS)
    service = LiveService(options, executor, [told])
    service.start()

    def answer() -> None:
        for _ in lines:
            print(msgspec.json.encode(tell(service, told)).decode(), flush=True)

    threading.Thread(target=answer, daemon=True).start()
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    while not ended.wait(0.1):
        pass
    service.stop()


main()
