"""Undressed matches: the goal and red-card rates played forward."""

from __future__ import annotations

import numpy as np

from matchcast.simulate.play import Kind, play
from matchcast.simulate.strengths import draw_strengths

EVEN = np.tile([1.4, 1.4], (4000, 1))


def test_the_same_seed_plays_the_same_matches() -> None:
    one, two = (play(EVEN[:50], np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.score, two.score)
    assert np.array_equal(one.second, two.second)


def test_incidents_and_scores_tell_the_same_goals() -> None:
    played = play(EVEN[:500], np.random.default_rng(1), knockout=True)
    goals = np.zeros((500, 2), dtype=int)
    is_goal = played.kind <= Kind.OWN_GOAL
    np.add.at(goals, (played.match[is_goal], played.side[is_goal]), 1)
    assert np.array_equal(goals, played.score)


def test_incidents_fall_within_the_periods_that_were_played() -> None:
    played = play(EVEN[:500], np.random.default_rng(1), knockout=True)
    assert np.all(played.second <= played.lengths[played.match, played.period - 1])
    assert np.all(played.lengths[:, :2] >= 2700)


def test_only_a_level_knock_out_match_has_extra_time() -> None:
    knockout = play(EVEN, np.random.default_rng(2), knockout=True)
    level = knockout.score_at_90[:, 0] == knockout.score_at_90[:, 1]
    assert np.all(knockout.lengths[level, 2:] >= 900)
    assert not knockout.lengths[~level, 2:].any()
    assert np.array_equal(knockout.score[~level], knockout.score_at_90[~level])
    league = play(EVEN[:200], np.random.default_rng(2))
    assert not league.lengths[:, 2:].any()


def test_extra_time_brings_a_third_of_the_goals_of_a_match() -> None:
    played = play(EVEN, np.random.default_rng(3), knockout=True)
    level = played.score_at_90[:, 0] == played.score_at_90[:, 1]
    extra = (played.score - played.score_at_90)[level].sum(axis=1).mean()
    assert abs(extra - 2.8 / 3) < 0.12


def test_a_stronger_team_scores_more_and_its_strength_is_what_it_scores() -> None:
    played = play(np.tile([2.2, 0.8], (20_000, 1)), np.random.default_rng(4))
    home, away = played.score.mean(axis=0)
    assert abs(home / 2.2 - 1) < 0.08
    assert abs(away / 0.8 - 1) < 0.08


def test_no_side_falls_below_seven_men() -> None:
    played = play(draw_strengths(20_000, np.random.default_rng(5)), np.random.default_rng(5))
    reds = np.zeros((20_000, 2), dtype=int)
    is_red = played.kind >= Kind.STRAIGHT_RED
    np.add.at(reds, (played.match[is_red], played.side[is_red]), 1)
    assert reds.max() <= 4


def test_strengths_are_balanced_draws_about_the_medians() -> None:
    strengths = draw_strengths(1001, np.random.default_rng(6))
    assert strengths.shape == (1001, 2)
    assert np.all(strengths > 0)
    home, away = np.log(strengths).T
    assert np.corrcoef(home, away)[0, 1] < -0.6


def test_no_matches_give_no_incidents() -> None:
    played = play(np.full((1, 2), 1e-9), np.random.default_rng(8))
    assert played.score.tolist() == [[0, 0]]
    assert played.match.dtype == np.int64
