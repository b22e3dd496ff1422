"""A finished match as history has it."""

from __future__ import annotations

from matchcast.history.tables import Card, Goal, Match, Shot

MATCH = Match(
    origin="live",
    source="topic",
    match_id="derby",
    kind="detailed",
    date="2026-01-01",
    home_team="Arsenal",
    away_team="Chelsea",
    home_goals=1,
    away_goals=1,
    home_goals_half_time=1,
    away_goals_half_time=0,
    home_goals_90=1,
    away_goals_90=1,
    duration="regular",
    goals=(Goal(1, 46.5, "home"), Goal(2, 80.2, "away", own_goal=True)),
    cards=(Card(2, 60.1, "away", "red"),),
    shots=(Shot(1, 46.5, "home", 0.3, goal=True, on_target=True, x=110, y=40),),
)
