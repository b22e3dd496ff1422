"""What a client of an event stream gets: a snapshot first, what it missed, nothing without bound."""

from __future__ import annotations

import itertools

from matchcast.dashboard.streams import (
    QUEUE_LENGTH,
    RING_BYTES,
    STUCK_SECONDS,
    Channel,
    Stream,
    format_message,
    format_position,
    make_update,
    parse_position,
)


def make_channel(position: dict[int, int] | None = None) -> Channel:
    count = itertools.count(1)
    return Channel(lambda: b"snapshot %d\n\n" % next(count), position or {})


def open_stream(channel: Channel) -> Stream:
    stream = Stream(b"first\n\n", channel.snapshot, channel.streams.discard)
    channel.streams.add(stream)
    return stream


def test_an_id_survives_the_way_through_a_browser() -> None:
    assert parse_position(format_position({3: 77, 0: 1021})) == {0: 1021, 3: 77}


def test_an_id_that_is_not_ours_is_not_believed() -> None:
    for text in (None, "", "abc", "1", "1:", "1:2;3:4", "-1:5", "1:99999999999999999999"):
        assert parse_position(text) is None


def test_a_message_is_one_event_with_its_id() -> None:
    assert format_message("update", b'{"a":1}', {0: 5}) == b'id: 0:5\nevent: update\ndata: {"a":1}\n\n'


def test_a_client_gets_its_first_message_then_what_is_published() -> None:
    channel = make_channel()
    stream = open_stream(channel)
    assert next(stream) == b"first\n\n"
    channel.publish(make_update({0: 1}, b"{}"))
    assert next(stream) == b"id: 0:1\nevent: update\ndata: {}\n\n"


def test_updates_that_wait_are_joined_into_one_write() -> None:
    channel = make_channel()
    stream = open_stream(channel)
    next(stream)
    for offset in range(3):
        channel.publish(make_update({0: offset}, b"{}"))
    assert next(stream).count(b"event: update") == 3


def test_a_slow_client_gets_a_snapshot_in_place_of_all_that_it_did_not_take() -> None:
    channel = make_channel()
    stream = open_stream(channel)
    next(stream)
    for offset in range(QUEUE_LENGTH + 1):
        channel.publish(make_update({0: offset}, b"{}"))
    taken = next(stream)
    assert taken.startswith(b"snapshot")
    assert taken.count(b"event: update") == 1
    assert stream.fell_behind == 1


def test_a_client_that_never_reads_costs_a_bounded_queue() -> None:
    channel = make_channel()
    stream = open_stream(channel)
    for offset in range(10 * QUEUE_LENGTH):
        channel.publish(make_update({0: offset}, b"{}"))
    assert next(stream).count(b"\n\n") <= QUEUE_LENGTH + 1


def test_a_client_that_takes_nothing_for_a_minute_loses_its_place() -> None:
    now, hung_up = [0.0], []
    stream = Stream(b"first", lambda: b"", lambda _: None, lambda: hung_up.append(1), lambda: now[0])
    next(stream)
    now[0] = STUCK_SECONDS
    stream.release()
    assert not hung_up
    now[0] += 1
    stream.release()
    assert hung_up


def test_a_stream_ends_after_what_is_queued() -> None:
    channel = make_channel()
    stream = open_stream(channel)
    channel.publish(make_update({0: 1}, b"{}"))
    stream.end()
    assert b"".join(stream).count(b"update") == 1


def test_a_stream_that_nobody_ever_read_is_forgotten_when_its_connection_ends() -> None:
    channel = make_channel()
    stream = open_stream(channel)
    stream.close()
    stream.close()
    assert channel.streams == set()


def test_a_snapshot_is_made_once_until_something_in_it_changed() -> None:
    channel = make_channel()
    assert channel.snapshot() == channel.snapshot() == b"snapshot 1\n\n"
    channel.expire_snapshot()
    assert channel.snapshot() == b"snapshot 2\n\n"


def test_a_client_that_comes_back_gets_what_it_missed() -> None:
    channel = make_channel()
    for offset in range(5):
        channel.publish(make_update({0: offset}, b"%d" % offset))
    missed = channel.missed({0: 3})
    assert missed is not None
    assert b"data: 4" in missed
    assert b"data: 2" not in missed


def test_a_forecast_at_the_position_that_was_seen_is_sent_again() -> None:
    channel = make_channel()
    channel.publish(make_update({0: 1}, b"event"))
    channel.publish(make_update({0: 1}, b"forecast"))
    missed = channel.missed({0: 1})
    assert missed is not None
    assert b"data: forecast" in missed


def test_a_client_that_comes_back_too_late_gets_a_snapshot() -> None:
    channel = make_channel({0: 10})
    assert channel.missed({0: 9}) is None
    half = b"x" * (RING_BYTES // 2)
    for offset in (11, 12, 13):
        channel.publish(make_update({0: offset}, half))
    assert channel.missed({0: 10}) is None
    assert channel.missed({0: 12}) is not None
