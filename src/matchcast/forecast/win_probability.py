"""The exact dynamic programme: from goal rates to how a match ends.

A match is a chain on the home team's lead that moves by one at each goal, at rates that depend on the
step and on the lead. Going back from the last whistle, each step multiplies by exp(Q), Q being the
step's matrix of rates; its series to the third power is exact to about 1e-7 at one-minute steps. Rates
depend on the lead alone, so one pass gives every moment and every lead of a fixture.
"""

from __future__ import annotations

import numpy as np

from matchcast.forecast.course import Course
from matchcast.forecast.goal_rates import LEADS, MOST_LEAD, Floats

NEAR_LEAD = 6
"""Scores are tabled for leads up to this; from there on the rates change no more."""


def per_step(in_bins: Floats, course: Course) -> Floats:
    """Spread goals (N, bins, LEADS, 2) evenly over the steps of their bins: (N, steps, LEADS, 2)."""
    bins = np.array(course.bins)
    steps_in_bin = np.bincount(bins)
    return (in_bins / steps_in_bin[:, None, None])[:, bins]


def result_table(in_bins: Floats, course: Course) -> Floats:
    """Probability that the home and the away team lead at the end.

    Args:
        in_bins: (N, bins, LEADS, 2) expected goals as `GoalRates` gives them.
        course: The course that the bins belong to.

    Returns:
        (N, steps + 1, LEADS, 2): from each position and lead, P(home ahead), P(away ahead).
    """
    count = len(in_bins)
    passage = _passage(in_bins, course)
    table = np.empty((count, course.steps + 1, LEADS, 2))
    table[:, -1, :, 0] = np.arange(LEADS) > MOST_LEAD
    table[:, -1, :, 1] = np.arange(LEADS) < MOST_LEAD
    for step in range(course.steps - 1, -1, -1):
        np.matmul(passage[:, course.bins[step]], table[:, step + 1], out=table[:, step])
    return table


def _passage(in_bins: Floats, course: Course) -> Floats:
    """Transition matrices between leads over one step of each bin, (N, bins, LEADS, LEADS)."""
    rates = in_bins / np.bincount(course.bins)[:, None, None]
    generator = np.zeros((*in_bins.shape[:2], LEADS, LEADS))
    lead = np.arange(LEADS - 1)
    generator[..., lead, lead + 1] = rates[..., :-1, 0]
    generator[..., lead + 1, lead] = rates[..., 1:, 1]
    diagonal = np.arange(LEADS)
    generator[..., diagonal, diagonal] = -generator.sum(axis=-1)
    square = generator @ generator
    passage = generator + square / 2.0 + (square @ generator) / 6.0
    passage[..., diagonal, diagonal] += 1.0
    return passage


def score_table(in_bins: Floats, course: Course, cells: int) -> Floats:
    """Joint distribution of the goals still to come in one fixture.

    Args:
        in_bins: (bins, LEADS, 2) expected goals.
        course: The course that the bins belong to.
        cells: Goals of each team are told apart up to `cells - 1`, which stands for that many or more.

    Returns:
        (steps + 1, 2 * NEAR_LEAD + 1, cells, cells): from each position and near lead, the
        probability of i more home and j more away goals.
    """
    near = slice(MOST_LEAD - NEAR_LEAD, MOST_LEAD + NEAR_LEAD + 1)
    rates = per_step(in_bins[None], course)[0][:, near]
    table = np.zeros((course.steps + 1, 2 * NEAR_LEAD + 1, cells, cells))
    table[-1, :, 0, 0] = 1.0
    for step in range(course.steps - 1, -1, -1):
        home = rates[step, :, 0, None, None]
        away = rates[step, :, 1, None, None]
        later = table[step + 1]
        once = _scored(later, home, away)
        table[step] = later + once + 0.5 * _scored(once, home, away)
    return table


def _scored(scores: Floats, home: Floats, away: Floats) -> Floats:
    """What the rates of one step do to the scores to come: in from one goal, out to the next."""
    moved = scores * -(home + away)
    up = np.concatenate((scores[1:], scores[-1:])) * home
    moved[:, 1:] += up[:, :-1]
    moved[:, -1] += up[:, -1]
    down = np.concatenate((scores[:1], scores[:-1])) * away
    moved[:, :, 1:] += down[:, :, :-1]
    moved[:, :, -1] += down[:, :, -1]
    return moved


def next_goal_table(in_bins: Floats, course: Course) -> Floats:
    """Probability that the next goal is the home team's, and the away team's.

    Args:
        in_bins: (bins, LEADS, 2) expected goals.
        course: The course that the bins belong to.

    Returns:
        (steps + 1, LEADS, 2); what is missing to 1 is that no goal is to come.
    """
    rates = per_step(in_bins[None], course)[0]
    total = rates.sum(axis=-1, keepdims=True)
    scored = rates / total * -np.expm1(-total)
    table = np.zeros((course.steps + 1, LEADS, 2))
    for step in range(course.steps - 1, -1, -1):
        table[step] = scored[step] + np.exp(-total[step]) * table[step + 1]
    return table
