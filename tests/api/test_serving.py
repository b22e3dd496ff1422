"""`matchcast api`: how it starts, serves with several workers, and stops."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests

RunApi = Callable[..., AbstractContextManager[Any]]

STATE = {
    "match": {"home_team": "Arsenal", "away_team": "Chelsea"},
    "period": 2,
    "minute": 67,
    "score": {"home": 1, "away": 0},
}


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def test_a_port_that_is_taken_ends_it_with_a_sentence_and_a_hint() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "matchcast", "api", "--port", str(port)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 1
    assert result.stderr == (
        f"✘ The model API cannot listen on 127.0.0.1:{port}: Address already in use.\n"
        "Try: stop what listens there, or choose another port with --port or MATCHCAST_API_PORT\n"
    )


def test_an_address_of_another_machine_ends_it_with_a_sentence() -> None:
    command = [sys.executable, "-m", "matchcast", "api", "--host", "192.0.2.1", "--port", "0"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 1
    assert "192.0.2.1:0" in result.stderr
    assert "Traceback" not in result.stderr


def test_it_serves_on_ipv6(run_api: RunApi) -> None:
    with run_api("--host", "::1") as running:
        assert running.url.startswith("http://[::1]:")
        assert requests.get(f"{running.url}/ready", timeout=5).ok


def test_a_damaged_model_is_alive_not_ready_and_the_log_says_why(run_api: RunApi, tmp_path: Path) -> None:
    damaged = tmp_path / "model.json"
    damaged.write_text("{}")
    with run_api("--model", str(damaged)) as running:
        assert requests.get(f"{running.url}/health", timeout=5).ok
        assert requests.get(f"{running.url}/ready", timeout=5).status_code == 503
        assert any("refused" in str(line["message"]) for line in running.lines())


def test_several_workers_add_up_their_metrics_and_a_worker_that_dies_is_replaced(run_api: RunApi) -> None:
    def count() -> float:
        text = requests.get(f"{running.url}/metrics", timeout=5).text
        prefix = 'matchcast_api_forecasts_total{route="/predict"} '
        return float(next((line for line in text.splitlines() if line.startswith(prefix)), "0").split()[-1])

    with run_api("--workers", "2") as running:
        master = psutil.Process(running.process.pid)
        wait_until(lambda: len(master.children()) == 2)
        for _ in range(40):
            assert requests.post(f"{running.url}/predict", json=STATE, timeout=10).ok
        assert {count() for _ in range(10)} == {40}
        first = master.children()[0]
        first.kill()
        first.wait(10)
        assert requests.post(f"{running.url}/predict", json=STATE, timeout=10).ok
        wait_until(lambda: len(master.children()) == 2)
        assert count() == 41
        second = next(child for child in master.children() if child != first)
        second.terminate()
        second.wait(10)
        wait_until(lambda: len(master.children()) == 2)
        assert count() == 41


def is_refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_request_to_stop_lets_requests_under_way_finish(run_api: RunApi) -> None:
    body = json.dumps(STATE).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    with run_api() as running:
        parts = urlsplit(running.url)
        address = (str(parts.hostname), int(parts.port or 0))
        with socket.create_connection(address, timeout=30) as under_way:
            under_way.sendall(head.encode())
            assert b"100 Continue" in under_way.recv(65_536)
            running.process.send_signal(signal.SIGTERM)
            wait_until(lambda: is_refused(address))
            under_way.sendall(body)
            assert b"200 OK" in under_way.recv(65_536)
        assert running.process.wait(30) == 0


def test_ctrl_c_ends_it_with_130_and_leaves_no_process(run_api: RunApi) -> None:
    with run_api("--workers", "2") as running:
        workers = psutil.Process(running.process.pid).children()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(30) == 130
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive
        assert [line["level"] for line in running.lines() if line["level"] in ("warning", "error")] == []


def test_a_long_batch_does_not_keep_others_waiting(api: str) -> None:
    states = {"states": [STATE] * 10_000, "include": ["scores", "next_goal", "notes"]}
    finished = threading.Event()

    def ask() -> None:
        assert requests.post(f"{api}/predict/batch", json=states, timeout=60).ok
        finished.set()

    with requests.Session() as session:
        assert session.get(f"{api}/health", timeout=5).ok
        asking = threading.Thread(target=ask)
        asking.start()
        answered = 0
        while not finished.is_set():
            assert session.post(f"{api}/predict", json=STATE, timeout=10).ok
            answered += 1
        asking.join()
    assert answered > 10
