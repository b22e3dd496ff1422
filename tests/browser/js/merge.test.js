import assert from "node:assert/strict";
import { test } from "node:test";

import { keepOnly, mergeEntries, mergeHistory, mergeMatches, mergeMinutes, mergePrediction, mergeRecent, mergeStats } from "../../../src/matchcast/dashboard/static/js/merge.js";

const at = (id, period, minute, rest = {}) => ({ id, period, minute, second: 0, ...rest });
const row = (match_id, status = "live") => ({ match_id, status });
const ids = (entries) => entries.map(({ id }) => id);

test("an entry that comes twice is there once, in its newest form", () => {
  const merged = mergeEntries([at("a", 1, 5), at("b", 1, 9)], [at("b", 1, 9, { player: "Salah" }), at("b", 1, 9, { player: "Salah" })]);
  assert.deepEqual(ids(merged), ["a", "b"]);
  assert.equal(merged[1].player, "Salah");
});

test("a late entry takes its place in the match, stoppage before the second half", () => {
  assert.deepEqual(ids(mergeEntries([at(1, 1, 10), at(2, 2, 45)], [at(3, 1, 47)])), [1, 3, 2]);
});

test("a minute of momentum is replaced, minutes of two halves are told apart", () => {
  const merged = mergeMinutes([{ period: 1, minute: 45, home: 1, away: 0 }], [{ period: 2, minute: 45, home: 9, away: 9 }, { period: 1, minute: 45, home: 4, away: 2 }]);
  assert.deepEqual(merged.map(({ home }) => home), [4, 9]);
});

test("an update leaves alone what it does not bring", () => {
  const stats = { minute: 1, timeline: [at("a", 1, 1)], shots: [], momentum: [] };
  const merged = mergeStats(stats, { stats: { minute: 2 } });
  assert.equal(merged.minute, 2);
  assert.equal(merged.timeline, stats.timeline);
  const history = [{ stream_id: "0:1", period: 1, minute: 0, second: 0 }];
  const prediction = mergePrediction({ available: true, pre_match: { home: 1 }, history }, { available: false, reason: "gone" });
  assert.deepEqual(prediction, { available: false, reason: "gone", pre_match: { home: 1 }, history });
});

test("points of the forecast are upserts by stream id", () => {
  const point = (stream_id, minute, home) => ({ stream_id, period: 1, minute, second: 0, home });
  const merged = mergeHistory([point("0:1", 1, 0.4), point("0:5", 3, 0.5)], [point("0:3", 2, 0.45), point("0:5", 3, 0.6)]);
  assert.deepEqual(merged.map(({ home }) => home), [0.4, 0.45, 0.6]);
});

test("the list of matches keeps its order while it is watched; new ones come first, finished ones last", () => {
  const old = [row("a"), row("b"), row("c")];
  assert.deepEqual(mergeMatches(old, [row("c"), row("a")]).map(({ match_id: id }) => id), ["a", "b", "c"]);
  assert.deepEqual(mergeMatches(old, [row("n"), row("a", "finished")]).map(({ match_id: id }) => id), ["n", "b", "c", "a"]);
  assert.deepEqual(keepOnly(old, [row("c")]).map(({ match_id: id }) => id), ["c"]);
});

test("recent events are the newest, none twice", () => {
  const event = (offset, second) => ({ partition: 0, offset, at: `2026-01-01T00:00:0${second}Z` });
  assert.deepEqual(mergeRecent([event(2, 2), event(1, 1)], [event(3, 3), event(2, 2)], 2).map(({ offset }) => offset), [3, 2]);
});
