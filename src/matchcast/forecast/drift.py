"""Drift: whether football, or the model's grip on it, has changed since a reference time.

Two kinds of sign. How things are spread is compared by the population stability index (PSI), which
fires above the usual 0.1 where chance alone would not make it so. What a match shows beyond what the
model expected is held within control limits: home wins, goals, and surprise (the realised log loss less
the entropy of the model's own forecast, which is nothing on average for a model that is right).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from msgspec import Struct

from matchcast.forecast.archive import Flags, Floats, Ints, Matches
from matchcast.forecast.drift_report import Sign
from matchcast.forecast.metrics import log_losses
from matchcast.forecast.snapshots import HOME_WIN, MINUTES, Snapshots, snapshots

DEVIATIONS = 3.0
"""Control limits in standard errors: chance alone crosses them about three times in a thousand checks."""

UNSTABLE = 0.1
"""The PSI from which a shift is taken for one."""

FEWEST_MATCHES = 100
"""On fewer matches no sign is looked for."""

_PARTS = 8
LEAD_MINUTES = (15, 30, 45, 60, 75)
_MOST_LEAD = 2
_FLOOR = 0.5
"""Matches that a part of a distribution is taken to have at least, so that its logarithm is finite."""


@dataclass(frozen=True)
class Observed:
    """What some matches show; (N,) each, `leads` (N, 5) at `LEAD_MINUTES`.

    `gap` is the log of the goals expected of the home team over the away team's; `home_wins`, `goals`
    and `surprise` are what came beyond the model's forecast; `shots` and `cards` are counts. What is not
    known is nan: `home_wins` on neutral ground, and counts that nobody told.
    """

    gap: Floats
    leads: Ints
    home_wins: Floats
    goals: Floats
    surprise: Floats
    shots: Floats
    cards: Floats


class Drift(Struct, frozen=True):
    """The signs of some matches beside a reference; `drifted` when any fires."""

    drifted: bool
    matches: int
    reference: int
    signs: list[Sign]


def observe(
    matches: Matches,
    forecast: Floats,
    strengths: Floats,
    shots: Floats | Ints | None = None,
    cards: Floats | Ints | None = None,
) -> Observed:
    """See what matches show beside their forecasts.

    Args:
        matches: N matches.
        forecast: Win, draw and loss at their snapshots, (N * 18, 3).
        strengths: Goals expected of each team before, (N, 2).
        shots: Shots in each match, (N,), where known.
        cards: Cards in each match, (N,), where known.
    """
    goals = matches.result().sum(axis=1)
    return observe_snapshots(
        snapshots(matches), forecast, strengths, goals, matches.neutral, shots=shots, cards=cards
    )


def observe_snapshots(
    taken: Snapshots,
    forecast: Floats,
    strengths: Floats,
    goals: Ints,
    neutral: Flags,
    *,
    shots: Floats | Ints | None = None,
    cards: Floats | Ints | None = None,
) -> Observed:
    """See the same of N matches by their snapshots, their `goals` in 90 minutes and their ground, (N,) each."""
    often = len(MINUTES)
    before = forecast[::often]
    certain = np.maximum(forecast, 1e-12)
    entropy = -(certain * np.log(certain)).sum(axis=1)
    surprise = (log_losses(forecast, taken.outcome) - entropy).reshape(-1, often).mean(axis=1)
    won = (taken.outcome[::often] == HOME_WIN) - before[:, 0]
    unknown = np.full(len(goals), np.nan)
    return Observed(
        gap=np.log(strengths[:, 0] / strengths[:, 1]),
        leads=taken.lead.reshape(-1, often)[:, np.searchsorted(MINUTES, LEAD_MINUTES)],
        home_wins=np.where(neutral, np.nan, won),
        goals=goals - strengths.sum(axis=1),
        surprise=surprise,
        shots=unknown if shots is None else shots.astype(np.float64),
        cards=unknown if cards is None else cards.astype(np.float64),
    )


def find_drift(reference: Observed, current: Observed, deviations: float = DEVIATIONS) -> Drift:
    """Look for every sign, by control limits of so many standard errors; too few matches show none."""
    signs: list[Sign] = []
    if min(len(reference.gap), len(current.gap)) >= FEWEST_MATCHES:
        signs.append(_stability("strength gap", deviations, reference.gap, current.gap))
        for number, minute in enumerate(LEAD_MINUTES):
            leads = (np.clip(of.leads[:, number], -_MOST_LEAD, _MOST_LEAD) for of in (reference, current))
            signs.append(_stability(f"goal difference at {minute}'", deviations, *leads))
        for name, before, now in (
            ("shots", _known(reference.shots), _known(current.shots)),
            ("cards", _known(reference.cards), _known(current.cards)),
        ):
            if min(len(before), len(now)) >= FEWEST_MATCHES:
                signs.append(_stability(name, deviations, before, now))
        home_wins = (_known(of.home_wins) for of in (reference, current))
        signs.append(_control("home wins", deviations, *home_wins))
        signs.append(_control("goals", deviations, reference.goals, current.goals))
        signs.append(_control("surprise", deviations, reference.surprise, current.surprise))
    return Drift(any(sign.fires for sign in signs), len(current.gap), len(reference.gap), signs)


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def stability_index(reference: Ints, current: Ints) -> float:
    """PSI of counts by part: the sum of (p - q) log(p / q)."""
    parts = [np.maximum(counts, _FLOOR) / counts.sum() for counts in (current, reference)]
    return float(((parts[0] - parts[1]) * np.log(parts[0] / parts[1])).sum())


def _stability(name: str, deviations: float, reference: Floats | Ints, current: Floats | Ints) -> Sign:
    """PSI over parts of about equal size in the reference.

    Without a shift it is about chi-square with parts - 1 degrees of freedom times (1/N + 1/M), so the
    limit is at least that distribution's mean and `deviations` of its standard deviation, half as much
    again for its long tail.
    """
    inner = np.unique(np.quantile(reference, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(inner, values), minlength=len(inner) + 1)
        for values in (reference, current)
    ]
    freedom = max(len(inner), 1)
    chance = (freedom + 1.5 * deviations * math.sqrt(2.0 * freedom)) * (1 / len(reference) + 1 / len(current))
    value, limit = stability_index(*counts), max(UNSTABLE, chance)
    fires = value > limit
    text = f"{name}: {'spread otherwise than before' if fires else 'spread as before'} (PSI {value:.3f})"
    return Sign(name, value, limit, fires, text)


def _control(name: str, deviations: float, reference: Floats, current: Floats) -> Sign:
    """The change of a mean over matches, in its standard errors."""
    if min(len(reference), len(current)) < FEWEST_MATCHES:
        return Sign(name, 0.0, deviations, False, f"{name}: too few matches to tell")
    error = math.sqrt(reference.var(ddof=1) / len(reference) + current.var(ddof=1) / len(current))
    change = float(current.mean() - reference.mean())
    value = change / error if error > 0 else 0.0
    fires = abs(value) > deviations
    text = (
        f"{name}: {change:+.3f} a match against the reference, beyond what the model expects "
        f"({value:+.1f} standard errors)"
    )
    return Sign(name, value, deviations, fires, text)
