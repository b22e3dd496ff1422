import assert from "node:assert/strict";
import { test } from "node:test";

import { clockText, entrySentence, heldOutText, probabilitySentence } from "../../../src/matchcast/dashboard/static/js/words.js";

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

test("a log loss is told with the matches that it is of", () => {
  const sets = [{ name: "international matches", matches: 3000, log_loss: 0.62 }, { name: "leagues in detail", matches: 90, log_loss: 0.8 }];
  assert.equal(heldOutText(sets), "held-out log loss 0.6200 on international matches (3,000), 0.8000 on leagues in detail (90)");
  assert.equal(heldOutText([]), null);
  assert.equal(heldOutText(undefined), null);
});
