import assert from "node:assert/strict";
import { test } from "node:test";

import { ageText, connectionOf } from "../../../src/matchcast/dashboard/static/js/connection.js";
import { backoff } from "../../../src/matchcast/dashboard/static/js/feed.js";

const NOW = 1_000_000;
const stats = (status = "live") => ({ status, period: 2, minute: 63, second: 12 });
const online = { kafka: { state: "online" }, producer: { state: "online" } };
const seen = (given) => connectionOf({ feed: { mode: "stream", heardAt: NOW }, stats: stats(), lamps: online, changedAt: NOW - 2000, ...given }, NOW);

test("a running match that is fed is live, with its age", () => {
  assert.equal(seen({}).text, "Live · 2 s ago");
});

test("a lost connection is reconnecting for 25 s and stale after", () => {
  assert.equal(seen({ feed: { mode: "reconnecting", heardAt: NOW - 20_000 } }).text, "Reconnecting…");
  assert.equal(seen({ feed: { mode: "reconnecting", heardAt: NOW - 26_000 } }).text, "Stale since 63:12");
  assert.equal(seen({ feed: { mode: "lost", heardAt: NOW - 1000 } }).state, "stale");
});

test("without Kafka a match is stale as soon as nothing comes any more", () => {
  const lamps = { ...online, kafka: { state: "offline", reason: "Nobody answers." } };
  assert.equal(seen({ lamps }).state, "live");
  const { state, sentence } = seen({ lamps, changedAt: NOW - 6000 });
  assert.equal(state, "stale");
  assert.match(sentence, /Kafka does not answer.*Nobody answers\./);
});

test("a feed without heartbeats is live as long as it sends, and may pause at half-time", () => {
  const lamps = { ...online, producer: { state: "offline" } };
  assert.equal(seen({ lamps }).state, "live");
  assert.equal(seen({ lamps, changedAt: NOW - 30_000 }).state, "stale");
  assert.equal(seen({ lamps, changedAt: NOW - 30_000, stats: stats("half_time") }).state, "live");
});

test("a running match of which nothing was heard for a minute is stale, whoever is online", () => {
  assert.equal(seen({ changedAt: NOW - 50_000 }).state, "live");
  const { state, text, sentence } = seen({ changedAt: NOW - 420_000 });
  assert.deepEqual([state, text], ["stale", "Stale · 7 min ago"]);
  assert.match(sentence, /No event of this match has come/);
});

test("a break is no silence until it is longer than any", () => {
  const pause = (minutes) => seen({ changedAt: NOW - 60_000 * minutes, stats: stats("half_time") });
  assert.deepEqual([pause(7).state, pause(7).text], ["waiting", "Half-time · 7 min ago"]);
  assert.equal(pause(40).state, "stale");
});

test("what is over stays over", () => {
  assert.equal(seen({ stats: stats("finished"), lamps: { ...online, kafka: { state: "offline" } } }).text, "Finished");
});

test("asking instead of streaming is said", () => {
  const { state, sentence } = seen({ feed: { mode: "polling", heardAt: NOW, reason: "All streams are in use." } });
  assert.equal(state, "polling");
  assert.equal(sentence, "All streams are in use. This page asks every 5 seconds instead.");
});

test("ages are short", () => {
  assert.deepEqual([0, 59_400, 90_000, 7_200_000].map(ageText), ["0 s", "59 s", "2 min", "2 h"]);
});

test("new attempts wait longer and longer, jittered, never above 30 s", () => {
  const longest = Array.from({ length: 8 }, (_, index) => backoff(index + 1, () => 1));
  const shortest = Array.from({ length: 8 }, (_, index) => backoff(index + 1, () => 0));
  assert.deepEqual(longest, [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.deepEqual(shortest, longest.map((wait) => wait / 2));
});
