"""The command ``matchcast``: each room brings its own commands, loaded when they are called."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from matchcast import __version__
from matchcast.errors import MatchcastError

# name -> (where its click command is, one line for the overview)
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("matchcast.local.command:up", "Start the whole system on this machine."),
    "down": ("matchcast.local.command:down", "Stop what `up` started."),
    "status": ("matchcast.local.command:status", "Show the parts that run, and how they are."),
    "logs": ("matchcast.local.command:logs", "Show the logs of the parts."),
    "doctor": ("matchcast.local.command:doctor", "Check what the system needs; changes nothing."),
    "state": ("matchcast.match.command:state", "Print the state that an event file folds to."),
    "produce": ("matchcast.produce.command:produce", "Play simulated matches into Kafka."),
    "replay": ("matchcast.produce.command:replay", "Play event files of real matches into Kafka."),
    "topics": ("matchcast.stream.command:topics", "Make and describe Kafka's topics."),
    "dead-letters": (
        "matchcast.stream.command:dead_letters",
        "List or resend records that could not be read.",
    ),
    "train": ("matchcast.forecast.command:train", "Fit a model on a folder of matches."),
    "evaluate": ("matchcast.forecast.command:evaluate", "Judge a model on a folder of matches."),
    "drift": ("matchcast.forecast.command:drift", "See whether football has changed since a day."),
    "models": ("matchcast.forecast.models_command:models", "Show and change which model serves."),
    "history": ("matchcast.history.command:history", "Fetch, drain, show and export matches that are over."),
    "pipeline": ("matchcast.pipeline.command:pipeline", "Run a step of Airflow's pipelines."),
    "api": ("matchcast.api.command:api", "Serve the model API."),
    "dashboard": ("matchcast.dashboard.command:dashboard", "Serve the dashboard."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table, then the commands defined here."""
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the room that brings a command and return the command."""
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table, without importing any room."""
        rows = [(name, text) for name, (_, text) in COMMANDS.items()]
        for name in super().list_commands(ctx):
            command = super().get_command(ctx, name)
            rows.append((name, command.get_short_help_str() if command else ""))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "--version", prog_name="matchcast", message="%(prog)s %(version)s")
def matchcast() -> None:
    """Live football match forecasts: events in, win probabilities out."""


@matchcast.command()
def config() -> None:
    """Print the settings in force, where each comes from, and what it is."""
    from matchcast.settings import describe, load

    for variable, value, origin, description in describe(load()):
        click.echo(f"{variable}={value}  ({origin})  {description}")


def main() -> Any:
    """Run the command line; a known failure is one sentence and a hint, never a traceback."""
    try:
        return matchcast.main(standalone_mode=False)
    except MatchcastError as error:
        click.echo(f"✘ {error.message}", err=True)
        if error.hint:
            click.echo(f"Try: {error.hint}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
