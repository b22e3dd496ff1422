import assert from "node:assert/strict";
import { test } from "node:test";

import { MatchAxis } from "../../../src/matchcast/dashboard/static/js/clock.js";
import { momentAt } from "../../../src/matchcast/dashboard/static/js/moment.js";
import { stackedColumns } from "../../../src/matchcast/dashboard/static/js/probability-chart.js";
import { placeOf } from "../../../src/matchcast/dashboard/static/js/shot-map.js";
import { stepColumns } from "../../../src/matchcast/dashboard/static/js/xg-chart.js";

const point = (period, minute, home, kind = "sample") => ({ period, minute, second: 0, home, draw: 0.2, away: 0.8 - home, kind });
const shot = (side, period, minute, xg) => ({ side, period, minute, second: 0, xg });
const rising = (values) => values.every((value, index) => index === 0 || value > values[index - 1]);

test("the value jumps at a goal instead of sloping to it", () => {
  const history = [point(1, 0, 0.4), point(1, 4, 0.4), point(1, 6, 0.7, "goal")];
  const axis = new MatchAxis(history);
  const [x, home, draw, all] = stackedColumns({ axis, history, now: 400 });
  assert.ok(rising(x));
  assert.deepEqual(home, [0.4, 0.4, 0.4, 0.7, 0.7]);
  assert.equal(x[3] - x[2], 0.5);
  assert.deepEqual(all, [1, 1, 1, 1, 1]);
  assert.ok(draw.every((value, index) => value > home[index]));
});

test("half-time and minutes without a forecast are gaps", () => {
  const history = [point(1, 40, 0.4), point(1, 46, 0.4), point(2, 45, 0.5), point(2, 60, 0.5)];
  const axis = new MatchAxis(history);
  const [x, home] = stackedColumns({ axis, history, now: axis.x(history[3]) });
  assert.ok(rising(x));
  assert.equal(home.filter((value) => value === null).length, 3);
});

test("expected goals add up in steps, without the shoot-out and with a gap at half-time", () => {
  const stats = { shots: [shot("home", 1, 10, 0.1), shot("away", 2, 50, 0.3), shot("home", 2, 55, 0.2), shot("home", 5, 120, 0.76)] };
  const axis = new MatchAxis(stats.shots);
  const [x, home, away] = stepColumns({ axis, stats, now: axis.end });
  assert.ok(rising(x));
  assert.ok(Math.abs(home.at(-1) - 0.3) < 1e-9);
  assert.equal(away.at(-1), 0.3);
  assert.equal(home.filter((value) => value === null).length, 1);
});

test("a moment shows the match as it was then", () => {
  const goal = { id: 1, kind: "goal", side: "home", period: 1, minute: 20, second: 0, score: { home: 1, away: 0 } };
  const stats = { timeline: [goal], shots: [shot("home", 1, 20, 0.4)] };
  const history = [point(1, 0, 0.4), point(1, 20, 0.7, "goal")];
  const axis = new MatchAxis(history);
  const before = momentAt({ stats, history, axis }, axis.x({ period: 1, minute: 19, second: 0 }));
  assert.deepEqual([before.score, before.share.home, before.xg.home, before.entry], [{ home: 0, away: 0 }, 0.4, 0, null]);
  const after = momentAt({ stats, history, axis }, axis.x(goal));
  assert.deepEqual([after.score, after.share.home, after.xg.home, after.entry], [{ home: 1, away: 0 }, 0.7, 0.4, goal]);
});

test("the home side attacks right, the away side left", () => {
  assert.deepEqual(placeOf({ side: "home", x: 110, y: 30 }), [110, 30]);
  assert.deepEqual(placeOf({ side: "away", x: 110, y: 30 }), [10, 50]);
});
