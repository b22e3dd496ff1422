"""Small plots as SVG, drawn by hand: lines over a scale, and a reliability diagram."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 420, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 40


class Line(NamedTuple):
    """A named line of a plot; `style` is the class of its stroke in the page's own sheet."""

    name: str
    style: str
    values: Sequence[float]


def line_plot(title: str, labels: Sequence[str], lines: Sequence[Line]) -> str:
    """Values over labelled places, from 0 up."""
    most = _end_of_scale(max(value for line in lines for value in line.values))
    step = (WIDTH - _LEFT - _RIGHT) / len(labels)

    def place(number: int, value: float) -> tuple[float, float]:
        return _LEFT + (number + 0.5) * step, _upward(value / most)

    parts = [_grid(most)]
    for number, label in enumerate(labels):
        parts.append(_text(place(number, 0)[0], HEIGHT - _BOTTOM + 18, label, "middle"))
    for line in lines:
        points = [place(number, value) for number, value in enumerate(line.values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dots = "".join(
            f'<circle class="{line.style}" cx="{x:.1f}" cy="{y:.1f}" r="3">'
            f"<title>{escape(line.name)}, {escape(label)}: {value:.4f}</title></circle>"
            for (x, y), label, value in zip(points, labels, line.values, strict=True)
        )
        parts.append(f'<polyline class="{line.style}" points="{path}"/>{dots}')
    return _svg(title, parts)


def reliability_plot(title: str, bins: Sequence[tuple[float, float, int]]) -> str:
    """How often it happened over what was forecast; a dot's area tells how many forecasts it holds."""
    most = max(count for _, _, count in bins)
    parts = [_grid(1.0)]
    for tenth in range(0, 11, 2):
        parts.append(_text(_across(tenth / 10), HEIGHT - _BOTTOM + 18, f"{tenth / 10:.1f}", "middle"))
    parts.append(
        f'<line class="even" x1="{_across(0):.1f}" y1="{_upward(0):.1f}" '
        f'x2="{_across(1):.1f}" y2="{_upward(1):.1f}"/>'
    )
    for forecast, happened, count in bins:
        parts.append(
            f'<circle class="model" cx="{_across(forecast):.1f}" cy="{_upward(happened):.1f}" '
            f'r="{2.5 + 6.0 * (count / most) ** 0.5:.1f}"><title>forecast {forecast:.3f}, '
            f"happened {happened:.3f}, {count:,} forecasts</title></circle>"
        )
    return _svg(title, parts)


def _end_of_scale(most: float) -> float:
    """The least end of a scale in four steps of one figure or two that leaves no value out."""
    if most <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(most / 4))
    return 4 * size * next(step for step in (1, 2, 2.5, 5, 10) if 4 * size * step >= most)


def _across(part: float) -> float:
    return _LEFT + part * (WIDTH - _LEFT - _RIGHT)


def _upward(part: float) -> float:
    return HEIGHT - _BOTTOM - part * (HEIGHT - _TOP - _BOTTOM)


def _grid(most: float) -> str:
    parts = []
    for quarter in range(5):
        y = _upward(quarter / 4)
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{most * quarter / 4:.{2 if most > 0.1 else 3}f}", "end"))
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
