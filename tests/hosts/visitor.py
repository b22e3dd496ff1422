"""Somebody out in the world, who trusts the authority of the tests and no other."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import urllib3
from playwright.sync_api import Browser, sync_playwright
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.hosts.controller import NAME
from tests.local import machine
from urllib3.response import BaseHTTPResponse

PATIENCE = 900.0
"""Seconds: where other tests take both cores, Airflow alone takes minutes to be well."""


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds; the site's own limits bear being asked twice a second."""
    machine.wait_until(condition, what, seconds, every=0.5)


def is_open(address: str, port: int) -> bool:
    """Tell whether a port takes connections from outside."""
    try:
        socket.create_connection((address, port), timeout=3).close()
    except OSError:
        return False
    return True


class Visitor:
    """Asks the site at `address` over TLS, by its name, trusting the certificates below `root`."""

    def __init__(self, address: str, root: Path, name: str = NAME) -> None:
        self.address, self.root, self.name = address, root, name
        self.cookies: SimpleCookie = SimpleCookie()
        self._pool = urllib3.HTTPSConnectionPool(
            address,
            443,
            ssl_context=ssl.create_default_context(cafile=str(root)),
            server_hostname=name,
            assert_hostname=name,
            timeout=60,
            retries=False,
        )

    def ask(self, path: str, method: str = "GET", body: object = None, **headers: str) -> BaseHTTPResponse:
        """Ask, with the cookies that the site gave; redirects are shown, not followed."""
        sent = {"Host": self.name, **{key.replace("_", "-"): value for key, value in headers.items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
        if body is not None:
            sent["Content-Type"] = "application/json"
        answer = self._pool.request(
            method, path, body=None if body is None else json.dumps(body), headers=sent, redirect=False
        )
        for line in answer.headers.getlist("Set-Cookie"):
            self.cookies.load(line)
        return answer

    def read(self, path: str, method: str = "GET", body: object = None, **headers: str) -> Any:
        """Ask, and return the JSON of an answer that is not an error."""
        answer = self.ask(path, method, body, **headers)
        assert answer.status < 400, f"{method} {path}: {answer.status} {answer.data[:2000]!r}"
        return answer.json()

    def lamps(self) -> dict[str, str]:
        """Return the parts that are not online, each with its reason; `{"site": …}` while nothing answers."""
        try:
            parts = self.read("/api/system/status")["components"]
        except (AssertionError, urllib3.exceptions.HTTPError) as error:
            return {"site": str(error)}
        return {part["name"]: part["reason"] for part in parts if part["state"] != "online"}

    def wait_for_all_lamps(self, seconds: float = PATIENCE) -> None:
        """Wait until every part is online."""
        deadline = time.monotonic() + seconds
        while (dark := self.lamps()) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert dark == {}

    def win_probability(self, minute: int, home: int, away: int) -> float:
        """Ask the model API how likely the home team wins a match of the second half at a score."""
        match = {"home_team": "Arsenal", "away_team": "Chelsea"}
        moment = {"period": 2, "minute": minute, "score": {"home": home, "away": away}}
        forecast: float = self.read("/api/v1/predict", "POST", {"match": match, **moment})["home"]
        return forecast

    def follow_a_match(self) -> dict[str, Any]:
        """Wait until a match that came over Kafka has a forecast on the page; return its row."""
        found: list[dict[str, Any]] = []

        def forecast() -> bool:
            rows = self.read("/api/matches")["matches"]
            found[:] = [row for row in rows if row["origin"] == "simulated" and row["probability"]]
            return bool(found)

        wait_until(forecast, "a match of the producer is on and has a forecast")
        return found[0]

    # --- the operator -------------------------------------------------------------------------------

    def log_in(self, password: str) -> None:
        """Log in to the dashboard."""
        assert self.act("/login", {"password": password})["operator"] is True

    def act(self, path: str, body: object) -> Any:
        """Do what the page does at the press of a button."""
        token = self.read("/api/session")["csrf_token"]
        return self.read(path, "POST", body, X_CSRF_Token=token, Origin=f"https://{self.name}")

    def run_dag(self, dag: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """Start a DAG on the dashboard, and return what the dashboard lists of the run when it has ended.

        While Airflow is too busy to answer, the dashboard says so, and is asked again.
        """
        started = self.act(f"/api/airflow/dags/{dag}/trigger", {})["run"]["run_id"]
        ended: list[dict[str, Any]] = []

        def has_ended() -> bool:
            answer = self.ask(f"/api/airflow/dags/{dag}/runs")
            if answer.status == 503:
                return False
            ended[:] = [
                run
                for run in answer.json()["runs"]
                if run["run_id"] == started and run["state"] in ("success", "failed")
            ]
            return bool(ended)

        wait_until(has_ended, f"{started} of {dag} ends", seconds)
        return ended[0]


@contextmanager
def browse(address: str, root: Path, home: Path, name: str = NAME) -> Iterator[Browser]:
    """Start chromium in a home of its own that trusts the certificates below `root` beside the world's.

    No certificate error is passed over: what the browser opens it has verified.
    """
    found = next(filter(None, map(shutil.which, CHROMIUM)))
    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    database = f"sql:{store}"
    subprocess.run(["certutil", "-d", database, "-N", "--empty-password"], check=True)
    subprocess.run(
        ["certutil", "-d", database, "-A", "-t", "C,,", "-n", "tests", "-i", str(root)], check=True
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=[*FLAGS, f"--host-resolver-rules=MAP {name} {address}"],
            env={**os.environ, "HOME": str(home)},
        )
        yield browser
        browser.close()
