"""What a producer takes for events when it reads a match back."""

from __future__ import annotations

import pytest

from matchcast.produce.resume import id_of


@pytest.mark.parametrize(("raw", "event_id"), [(b'{"id": 7}', 7), (b'{"id": "a-1", "minute": 3}', "a-1")])
def test_an_event_is_known_by_its_id(raw: bytes, event_id: int | str) -> None:
    assert id_of(raw) == event_id


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"{}", b'{"id": "\xff"}', b'{"id": 1, "x": ' + b"[" * 60_000, b'{"id": 1.5}']
)
def test_what_others_put_under_the_key_of_a_match_is_passed_over(raw: bytes) -> None:
    assert id_of(raw) is None
