import assert from "node:assert/strict";
import { test } from "node:test";

import { clockText, entrySentence, probabilitySentence } from "../../../src/matchcast/dashboard/static/js/words.js";

const match = { home_team: "Arsenal", away_team: "Chelsea" };
const stats = (more) => ({ match, status: "live", period: 2, clock: "71", score: { home: 2, away: 1 }, shoot_out: null, ...more });

test("a match that is over was won or drawn, one that runs is led or level", () => {
  assert.match(probabilitySentence(stats({ status: "finished" }), null), /^Arsenal won 2–1\./);
  assert.match(probabilitySentence(stats({ status: "finished", score: { home: 1, away: 1 } }), null), /^Arsenal and Chelsea drew 1–1\./);
  assert.match(probabilitySentence(stats(), null), /^Arsenal lead 2–1 in minute 71\./);
});

test("an abandoned match has no winner", () => {
  assert.match(probabilitySentence(stats({ status: "abandoned" }), null), /^Arsenal against Chelsea was abandoned at 2–1\./);
  assert.equal(clockText(stats({ status: "abandoned" })), "Abandoned, 71′");
});

test("a goal is told with its scorer, his team and the score after it", () => {
  const entry = { kind: "goal", side: "home", team: "Arsenal", player: "Bukayo Saka", score: { home: 2, away: 1 } };
  assert.equal(entrySentence(entry, match), "Goal, Bukayo Saka, Arsenal. Arsenal 2–1 Chelsea.");
});
