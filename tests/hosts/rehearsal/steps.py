"""The steps of the rehearsal as they are shown: what each is on Oracle Cloud, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import SubprocessError
from threading import Event, Thread

import pytest
from tests.hosts.rehearsal.rehearsal import DOMAIN, Rehearsal
from tests.hosts.rig import RigError

WIDTH = 100


class StepFailed(Exception):
    """A step that did not do what it should, and a hint at what to do about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Step:
    """A step of the rehearsal: its name, what it is on Oracle Cloud, and what does it and tells the outcome."""

    name: str
    meant: str
    do: Callable[[], str]

    def go(self) -> None:
        """Take it; print what it is, then what came of it.

        Raises:
            StepFailed: it did not do what it should.
        """
        print(f"  {self.name:<10} on Oracle Cloud: {self.meant}", flush=True)
        began = time.monotonic()
        try:
            told = self.do()
        except (AssertionError, RigError, SubprocessError, pytest.fail.Exception) as error:
            seconds = time.monotonic() - began
            raise StepFailed(
                f"{self.name} failed after {seconds:.1f} s: {error}", getattr(error, "hint", "")
            ) from error
        print(f"{f'✔ {self.name:<10} {told}':<{WIDTH}} {time.monotonic() - began:6.1f} s", flush=True)


def way_up(rehearsal: Rehearsal) -> list[Step]:
    """Return the steps up to a match that is forecast."""
    return [
        Step("apply", "cd terraform && terraform init && terraform apply", rehearsal.apply),
        Step("name", "an A record at your DNS provider", rehearsal.point_the_name),
        Step("inventory", "make inventory", rehearsal.write_inventory),
        Step("secrets", "make secrets", rehearsal.make_secrets),
        Step("site", "make site", lambda: play(rehearsal)),
        Step("https", "open the site in a browser", rehearsal.visit),
        Step("match", "look at it", lambda: show_a_match(rehearsal)),
    ]


def way_down(rehearsal: Rehearsal) -> list[Step]:
    """Return the steps after which nothing is there."""
    return [
        Step("destroy", "cd terraform && terraform destroy", rehearsal.try_a_plain_destroy),
        Step("teardown", f"make teardown, and type {DOMAIN}", rehearsal.tear_all_down),
    ]


def play(rehearsal: Rehearsal) -> str:
    """Run the playbook; print each play as it begins."""
    with following(rehearsal):
        played = rehearsal.play()
    return f"{played.changed} tasks changed something, none failed"


@contextmanager
def following(rehearsal: Rehearsal) -> Iterator[None]:
    """Print the plays of the playbook that runs."""
    log, over, began = rehearsal.checkout.folder / "play.log", Event(), time.monotonic()

    def follow() -> None:
        shown = 0
        while not over.wait(0.5):
            lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
            plays = [line.partition("[")[2].rpartition("]")[0] for line in lines if line.startswith("PLAY [")]
            for each in plays[shown:]:
                print(f"{'':13}{time.monotonic() - began:4.0f} s  {each}", flush=True)
            shown = len(plays)

    thread = Thread(target=follow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def show_a_match(rehearsal: Rehearsal) -> str:
    """Wait for a match with a forecast, and tell it."""
    row = rehearsal.visitor.follow_a_match()
    home, draw, away = (f"{row['probability'][each]:.0%}" for each in ("home", "draw", "away"))
    score = f"{row['score']['home']}:{row['score']['away']}"
    return f"{row['home_team']} {score} {row['away_team']}, {row['clock']}: {home}, draw {draw}, {away}"
