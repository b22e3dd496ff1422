"""The commands ``matchcast produce`` and ``matchcast replay``."""

from __future__ import annotations

import math
import secrets
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from matchcast import settings
from matchcast.events.record import MAX_NAME
from matchcast.produce.errors import InvalidSchedule
from matchcast.produce.pace import DEFAULT_SPEED, Pace
from matchcast.settings import Settings
from matchcast.telemetry import logs

if TYPE_CHECKING:
    from matchcast.produce.limits import Limits
    from matchcast.produce.programme import Programme

PATIENCE = 20.0
"""Seconds that a broker gets to answer at the start."""

_YEAR = 366 * 86_400


class Speed(click.ParamType[float]):
    """A multiple of the match clock; ``max`` is 0, as fast as possible."""

    name = "number|max"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the multiple."""
        if value == "max":
            return 0.0
        try:
            speed = float(value)
        except ValueError:
            self.fail(f"{value!r} is neither a number nor max.", param, ctx)
        if not 0 <= speed < float("inf"):
            self.fail(
                f"{value} is not a speed: give 0 or more, 0 or max being as fast as possible.", param, ctx
            )
        return speed


class Name(click.ParamType[str]):
    """A name as a record may carry it."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name without blanks around it."""
        name = str(value).strip()
        if not name:
            self.fail("a name may not be empty.", param, ctx)
        if len(name) > MAX_NAME:
            self.fail(f"a name has at most {MAX_NAME} characters, this one {len(name)}.", param, ctx)
        try:
            name.encode()
        except UnicodeEncodeError:
            self.fail("a name has to be UTF-8.", param, ctx)
        return name


class Seconds(click.FloatRange):
    """A time that a clock can wait for: neither nan nor more than a year."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):  # which no comparison with the ends of the range finds
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


def _check_cron(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        from matchcast.produce.schedule import trigger

        try:
            trigger(cron=value)
        except InvalidSchedule as error:
            raise click.BadParameter(f"{error.message} Try: {error.hint}") from error
    return value


_broker = click.option("--kafka-broker", metavar="HOST:PORT", help="Addresses of Kafka, comma-separated.")
_speed = click.option(
    "--speed",
    type=Speed(),
    help=f"Speed as a multiple of the match clock, or max; default {DEFAULT_SPEED:g}.",
)


@click.command()
@_broker
@_speed
@click.option(
    "--delay",
    type=Seconds(0, _YEAR),
    metavar="SECONDS",
    help="Seconds between two events of a match, instead of --speed.",
)
@click.option(
    "--max-events", type=click.IntRange(min=1), help="Events in all; with a schedule, in each firing."
)
@click.option(
    "--home-team", type=Name(), metavar="NAME", help="Play this team at home, instead of the fixture list."
)
@click.option("--away-team", type=Name(), metavar="NAME", help="The team that it plays.")
@click.option("--knockout", is_flag=True, help="Play a cup tie: extra time and penalties when it is level.")
@click.option(
    "--schedule-interval",
    type=Seconds(0, _YEAR, min_open=True),
    metavar="SECONDS",
    help="Play on each so many seconds, the first time at once.",
)
@click.option(
    "--schedule-cron", metavar="CRON", callback=_check_cron, help="Play on by this crontab expression."
)
@click.option(
    "--matches", type=click.IntRange(1, 20), help="Matches at once; default 5, one with teams or a schedule."
)
@click.option("--once", is_flag=True, help="Let no new fixture follow the ones that end.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="Seed of all chance; by default each run has one of its own."
)
def produce(
    kafka_broker: str | None,
    speed: float | None,
    delay: float | None,
    max_events: int | None,
    home_team: str | None,
    away_team: str | None,
    knockout: bool,
    schedule_interval: float | None,
    schedule_cron: str | None,
    matches: int | None,
    once: bool,
    seed: int | None,
) -> None:
    """Play simulated matches into Kafka.

    By default the fixtures of the Premier League: five at once at 30 times the match clock, each one that
    ends followed by the next, and whatever match is asked for on the topic of wishes. A match that an
    earlier producer left is gone on with. Ctrl-C ends after what is on its way.

    With a schedule each firing plays the next --max-events of the running match, or all that is left of it,
    and the firing after its end kicks off the next one.
    """
    from matchcast.produce.limits import Limits
    from matchcast.produce.programme import FixtureList, OneMatch
    from matchcast.produce.schedule import fire

    pace = _pace(speed, delay)
    if schedule_interval is not None and schedule_cron is not None:
        raise click.UsageError("--schedule-interval and --schedule-cron exclude each other: give one.")
    scheduled = schedule_interval is not None or schedule_cron is not None
    chosen_seed = secrets.randbits(32) if seed is None else seed
    programme: Programme
    if home_team is not None or away_team is not None:
        if not home_team or not away_team:
            raise click.UsageError("--home-team and --away-team go together: name both.")
        if matches not in (None, 1):
            raise click.UsageError("--matches is for the fixture list: two named teams play one match.")
        programme = OneMatch(
            home_team, away_team, chosen_seed, knockout=knockout, endless=scheduled and not once
        )
        if programme.home == programme.away:
            raise click.UsageError(f"{programme.home} cannot play itself: name two teams.")
        at_once = 1
    elif knockout:
        raise click.UsageError("--knockout is for two named teams: add --home-team and --away-team.")
    else:
        programme = FixtureList(chosen_seed)
        at_once = matches or (1 if scheduled else 5)
    with ExitStack() as stack:
        fired = stack.enter_context(fire(every=schedule_interval, cron=schedule_cron)) if scheduled else None
        limits = Limits(at_once=at_once, max_events=max_events, fired=fired, once=once)
        _run(settings.load(kafka_broker=kafka_broker), programme, pace, limits)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@_broker
@_speed
@click.option(
    "--provider", default="statsbomb", metavar="NAME", help="Whose files they are; default statsbomb."
)
@click.option(
    "--companion",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The second file of a match, for providers that ship two.",
)
@click.option("--home", type=Name(), metavar="NAME", help="The home team, where the file does not say it.")
@click.option("--away", type=Name(), metavar="NAME", help="The away team, where the file does not say it.")
@click.option(
    "--competition", type=Name(), metavar="TEXT", help="The competition, where the file does not say it."
)
@click.option("--neutral", is_flag=True, help="No team is at home: no home advantage.")
@click.option("--knockout", is_flag=True, help="The match has to have a winner.")
@click.option("--match-id", type=Name(), metavar="ID", help="Id of the match; by default the file's name.")
def replay(
    files: tuple[Path, ...],
    kafka_broker: str | None,
    speed: float | None,
    provider: str,
    companion: Path | None,
    home: str | None,
    away: str | None,
    competition: str | None,
    neutral: bool,
    knockout: bool,
    match_id: str | None,
) -> None:
    """Play event files of real matches into Kafka, each event as it is.

    Several files are played at once. A replay that was cut short goes on where it stopped.
    """
    from matchcast.produce.limits import Limits
    from matchcast.produce.programme import Recordings
    from matchcast.produce.recordings import cast_of
    from matchcast.sources.read import read
    from matchcast.sources.recording import Naming

    if len(files) > 1 and (home or away or match_id or companion):
        raise click.UsageError(
            "--home, --away, --match-id and --companion say something of one match: give one FILE."
        )
    naming = Naming(
        home=home,
        away=away,
        match_id=match_id,
        companion=companion,
        competition=competition,
        neutral=neutral,
        knockout=knockout,
    )
    recordings = [read(path, provider, naming) for path in files]
    names = [recording.match.id for recording in recordings]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise click.UsageError(
            f"Two of the files would both be match {double}: replay them one after the other."
        )
    programme = Recordings([cast_of(recording) for recording in recordings], fixed_id=match_id is not None)
    _run(settings.load(kafka_broker=kafka_broker), programme, _pace(speed, None), Limits(at_once=len(files)))


def _pace(speed: float | None, delay: float | None) -> Pace:
    if speed is not None and delay is not None:
        raise click.UsageError("--speed and --delay exclude each other: give one of them.")
    return Pace(DEFAULT_SPEED if speed is None else speed, delay)


def _run(chosen: Settings, programme: Programme, pace: Pace, limits: Limits) -> None:
    from matchcast.produce.producer import Producer
    from matchcast.serving.notification import ServiceManager
    from matchcast.stream.topics import Topics, catalogue, ensure_topics

    logs.configure(chosen.log_level, chosen.log_format)
    ensure_topics(chosen.kafka_broker, catalogue(chosen), PATIENCE)
    topics, systemd = Topics(events=chosen.events_topic), ServiceManager.of_this_process()
    producer = Producer(chosen.kafka_broker, topics, programme, pace, limits, systemd.hear)
    interrupted = _stop_on_signals(producer.stop)
    producer.run()
    if interrupted():
        raise KeyboardInterrupt


def _stop_on_signals(stop: Callable[[], None]) -> Callable[[], bool]:
    """Call `stop` at the first SIGINT or SIGTERM; a second one ends at once. Say whether it was SIGINT."""
    received: list[int] = []

    def receive(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    signal.signal(signal.SIGINT, receive)
    signal.signal(signal.SIGTERM, receive)
    return lambda: received[:1] == [signal.SIGINT]
