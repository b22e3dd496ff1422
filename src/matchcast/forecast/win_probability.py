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

NEAR_LEAD = 4
"""Scores are tabled for leads up to this, two more than where the rates change no more."""

NEAR_LEADS = 2 * NEAR_LEAD + 1


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


def score_table(in_bins: Floats, course: Course, cells: tuple[int, int]) -> Floats:
    """Joint distribution of the goals still to come in one fixture.

    Args:
        in_bins: (bins, LEADS, 2) expected goals.
        course: The course that the bins belong to.
        cells: How many numbers of goals are told apart, of the home and of the away team; the last
            stands for that many or more.

    Returns:
        (steps + 1, NEAR_LEADS, *cells): from each position and near lead, the probability of i more
        home and j more away goals.
    """
    near = slice(MOST_LEAD - NEAR_LEAD, MOST_LEAD + NEAR_LEAD + 1)
    rates = per_step(in_bins[None], course)[0][:, near, :, None, None]
    table = np.zeros((course.steps + 1, NEAR_LEADS, *cells))
    table[-1, :, 0, 0] = 1.0
    padded = np.zeros((NEAR_LEADS + 2, cells[0] + 1, cells[1] + 1))
    for step in range(course.steps - 1, -1, -1):
        home, away = rates[step, :, 0], rates[step, :, 1]
        both = home + away
        later, now = table[step + 1], table[step]
        once = _scored(later, padded, home, away, both)
        np.multiply(_scored(once, padded, home, away, both), 0.5, out=now)
        now += once
        now += later
    return table


def _scored(scores: Floats, padded: Floats, home: Floats, away: Floats, both: Floats) -> Floats:
    """What the rates of one step do to the scores to come: in from one goal, out to the next.

    `padded` is room for the scores with a lead more at both ends and a zero row and column before.
    """
    padded[1:-1, 1:, 1:] = scores
    padded[0], padded[-1] = padded[1], padded[-2]
    moved = padded[2:, :-1, 1:] * home
    moved += padded[:-2, 1:, :-1] * away
    moved -= scores * both
    moved[:, -1] += padded[2:, -1, 1:] * home[:, 0]
    moved[:, :, -1] += padded[:-2, 1:, -1] * away[:, 0]
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
