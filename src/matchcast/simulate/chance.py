"""Draws that the standard library's random numbers leave out, for one value at a time."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from math import exp
from random import Random
from typing import TypeVar

T = TypeVar("T")


def draw_count(rng: Random, mean: float) -> int:
    """Draw from a Poisson distribution (Knuth's product of uniforms; made for means below 30)."""
    limit, product, count = exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def draw_gamma(rng: Random, mean: float, sd: float) -> float:
    """Draw from the gamma distribution of this mean and standard deviation."""
    return rng.gammavariate((mean / sd) ** 2, sd**2 / mean)


def pick(rng: Random, choices: Sequence[T], weights: Sequence[float]) -> T:
    """Draw one of `choices`; each weighs what stands at its place in `weights`."""
    bounds = list(accumulate(weights))
    return choices[min(bisect(bounds, rng.random() * bounds[-1]), len(choices) - 1)]
