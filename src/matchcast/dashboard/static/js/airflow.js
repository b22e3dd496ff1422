// Airflow's controls: what runs, and for the operator starting, pausing and resuming it.

import { get, post, session } from "./ask.js";
import { breakable, byId, el, icon, keyed, setAttribute, setText } from "./dom.js";
import { isActive, lastRunText, nextRunText, runLamp } from "./runs.js";

const IDLE_MS = 30_000;
const ACTIVE_MS = 2_500; // while a run is under way
const RETRY_MS = 1_000; // after a poll that failed
const PATIENCE = 2; // polls that fail one after the other before the page believes it
const USUAL = ["football_pipeline", "retraining_pipeline"];
const STRANGER = "Starting and pausing needs the operator’s login.";
const BUSY = { trigger: "Starting…", pause: "Pausing…", resume: "Resuming…" };

function makeCard({ dag_id: name }, act) {
  const node = el("div", { class: "dag" },
    el("p", { class: "dag-name" }, icon("unknown", "lamp"), el("b", {}, breakable(name))),
    el("p", { class: "muted dag-state" }), el("p", { class: "dag-result" }),
    el("div", { class: "buttons" }, el("button", { class: "button first" }), el("button", { class: "button second" })),
    el("p", { class: "said" }));
  for (const button of node.querySelectorAll("button")) {
    button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && act(name, button.dataset.act));
  }
  return node;
}

/** What is known after a poll: one that fails alone changes nothing, so that a hiccup takes no button away. */
export function afterPoll(before, { dags, error }) {
  if (!error) return { dags, known: true, failed: 0, problem: dags.length ? null : "Airflow has no DAG of this system." };
  const failed = before.failed + 1;
  return { ...before, failed, problem: before.known && failed < PATIENCE ? before.problem : error.message };
}

/** Draw a button; one that has the focus is never `disabled`, which would drop it, but says that it does nothing. */
export function drawButton(button, name, what, text, { enabled, busy }) {
  button.dataset.act = what;
  setText(button, busy === what ? BUSY[what] : text);
  setAttribute(button, "aria-label", `${text} ${name}`);
  button.disabled = !enabled && document.activeElement !== button;
  setAttribute(button, "aria-disabled", busy || !enabled ? "true" : null);
}

function drawCard(node, dag, { enabled, known, busy, said }) {
  const now = Date.now();
  const { dag_id: name, last_run: run } = dag;
  node.querySelector("use").setAttribute("href", `#i-${known ? runLamp(run) : "unknown"}`);
  setAttribute(node, "data-state", known && run ? run.state : null);
  setText(node.querySelector(".dag-state"), known ? `${lastRunText(run, now)} · ${nextRunText(dag, now)}` : "");
  setText(node.querySelector(".dag-result"), (known && run?.result) || "");
  drawButton(node.querySelector(".first"), name, "trigger", "Trigger", { enabled, busy });
  drawButton(node.querySelector(".second"), name, dag.is_paused ? "resume" : "pause", dag.is_paused ? "Resume" : "Pause", { enabled, busy });
  const line = node.querySelector(".said");
  setAttribute(line, "role", said ? (said.failed ? "alert" : "status") : null);
  line.classList.toggle("problem", Boolean(said?.failed));
  setText(line, said?.text ?? "");
}

/** Show Airflow's controls and keep them fresh, where there is one; the page itself says that there is none. */
export function installAirflow() {
  const box = byId("airflow");
  if (!box.dataset.url) return { show() {} };
  const reason = el("p", { class: "muted" }, "Asking Airflow…");
  const list = el("div", { class: "dags" });
  box.replaceChildren(reason, list);
  const busy = new Map();
  const said = new Map();
  let seen = { dags: USUAL.map((dag_id) => ({ dag_id, last_run: null })), known: false, problem: null, failed: 0 };
  let timer = null;

  async function act(name, what) {
    busy.set(name, what);
    said.delete(name);
    draw();
    try {
      const answer = await post(`/api/airflow/dags/${encodeURIComponent(name)}/${what}`);
      if (what === "trigger") said.set(name, { text: answer.note ?? (answer.repeated ? "This run was asked for a moment ago." : "A run is on its way.") });
    } catch (error) {
      said.set(name, { text: error.message, failed: true });
      if (error.status === 401) session.operator = false;
    }
    busy.delete(name);
    await show();
  }

  function draw() {
    const { dags, known, problem } = seen;
    const held = document.activeElement;
    const enabled = known && !problem && session.operator;
    setText(reason, problem ?? (known ? (session.operator ? "" : STRANGER) : "Asking Airflow…"));
    reason.hidden = !reason.textContent;
    keyed(list, dags, ({ dag_id: name }) => name, (dag) => makeCard(dag, act), (node, dag) => drawCard(node, dag, {
      enabled, known, busy: busy.get(dag.dag_id), said: said.get(dag.dag_id),
    }));
    if (document.activeElement !== held && list.contains(held)) held.focus(); // its card was moved
  }

  async function show() {
    clearTimeout(timer);
    try {
      seen = afterPoll(seen, await get("/api/airflow/dags"));
    } catch (error) {
      seen = afterPoll(seen, { error });
    }
    const { dags, failed: missed } = seen;
    for (const [name, { failed }] of said) {
      const run = dags.find(({ dag_id: id }) => id === name)?.last_run;
      if (!failed && run && !isActive(run)) said.delete(name);
    }
    draw();
    const active = dags.some(({ last_run: run }) => isActive(run));
    clearTimeout(timer);
    timer = setTimeout(() => (document.hidden ? draw() : show()), missed ? RETRY_MS : active ? ACTIVE_MS : IDLE_MS);
  }

  addEventListener("visibilitychange", () => document.hidden || show());
  draw();
  show();
  return { show };
}
