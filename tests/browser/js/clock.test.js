import assert from "node:assert/strict";
import { test } from "node:test";

import { GAP, MatchAxis, clockLabel, minuteLabel } from "../../../src/matchcast/dashboard/static/js/clock.js";

test("minutes are written as football writes them", () => {
  assert.equal(minuteLabel(1, 0), "1");
  assert.equal(minuteLabel(1, 22), "23");
  assert.equal(minuteLabel(1, 45), "45+1");
  assert.equal(minuteLabel(2, 45), "46");
  assert.equal(minuteLabel(2, 93), "90+4");
  assert.equal(minuteLabel(0, 0), "");
  assert.equal(minuteLabel(5, 120), "120");
});

test("a clock shows seconds, and stoppage apart", () => {
  assert.equal(clockLabel({ period: 2, minute: 63, second: 12 }), "63:12");
  assert.equal(clockLabel({ period: 1, minute: 46, second: 5 }), "45+1:05");
  assert.equal(clockLabel({ period: 1, minute: 45, second: 0 }), "45:00");
});

test("stoppage of the first half comes before the same minutes of the second, with a gap between", () => {
  const axis = new MatchAxis([{ period: 1, minute: 47, second: 30 }, { period: 2, minute: 50, second: 0 }]);
  const late = axis.x({ period: 1, minute: 47, second: 30 });
  const early = axis.x({ period: 2, minute: 45, second: 0 });
  assert.equal(late, 2850);
  assert.equal(early, late + GAP);
  assert.deepEqual(axis.breaks, [[2850, 2850 + GAP]]);
  assert.deepEqual(axis.stoppages, [[2700, 2850]]);
  assert.equal(axis.end, early + 2700);
});

test("a place on the axis is the moment that was put there", () => {
  const axis = new MatchAxis([{ period: 1, minute: 48, second: 3 }, { period: 2, minute: 96, second: 40 }, { period: 4, minute: 121, second: 9 }]);
  for (const moment of [
    { period: 1, minute: 0, second: 0 }, { period: 1, minute: 48, second: 3 }, { period: 2, minute: 45, second: 0 },
    { period: 2, minute: 96, second: 40 }, { period: 3, minute: 91, second: 1 }, { period: 4, minute: 121, second: 9 },
  ]) assert.deepEqual(axis.moment(axis.x(moment)), moment);
});

test("a place in a break is the end of the period before it", () => {
  const axis = new MatchAxis([{ period: 2, minute: 60, second: 0 }]);
  assert.deepEqual(axis.moment(2700 + GAP / 2), { period: 1, minute: 45, second: 0 });
});

test("stepping by minutes passes every minute once and ends now", () => {
  const axis = new MatchAxis([{ period: 2, minute: 47, second: 20 }]);
  const now = axis.x({ period: 2, minute: 47, second: 20 });
  const minutes = axis.minutes(now);
  assert.equal(minutes.length, 46 + 3 + 1);
  assert.equal(minutes.at(-1), now);
  assert.deepEqual(minutes, minutes.toSorted((a, b) => a - b));
});
