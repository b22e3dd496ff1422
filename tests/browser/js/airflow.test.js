import assert from "node:assert/strict";
import { test } from "node:test";

import { afterPoll, drawButton } from "../../../src/matchcast/dashboard/static/js/airflow.js";

const DAG = { dag_id: "football_pipeline", last_run: null };
const FRESH = { dags: [DAG], known: false, problem: null, failed: 0 };
const DOWN = { error: new Error("Airflow does not answer.") };

class Button {
  dataset = {};
  textContent = "";
  disabled = false;
  attributes = new Map();
  getAttribute(name) { return this.attributes.get(name) ?? null; }
  setAttribute(name, value) { this.attributes.set(name, value); }
  removeAttribute(name) { this.attributes.delete(name); }
}

function drawn({ focused, enabled, busy }) {
  const button = new Button();
  globalThis.document = { activeElement: focused ? button : null };
  drawButton(button, "football_pipeline", "trigger", "Trigger", { enabled, busy });
  return { disabled: button.disabled, acts: !button.disabled && button.getAttribute("aria-disabled") !== "true" };
}

test("one poll that fails takes nothing away, the second in a row tells why", () => {
  const known = afterPoll(FRESH, { dags: [DAG] });
  const once = afterPoll(known, DOWN);
  assert.deepEqual([once.known, once.problem, once.dags], [true, null, [DAG]]);
  assert.equal(afterPoll(once, DOWN).problem, "Airflow does not answer.");
  assert.equal(afterPoll(afterPoll(afterPoll(once, DOWN), { dags: [DAG] }), DOWN).problem, null);
});

test("an Airflow that never answered is told at the first poll", () => {
  assert.equal(afterPoll(FRESH, DOWN).problem, "Airflow does not answer.");
});

test("a button that has the focus keeps it while it can do nothing", () => {
  assert.deepEqual(drawn({ focused: true, enabled: false }), { disabled: false, acts: false });
  assert.deepEqual(drawn({ focused: true, enabled: true, busy: "trigger" }), { disabled: false, acts: false });
  assert.deepEqual(drawn({ focused: false, enabled: false }), { disabled: true, acts: false });
  assert.deepEqual(drawn({ focused: true, enabled: true }), { disabled: false, acts: true });
});
