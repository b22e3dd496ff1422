// What the charts and cards need of a match, worked out once for each change.

import { axisOf } from "./clock.js";
import { xgAt } from "./moment.js";
import { isOver } from "./words.js";

/** The view of a match; `now` is the newest place on the axis, `model` whether there is a forecast now. */
export function viewOf(stats, prediction) {
  const model = Boolean(prediction?.available && prediction.current);
  const over = isOver(stats.status);
  const points = (prediction?.history ?? []).filter(({ period }) => period >= 1 && period <= 4);
  const axis = axisOf(stats, points);
  const now = over ? Math.max(axis.x(stats), ...points.map((point) => axis.x(point)), 0) : axis.x(stats);
  const history = [...points];
  if (prediction?.pre_match && axis.x(history[0] ?? stats) > 0) {
    history.unshift({ ...prediction.pre_match, period: 1, minute: 0, second: 0, kind: "sample" });
  }
  if (model && !over && stats.period >= 1 && stats.period <= 4) {
    const { home, draw, away } = prediction.current;
    history.push({ home, draw, away, period: stats.period, minute: stats.minute, second: stats.second, kind: "sample" });
  }
  return { stats, prediction, model, over, axis, now, history, xg: xgAt(stats.shots, axis, axis.end) };
}
