// The match as it stood at one place on the axis.

import { clockLabel } from "./clock.js";

export const GOALS = new Set(["goal", "own_goal", "penalty_goal"]);
export const REDS = new Set(["red_card", "second_yellow"]);
export const CARDS = new Set(["yellow_card", ...REDS]);
const NEAR = 30;

/** The probabilities that were shown last at a place on the axis, or null. */
export function shareAt(history, axis, x) {
  return history.findLast((point) => axis.x(point) <= x + 0.5) ?? null;
}

/** Expected goals that each side had had by then. */
export function xgAt(shots, axis, x) {
  const sum = { home: 0, away: 0 };
  for (const shot of shots) {
    if (shot.side && shot.period < 5 && axis.x(shot) <= x + 0.5) sum[shot.side] += shot.xg;
  }
  return sum;
}

/** The score by then, the shoot-out left out. */
export function scoreAt(timeline, axis, x) {
  const last = timeline.findLast((entry) => entry.period < 5 && axis.x(entry) <= x + 0.5);
  return last?.score ?? { home: 0, away: 0 };
}

/** Everything that is shown of a place on the axis. */
export function momentAt({ stats, history, axis }, x) {
  const at = axis.moment(x);
  return {
    clock: clockLabel(at),
    at,
    score: scoreAt(stats.timeline, axis, x),
    share: shareAt(history, axis, x),
    xg: xgAt(stats.shots, axis, x),
    entry: stats.timeline.findLast((entry) =>
      (GOALS.has(entry.kind) || CARDS.has(entry.kind)) && Math.abs(axis.x(entry) - x) < NEAR) ?? null,
  };
}

/** The last point before a goal, so that its effect can be told; before any goal the first point. */
export function beforeLastGoal(history) {
  const goal = history.findLastIndex(({ kind }) => kind === "goal");
  if (goal > 0) return { share: history[goal - 1], goal: history[goal] };
  return null;
}
