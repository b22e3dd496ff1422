// Airflow's controls: what runs, and for the operator starting, pausing and resuming it.

import { get, post, session } from "./ask.js";
import { breakable, byId, el } from "./dom.js";

const EVERY_MS = 30_000;
const USUAL = ["football_pipeline", "retraining_pipeline"];

function control(text, enabled, act) {
  return el("button", { class: "button", disabled: !enabled, onclick: act }, text);
}

function dagCard(dag, enabled, act) {
  const path = `/api/airflow/dags/${encodeURIComponent(dag.dag_id)}`;
  const last = dag.last_run ? `Last run: ${dag.last_run.state ?? "unknown"}` : "Has not run yet";
  return el("div", { class: "dag" },
    el("span", {}, el("b", {}, breakable(dag.dag_id)), enabled !== null && el("span", { class: "muted" }, dag.is_paused ? `Paused. ${last}` : last)),
    el("div", { class: "buttons" },
      control("Trigger", enabled, () => act(`${path}/trigger`)),
      control(dag.is_paused ? "Resume" : "Pause", enabled, () => act(`${path}/${dag.is_paused ? "resume" : "pause"}`))));
}

/** Show Airflow's controls and keep them fresh, where there is one; the page itself says that there is none. */
export function installAirflow() {
  const box = byId("airflow");
  if (!box.dataset.url) return { show() {} };
  let said = null;

  async function act(path) {
    try {
      await post(path);
      said = null;
    } catch (problem) {
      said = problem.message;
    }
    await show();
  }

  function draw(dags, enabled, reason) {
    box.replaceChildren(...[reason && el("p", { class: "muted" }, reason), said && el("p", { class: "problem", role: "alert" }, said), ...dags.map((dag) => dagCard(dag, enabled, act))].filter(Boolean));
  }

  async function show() {
    try {
      const { dags } = await get("/api/airflow/dags");
      draw(dags, session.operator, session.operator ? null : "Starting and pausing needs the operator’s login.");
    } catch (problem) {
      draw(USUAL.map((dag_id) => ({ dag_id })), null, problem.message);
    }
  }

  setInterval(() => document.hidden || show(), EVERY_MS);
  show();
  return { show };
}
