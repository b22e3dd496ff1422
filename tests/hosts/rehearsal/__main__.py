"""Play the whole way from `terraform apply` to HTTPS, and back, on a host that boots on this machine.

Each step is the one that is taken on Oracle Cloud; nothing here reaches it. At the end, after Ctrl-C and after a
failure nothing is left.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

from tests.hosts.rehearsal.rehearsal import DOMAIN, Rehearsal, begun
from tests.hosts.rehearsal.steps import Step, StepFailed, way_down, way_up
from tests.hosts.rig import Rig

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def listen() -> None:
    """Let the first signal to end break off what is going on; no other one breaks off the clearing up."""

    def break_off(number: int, frame: FrameType | None) -> None:
        be_deaf()
        raise KeyboardInterrupt

    for each in SIGNALS:
        signal.signal(each, break_off)


def be_deaf() -> None:
    """Heed no signal any more."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def stay(rehearsal: Rehearsal) -> None:
    """Tell how to look at the site, and wait for Ctrl-C."""
    checkout, address = rehearsal.checkout, rehearsal.address
    print(
        f"\nThe site is up, until Ctrl-C.\n"
        f"  page      curl --cacert {rehearsal.acme.root} --resolve {DOMAIN}:443:{address} https://{DOMAIN}/\n"
        f"            in a browser: {address} {DOMAIN} in /etc/hosts, and that file among its authorities\n"
        f"  operator  admin, {checkout.secrets()['vault_operator_password']}\n"
        f"  host      ssh -F {checkout.ssh_config} ubuntu@{address}\n",
        flush=True,
    )
    try:
        signal.pause()
    except KeyboardInterrupt:
        listen()


def rehearse(stack: ExitStack, *, keep: bool) -> None:
    """Take all steps; what has to be taken down in the end is the stack's.

    Raises:
        StepFailed: one of them failed.
    """
    made: list[Rehearsal] = []

    def begin() -> str:
        rig = stack.enter_context(Rig.owned())
        made.append(stack.enter_context(begun(rig)))
        return f"an empty one, with names and an authority for certificates; hosts on {rig.network.hosts}"

    Step("account", "a tenancy with an API key, a domain, Let's Encrypt", begin).go()
    [rehearsal] = made
    for step in way_up(rehearsal):
        step.go()
    if keep:
        stay(rehearsal)
    for step in way_down(rehearsal):
        step.go()


def finish(play: Callable[[ExitStack], None]) -> int:
    """Play; clear up what is the stack's, whatever came of it; tell how it ended; return the exit code."""
    try:
        with ExitStack() as stack:
            try:
                play(stack)
            finally:
                be_deaf()
    except StepFailed as error:
        print(f"✘ {error.message}", file=sys.stderr)
        print(f"Try: {error.hint}" if error.hint else "Everything is down again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Broken off. Everything is down again.", file=sys.stderr)
        return 130
    print("Everything is down again.")
    return 0


def main() -> int:
    """Play it; return the exit code."""
    parser = argparse.ArgumentParser(prog="make rehearse", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the site up until Ctrl-C")
    keep = parser.parse_args().keep
    listen()
    print("Rehearsal: from `terraform apply` to HTTPS on this machine; nothing reaches Oracle Cloud.\n")
    return finish(lambda stack: rehearse(stack, keep=keep))


if __name__ == "__main__":
    sys.exit(main())
