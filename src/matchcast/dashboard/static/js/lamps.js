// The parts of the system and how each is, in word and shape, not in colour alone.

import { el, icon, keyed, setAttribute, setText } from "./dom.js";

export const PARTS = ["producer", "kafka", "dashboard", "api", "model", "airflow"];
const NAMES = { producer: "Producer", kafka: "Kafka", dashboard: "Dashboard", api: "Model API", model: "Model", airflow: "Airflow" };
const WORDS = { absent: "Not set up", online: "Online", offline: "Offline", warning: "Warning", unknown: "Unknown" };

export const partName = (name) => NAMES[name] ?? name;
export const stateWord = (state) => WORDS[state] ?? WORDS.unknown;

/** The state as it is shown: a part that this system does not have is absent, which is no alarm. */
export const shownState = ({ state, required }) => (required === false && state !== "online" ? "absent" : state);

/** Lamps as {name: {state, reason}} from a tick's or a snapshot's status, which may hold the states alone. */
export function readLamps(status, known = {}) {
  return Object.fromEntries(Object.entries(status).map(([name, value]) => {
    if (typeof value !== "string") return [name, value];
    return [name, value === known[name]?.state ? known[name] : { state: value, required: known[name]?.required }];
  }));
}

export function renderLamps(list, lamps) {
  const parts = PARTS.filter((name) => lamps[name] && shownState(lamps[name]) !== "absent").map((name) => ({ name, ...lamps[name] }));
  keyed(list, parts, ({ name }) => name, ({ name }) => el("li", {}, icon("unknown", "lamp"), el("span", {}, partName(name)), el("span", { class: "word" })), (node, part) => {
    setAttribute(node, "data-state", part.state);
    node.querySelector("use").setAttribute("href", `#i-${part.state}`);
    setText(node.querySelector(".word"), stateWord(part.state));
    const reason = part.state === "online" || part.name === "airflow" ? "" : part.reason ?? "";
    let why = node.querySelector(".why");
    if (reason && !why) node.append((why = el("span", { class: "why" })));
    if (why) reason ? setText(why, reason) : why.remove();
    setAttribute(node, "title", part.reason ?? null);
  });
}
