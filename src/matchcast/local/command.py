"""``matchcast up``, ``down``, ``status``, ``logs`` and ``doctor``."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

import click

from matchcast.local.airflow_parts import PARTS as AIRFLOW
from matchcast.local.folder import RunRecord, StateFolder
from matchcast.local.screen import Screen
from matchcast.settings import load

PARTS = ("kafka", "api", "dashboard", "producer", *AIRFLOW)


@click.command()
@click.option("--no-producer", is_flag=True, help="Play no matches: events come from a feed of your own.")
@click.option("--no-airflow", is_flag=True, help="Leave Airflow out: no history is made of what is played.")
def up(no_producer: bool, no_airflow: bool) -> None:
    """Start the whole system on this machine, and keep it running until Ctrl-C."""
    from matchcast.local.system import System

    settings = load()
    system = System(settings, Screen(), with_producer=not no_producer, with_airflow=not no_airflow)
    sys.exit(system.run())


@click.command()
def down() -> None:
    """Stop what `matchcast up` started, also what a run that was killed has left."""
    from matchcast.local.system import stop

    stop(StateFolder(load().state_dir), Screen())


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Show the parts that run, and how they are; exits with 1 unless all are online."""
    settings = load()
    folder = StateFolder(settings.state_dir)
    record = folder.running()
    if as_json:
        running = {"running": record is not None, **(asdict(record) if record else {})}
        click.echo(json.dumps(running, indent=2))
    elif record is None:
        click.echo("Matchcast does not run. Start it: make up")
    else:
        _show(record)
        password = folder.secret_path("operator_password")
        if settings.operator_password is None and password.exists():
            click.echo(f"  Operator password: in {password}")
    sys.exit(0 if record and all(part.state == "online" for part in record.parts) else 1)


def _show(record: RunRecord) -> None:
    from matchcast.local.usage import resident_bytes

    screen = Screen()
    total = 0
    for part in record.parts:
        since = _duration(time.time() - part.since)
        restarts = f", started again {part.restarts}x" if part.restarts else ""
        size = resident_bytes(part.process) if part.process else 0
        total += size
        if part.state == "online":
            screen.done(part.name, part.address, f"online for {since}, {size / 1e6:.0f} MB{restarts}")
        else:
            screen.warn(part.name, part.address, f"{part.state} for {since}{restarts} {part.reason}")
    click.echo(f"  {total / 1e6:.0f} MB in all, up for {_duration(time.time() - record.started_at)}")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option(
    "-n", "--lines", type=click.IntRange(0), default=20, show_default=True, help="Lines of each log."
)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written, until Ctrl-C.")
def logs(parts: tuple[str, ...], lines: int, follow: bool) -> None:
    """Show the logs of the parts, or of those that are named."""
    from matchcast.local import logs as files

    folder = StateFolder(load().state_dir)
    chosen = {name: folder.log_of(name) for name in parts or PARTS}
    if not any(log.exists() for log in chosen.values()):
        click.echo(f"There are no logs in {folder.logs} yet.", err=True)
    for name, log in chosen.items():
        for line in files.last_lines(log, lines):
            click.echo(f"{name:13} {line}")
    if follow:
        for name, line in files.follow(chosen):
            click.echo(f"{name:13} {line}")


@click.command()
def doctor() -> None:
    """Check what the system needs of this machine; changes nothing. Exits with 1 when something is amiss."""
    from matchcast.local import checks
    from matchcast.local.checks import Verdict
    from matchcast.local.parts import Layout

    settings = load()
    screen = Screen()
    amiss = False
    for check in checks.all_checks(Layout.of(settings, StateFolder(settings.state_dir))):
        if check.verdict is Verdict.GOOD:
            screen.done(check.name, check.found)
            continue
        amiss = True
        needed = f"; needed: {check.needed}" if check.needed else ""
        show = screen.failed if check.verdict is Verdict.BAD else screen.warn
        show(check.name, f"{check.found}{needed}")
        screen.line(f"  Try: {check.mend}")
    sys.exit(1 if amiss else 0)


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
