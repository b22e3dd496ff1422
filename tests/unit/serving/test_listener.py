"""The socket to serve on: had, or refused with a sentence."""

from __future__ import annotations

import socket

import pytest

from matchcast.serving.listener import CannotListen, bind


def test_port_zero_takes_a_free_one() -> None:
    with bind("The dashboard", "127.0.0.1", 0, "MATCHCAST_DASHBOARD_PORT") as listener:
        assert listener.getsockname()[1] > 0


def test_a_taken_port_is_a_sentence_that_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            CannotListen, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"
        ) as caught:
            bind("The dashboard", "127.0.0.1", port, "MATCHCAST_DASHBOARD_PORT")
    assert caught.value.hint is not None
    assert "MATCHCAST_DASHBOARD_PORT" in caught.value.hint


def test_a_host_that_nobody_knows_is_a_sentence() -> None:
    with pytest.raises(CannotListen, match=r"cannot listen on no\.such\.host\.invalid:0: \S+"):
        bind("The model API", "no.such.host.invalid", 0, "MATCHCAST_API_PORT")
