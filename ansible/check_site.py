"""See from outside that a site is well: ``check_site.py NAME``, run by ``make check-site``.

It asks as a visitor does: TLS under a certificate that this computer trusts, the page, the model API, a
forecast. `--release` also asks whether that one serves. What is not as it should be is a sentence, and the
exit code 1. Parts that the site itself shows as not online are told, and fail nothing: with an empty group of
producers, for example, one is meant to be so. Standard library only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

Told = TypeVar("Told")
NAME = r"[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*"
"""Of a site, as a pattern: one that can be looked up."""
SECONDS = 20.0
"""Longest that one answer may take."""
LARGEST = 4_000_000
"""Most bytes that an answer may have."""
OTHER_NAME = (62, 64)
"""OpenSSL's numbers of a certificate that is another name's, or another address's."""
PAUSE = 3.0
STATE = {
    "match": {"home_team": "Arsenal", "away_team": "Chelsea"},
    "period": 2,
    "minute": 67,
    "score": {"home": 1, "away": 0},
}
OUR_HOST = "see that the name leads to this site's host"
TRUSTED_ANEW = "sudo certbot renew --no-random-sleep-on-renew, on the host"


class Unwell(Exception):
    """What is not as it should be, and what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def plain(told: object) -> str:
    """Return what somebody else has told as one line that does nothing to a terminal."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(told))
    return " ".join(text.split())[:300]


@contextmanager
def within_time(connection: http.client.HTTPSConnection) -> Iterator[threading.Event]:
    """Cut a connection when its answer takes too long, however steadily it trickles; the event tells that."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    timer = threading.Timer(SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield late
    finally:
        timer.cancel()


class Site:
    """The site of a name, as a visitor meets it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def connect(self) -> http.client.HTTPSConnection:
        """Return a connection under a certificate that has been verified.

        Raises:
            Unwell: nobody answers, or not with a certificate that this computer trusts.
        """
        connection = http.client.HTTPSConnection(
            self.name, timeout=SECONDS, context=ssl.create_default_context()
        )
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise Unwell(
                f"https://{self.name} shows a certificate that is not valid: {error.verify_message.rstrip('.')}.",
                OUR_HOST if error.verify_code in OTHER_NAME else TRUSTED_ANEW,
            ) from error
        except OSError as error:
            raise Unwell(
                f"https://{self.name} does not answer: {error}.",
                "see that the name leads to the host, that port 443 is open, and on it: systemctl status nginx",
            ) from error
        return connection

    def ask(self, path: str, body: object = None) -> bytes:
        """Return the body of an answer 200; of a POST where something is sent.

        Raises:
            Unwell: there is another answer, or none.
        """
        connection = self.connect()
        where = f"https://{self.name}{path}"
        try:
            with within_time(connection) as late:
                method, sent = ("GET", None) if body is None else ("POST", json.dumps(body))
                connection.request(method, path, sent, {"Content-Type": "application/json"} if sent else {})
                answer = connection.getresponse()
                content = answer.read(LARGEST + 1)
            if answer.length and len(content) <= LARGEST:
                raise http.client.IncompleteRead(content, answer.length)
        except (OSError, http.client.HTTPException) as error:
            broke = f"has not answered within {SECONDS:.0f} s" if late.is_set() else f"broke off: {error!r}"
            raise Unwell(f"{where} {broke}.", "on the host: journalctl -u nginx") from error
        finally:
            connection.close()
        if len(content) > LARGEST:
            raise Unwell(f"{where} answers more than {LARGEST:,} bytes.", OUR_HOST)
        if 300 <= answer.status < 400:
            raise Unwell(f"{where} leads elsewhere: {plain(answer.getheader('Location'))}", OUR_HOST)
        if answer.status != 200:
            raise Unwell(
                f"{where} answers {answer.status}: {plain(content[:300].decode(errors='replace'))}",
                "on the host: systemctl --failed; journalctl -u 'matchcast-*' -n 50",
            )
        return content

    def read(self, path: str, meant: Callable[[Any], Told], body: object = None) -> Told:
        """Return what `meant` takes out of the JSON of an answer 200.

        Raises:
            Unwell: there is another answer, or none, or what is meant is not in it.
        """
        content = self.ask(path, body)
        try:
            return meant(json.loads(content))
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            said = plain(content[:300].decode(errors="replace"))
            raise Unwell(
                f"https://{self.name}{path} answers what this site would not: {said}", OUR_HOST
            ) from error


def see_certificate(site: Site) -> str:
    """Verify the certificate; tell until when it holds, and who issued it."""
    connection = site.connect()
    try:
        shown: Any = connection.sock.getpeercert() or {}
    finally:
        connection.close()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
    issuer = {key: value for part in shown["issuer"] for key, value in part}
    return (
        f"valid until {ends:%Y-%m-%d}, by {plain(issuer.get('organizationName') or issuer.get('commonName'))}"
    )


def see_page(site: Site) -> str:
    """Ask for the page, and whether the dashboard has caught up."""
    if b"Matchcast" not in site.ask("/"):
        raise Unwell(f"https://{site.name}/ is not the dashboard.", OUR_HOST)
    return f"the dashboard shows {site.read('/ready', lambda told: int(told['matches']))} matches"


def see_api(site: Site) -> str:
    """Ask whether the model API is ready; tell its model."""
    return f"ready, model {site.read('/api/v1/ready', lambda told: plain(told['model_version']))}"


def see_forecast(site: Site) -> str:
    """Ask for a forecast, and see that it is one."""
    home, draw, away = site.read(
        "/api/v1/predict", lambda told: [float(told[outcome]) for outcome in ("home", "draw", "away")], STATE
    )
    if abs(home + draw + away - 1) > 1e-6 or not home > away > 0:
        raise Unwell(
            f"The forecast of a match that the home team leads is {home}, {draw}, {away}.",
            "matchcast models list, on the host; it rolls back too",
        )
    return f"1-0 after 67 minutes: {home:.0%} home, {draw:.0%} draw, {away:.0%} away"


def see_release(site: Site, wanted: str | None) -> str:
    """Ask dashboard and API which release they run from."""
    paths = {"dashboard": "/health", "API": "/api/v1/health"}
    serving = {
        part: site.read(path, lambda told: plain(told.get("release") or "")) for part, path in paths.items()
    }
    for part, release in serving.items():
        if wanted is not None and release != wanted:
            raise Unwell(
                f"The {part} serves release {release or 'of an unknown name'}, not {wanted}.",
                "run the deploy again; its play says what does not come up",
            )
    return ", ".join(f"{part} {release or 'of an unknown name'}" for part, release in serving.items())


def not_online(site: Site) -> list[str]:
    """Return the parts that the site itself shows as not online."""
    return site.read(
        "/api/system/status",
        lambda told: [
            plain(f"{part['name']} is {part['state']}: {part['reason']}")
            for part in told["components"]
            if part["state"] != "online"
        ],
    )


def see(site: Site, release: str | None) -> list[str]:
    """Look at everything; return a line of each.

    Raises:
        Unwell: something is not as it should be.
    """
    looks: dict[str, Callable[[], str]] = {
        "certificate": lambda: see_certificate(site),
        "page": lambda: see_page(site),
        "api": lambda: see_api(site),
        "forecast": lambda: see_forecast(site),
        "release": lambda: see_release(site, release),
    }
    lines = [f"✔ {name:12} {look()}" for name, look in looks.items()]
    return [*lines, *(f"! {line}" for line in not_online(site))]


def check(name: str, release: str | None, wait: float) -> list[str]:
    """Return what is seen of a site, given some time to be well.

    Raises:
        Unwell: it is not, after `wait` seconds.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            return see(Site(name), release)
        except Unwell:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)


def main() -> int:
    """Look, and print what is seen; return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("name", help="the site's name, such as forecasts.example.org")
    parser.add_argument("--release", help="the release that has to serve, as `make release` names it")
    parser.add_argument(
        "--wait", type=float, default=30, metavar="SECONDS", help="how long it may take to be well"
    )
    asked = parser.parse_args()
    if not re.fullmatch(NAME, asked.name):
        parser.error(f"{asked.name!r} is no name of a site; give it without https:// and without a path")
    try:
        print("\n".join(check(asked.name, asked.release, asked.wait)))
    except Unwell as unwell:
        print(f"✘ {unwell.message}\nTry: {unwell.hint}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
