import assert from "node:assert/strict";
import { test } from "node:test";

import { percent, points, roundShares, shareLabels } from "../../../src/matchcast/dashboard/static/js/percent.js";

const sum = (values) => values.reduce((total, value) => total + value, 0);

test("whole per cents sum to 100 whatever the shares are", () => {
  let seed = 1;
  const random = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647; };
  for (let round = 0; round < 5000; round += 1) {
    const shares = [random() ** 4, random() ** 4, random() ** 4];
    const whole = roundShares(shares);
    assert.equal(sum(whole), 100);
    const total = sum(shares);
    whole.forEach((value, index) => assert.ok(Math.abs(value - (100 * shares[index]) / total) < 1));
  }
});

test("the largest remainders are rounded up, the first of equals", () => {
  assert.deepEqual(roundShares([0.335, 0.335, 0.33]), [34, 33, 33]);
  assert.deepEqual(roundShares([1 / 3, 1 / 3, 1 / 3]), [34, 33, 33]);
  assert.deepEqual(roundShares([0.545, 0.2305, 0.2245]), [55, 23, 22]);
});

test("before full time nothing is certain and nothing impossible", () => {
  assert.deepEqual(shareLabels({ home: 0.9992, draw: 0.0007, away: 0.0001 }), { home: ">99\u202f%", draw: "<1\u202f%", away: "<1\u202f%" });
  assert.deepEqual(shareLabels({ home: 1, draw: 0, away: 0 }), { home: ">99\u202f%", draw: "<1\u202f%", away: "<1\u202f%" });
  assert.equal(percent(0.001), "<1\u202f%");
});

test("at full time the result is certain", () => {
  assert.deepEqual(shareLabels({ home: 0, draw: 1, away: 0 }, true), { home: "0\u202f%", draw: "100\u202f%", away: "0\u202f%" });
});

test("a change has its sign, and none is none", () => {
  assert.deepEqual(points({ home: 0.62, draw: 0.2, away: 0.18 }, { home: 0.31, draw: 0.2, away: 0.49 }), { home: "+31", draw: "±0", away: "−31" });
});

test("a change is the difference of the numbers that are shown", () => {
  const [now, before] = [{ home: 0.545, draw: 0.2305, away: 0.2245 }, { home: 1 / 3, draw: 1 / 3, away: 1 / 3 }];
  assert.deepEqual([shareLabels(now).home, shareLabels(before).home], ["55\u202f%", "34\u202f%"]);
  assert.deepEqual(points(now, before), { home: "+21", draw: "−10", away: "−11" });
});
