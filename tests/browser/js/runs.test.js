import assert from "node:assert/strict";
import { test } from "node:test";

import { isActive, lastRunText, nextRunText, startedText, tookText } from "../../../src/matchcast/dashboard/static/js/runs.js";

const NOW = Date.parse("2026-01-02T03:10:00Z");

test("a run that is over says how it went and how long ago", () => {
  const run = { state: "success", start_date: "2026-01-02T03:00:00Z", end_date: "2026-01-02T03:07:00Z" };
  assert.equal(lastRunText(run, NOW), "Succeeded 3 min ago");
  assert.equal(lastRunText({ ...run, state: "failed" }, NOW), "Failed 3 min ago");
  assert.equal(tookText(run, NOW), "7 min");
});

test("a run under way says since when", () => {
  assert.equal(lastRunText({ state: "running", start_date: "2026-01-02T03:09:20Z", end_date: null }, NOW), "Running for 40 s");
  assert.equal(lastRunText({ state: "queued", start_date: null, end_date: null, queued_at: "2026-01-02T03:09:55Z" }, NOW), "Waiting for 5 s");
  assert.equal(tookText({ start_date: null, end_date: null }, NOW), "");
  assert.ok(isActive({ state: "queued" }) && isActive({ state: "running" }) && !isActive({ state: "failed" }) && !isActive(null));
});

test("a DAG that never ran says so, and one with no time of its own too", () => {
  assert.equal(lastRunText(null, NOW), "Has not run yet");
  assert.equal(nextRunText({ is_paused: false, next_run: null }, NOW), "Runs when asked");
});

test("the next run is told, unless the DAG is paused", () => {
  assert.equal(nextRunText({ is_paused: false, next_run: "2026-01-02T03:20:00Z" }, NOW), "Next in 10 min");
  assert.equal(nextRunText({ is_paused: false, next_run: "2026-01-03T03:10:00Z" }, NOW), "Next in 24 h");
  assert.equal(nextRunText({ is_paused: false, next_run: "2027-01-01T00:00:00Z" }, NOW), "Next in 364 days");
  assert.equal(nextRunText({ is_paused: false, next_run: "2026-01-02T03:09:00Z" }, NOW), "Next is due");
  assert.equal(nextRunText({ is_paused: true, next_run: null }, NOW), "Paused");
});

test("a run is called by what started it, and by Airflow's name where that is not known", () => {
  assert.equal(startedText({ run_type: "scheduled", run_id: "scheduled__2026-01-02T03:10:00+00:00" }), "By the timetable");
  assert.equal(startedText({ run_type: "asset_triggered", run_id: "asset_triggered__2026-01-02" }), "By an event");
  assert.equal(startedText({ run_type: "manual", run_id: "dashboard__2026-01-02" }), "By hand");
  assert.equal(startedText({ run_type: "backfill", run_id: "backfill__2026-01-02" }), "backfill__2026-01-02");
});
