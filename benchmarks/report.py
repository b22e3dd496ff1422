"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share (0 to 1) of the values does not exceed; of none it is not a number."""
    if not values:
        return float("nan")
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum of times in seconds, in milliseconds."""
    return {
        "p50_ms": round(percentile(seconds, 0.5) * 1000, 1),
        "p99_ms": round(percentile(seconds, 0.99) * 1000, 1),
        "max_ms": round(max(seconds, default=float("nan")) * 1000, 1),
    }


def print_report(title: str, rows: Sequence[dict[str, object]]) -> None:
    """Print rows as a table and, as the last line, as JSON."""
    columns = list(rows[0])
    cells = [columns, *([str(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    click.echo(title)
    for line in cells:
        click.echo("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    click.echo(json.dumps({"benchmark": title, "rows": rows}))
