"""Who may open a stream, and what each stream is sent."""

from __future__ import annotations

import pytest

from matchcast.dashboard.broadcast import IDLE_TICKS, Broadcast, Topic
from matchcast.dashboard.problems import Problem
from matchcast.dashboard.streams import Stream


class Process:
    """A process' position and its broadcast."""

    def __init__(self, max_streams: int = 10, position: dict[int, int] | None = None) -> None:
        self.position = position or {0: 10}
        self.snapshots = 0
        self.broadcast = Broadcast(
            self.snapshot, lambda topic: {"now": topic}, lambda: self.position, max_streams
        )

    def snapshot(self, topic: Topic) -> object:
        self.snapshots += 1
        return {"of": topic, "number": self.snapshots}

    def open(self, topic: Topic = "a", last_event_id: str | None = None) -> Stream:
        return self.broadcast.open(topic, last_event_id, lambda: None)

    def publish(self, offset: int, topic: Topic = "a") -> None:
        self.position = {0: offset}
        self.broadcast.publish(topic, {"offset": offset})


def test_a_stream_begins_with_how_soon_to_come_back_and_a_snapshot() -> None:
    assert next(Process().open()) == (
        b'retry: 2000\n\nid: 0:10\nevent: snapshot\ndata: {"of":"a","number":1}\n\n'
    )


def test_a_thousand_clients_share_one_snapshot() -> None:
    process = Process(max_streams=1000)
    for _ in range(1000):
        next(process.open())
    assert process.snapshots == 1


def test_an_update_of_another_match_makes_the_snapshot_anew_since_it_shows_all_matches() -> None:
    process = Process()
    process.open("a")
    process.open("b")
    process.publish(11, "b")
    assert b'"number":3' in next(process.open("a"))


def test_a_stream_gets_the_updates_of_its_match_alone_and_those_for_all() -> None:
    process = Process()
    stream = process.open("a")
    next(stream)
    process.publish(11, "b")
    process.publish(12, "a")
    process.broadcast.publish_to_all({"for": "all"})
    text = next(stream)
    assert b'"offset":11' not in text
    assert b'"offset":12' in text
    assert b'"for":"all"' in text


def test_past_the_cap_a_client_is_told_to_poll_and_when_to_come_back() -> None:
    process = Process(max_streams=1)
    first = process.open()
    with pytest.raises(Problem) as refused:
        process.open()
    assert refused.value.status == 503
    assert refused.value.headers["Retry-After"] == "30"
    assert "/api/matches" in refused.value.detail
    first.close()
    process.open()
    assert process.broadcast.refused == 1


def test_a_client_that_comes_back_gets_what_it_missed_and_where_things_stand() -> None:
    process = Process()
    process.open()
    for offset in (11, 12, 13):
        process.publish(offset)
    text = next(process.open(last_event_id="0:12"))
    assert b"snapshot" not in text
    assert b'"offset":11' not in text
    assert b'"offset":13' in text
    assert text.endswith(b'id: 0:13\nevent: update\ndata: {"now":"a"}\n\n')


def test_a_client_of_another_process_gets_what_it_missed_when_this_one_has_it() -> None:
    process = Process(position={0: 100, 1: 7})
    process.open()
    process.position = {0: 105, 1: 7}
    process.broadcast.publish("a", {"to": 105})
    assert b'"to":105' in next(process.open(last_event_id="0:103,1:7"))
    assert b"snapshot" in next(process.open(last_event_id="0:99,1:7"))


def test_a_client_that_saw_more_than_this_process_gets_a_snapshot() -> None:
    process = Process()
    process.open()
    assert b"snapshot" in next(process.open(last_event_id="0:12"))
    assert b"snapshot" in next(process.open(last_event_id="0:10,1:4"))
    assert b"snapshot" in next(process.open(last_event_id="nonsense"))


def test_streams_end_when_the_process_stops_and_no_new_one_opens() -> None:
    process = Process()
    stream = process.open()
    process.broadcast.close()
    assert len(list(stream)) == 1
    with pytest.raises(Problem, match="stopping"):
        process.open()


def test_streams_of_a_match_that_is_forgotten_end() -> None:
    process = Process()
    kept, gone, all_matches = process.open("a"), process.open("b"), process.open(None)
    process.broadcast.forget("b")
    assert len(list(gone)) == 1
    process.broadcast.tick({})
    assert b"tick" in next(kept)
    assert b"tick" in next(all_matches)


def test_a_match_that_nobody_follows_any_more_costs_nothing_after_a_while() -> None:
    process = Process()
    stream, other = process.open("a"), process.open("b")
    stream.close()
    for _ in range(IDLE_TICKS):
        process.broadcast.tick({})
    assert process.broadcast.has_channel("a"), "who has just left may come back"
    process.broadcast.tick({})
    assert not process.broadcast.has_channel("a")
    assert process.broadcast.has_channel("b")
    other.close()
