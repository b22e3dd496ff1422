import assert from "node:assert/strict";
import { test } from "node:test";

const row = (id, home, away, more) => ({ match_id: id, home_team: home, away_team: away, origin: "simulated", status: "live", ...more });

globalThis.location = { hash: "", pathname: "/", search: "" };
const { wishedMatch } = await import("../../../src/matchcast/dashboard/static/js/new-match.js");

test("the match that was asked for is a new one between those teams", () => {
  const matches = [row("a", "Leeds", "Burnley"), row("b", "Arsenal", "Chelsea"), row("c", "Leeds", "Burnley")];
  assert.equal(wishedMatch(matches, { known: new Set(["a"]), home_team: "leeds", away_team: "Burnley" }).match_id, "c");
  assert.equal(wishedMatch(matches, { known: new Set(["a", "c"]), home_team: "Leeds" }), null);
  assert.equal(wishedMatch(matches, { known: new Set(["a"]) }).match_id, "b");
});

test("a match of another feed is not the one that was asked for", () => {
  assert.equal(wishedMatch([row("a", "Leeds", "Burnley", { origin: "replay" })], { known: new Set() }), null);
});
