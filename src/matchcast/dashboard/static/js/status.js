// The status page: how each part is, asked every five seconds.

import { get, Poller, session } from "./ask.js";
import { ageText } from "./connection.js";
import { breakable, byId, el, icon, keyed, setAttribute, setText } from "./dom.js";
import { partName, shownState, stateWord } from "./lamps.js";
import { lastRunText, nextRunText, runWord, startedText, tookText } from "./runs.js";
import { showSession } from "./who.js";

const EVERY_MS = 5_000;
const SHOWN_RUNS = 5;
const LETTERS = { o: "online", w: "warning", x: "offline", u: "unknown" };
const STRIP = [["Source", "producer"], ["Kafka", "kafka"], ["Match", "dashboard"], ["Forecast", "model"], ["API", "api"], ["Dashboard", "dashboard"], ["Airflow", "airflow"]];
const ORDER = ["producer", "kafka", "dashboard", "api", "model", "airflow"];

const ONE = { "open streams": "open stream", "matches running": "match running" };

const poller = new Poller();
let lastGood = null;

const ago = (iso, now) => (iso ? `${ageText(now - Date.parse(iso))} ago` : "never");

function headline(overall, components) {
  const bad = components.filter((part) => shownState(part) === overall).map(({ name }) => partName(name));
  if (overall === "online") return "All parts are online";
  return `${stateWord(overall)}: ${bad.join(", ")}`;
}

function drawBanner(overall, text, note) {
  setAttribute(byId("banner"), "data-state", overall);
  byId("banner-icon").setAttribute("href", `#i-${overall}`);
  setText(byId("overall"), text);
  setText(byId("as-of"), note);
}

function drawStrip(components) {
  const states = Object.fromEntries(components.map((part) => [part.name, shownState(part)]));
  keyed(byId("strip"), STRIP, ([label]) => label, ([label]) => el("li", {}, icon("unknown", "lamp"), el("span", {}, label), el("span", { class: "word" })), (node, [, name]) => {
    const state = states[name] ?? "unknown";
    setAttribute(node, "data-state", state);
    node.querySelector("use").setAttribute("href", `#i-${state}`);
    setText(node.querySelector(".word"), stateWord(state));
  });
}

/** The number of a card in words; that of the streams is the newest, not that of the last look. */
function numberOf({ name, number }, streams) {
  if (!number) return { value: "–", label: "" };
  const value = name === "dashboard" && number.label === "open streams" ? streams.open : number.value;
  return { value: value == null ? "–" : String(value), label: value === 1 ? ONE[number.label] ?? number.label : number.label };
}

function drawPart(node, part, { now, slotSeconds, streams }) {
  const state = shownState(part);
  const absent = state === "absent";
  setAttribute(node, "data-state", state);
  node.querySelector("use").setAttribute("href", `#i-${state}`);
  setText(node.querySelector(".word"), stateWord(state));
  for (const detail of [".number", ".slots", ".foot"]) node.querySelector(detail).hidden = absent;
  setText(node.querySelector(".reason"), part.reason);
  const number = numberOf(part, streams);
  setText(node.querySelector(".number b"), number.value);
  setText(node.querySelector(".number span"), number.label);
  setText(node.querySelector(".since"), part.since ? `${stateWord(part.state)} for ${ageText(now - Date.parse(part.since))}` : "");
  setText(node.querySelector(".success"), `Last success ${ago(part.last_success, now)}`);
  const slots = [...part.history].map((letter) => LETTERS[letter] ?? "unknown");
  const bars = node.querySelector(".slots");
  while (bars.children.length < slots.length) bars.append(el("i"));
  slots.forEach((state, index) => setAttribute(bars.children[index], "class", state));
  const counts = Object.values(LETTERS).map((state) => [state, slots.filter((slot) => slot === state).length]).filter(([, count]) => count);
  setAttribute(bars, "aria-label", `The last ${Math.round((slots.length * slotSeconds) / 60)} minutes, a slot each ${slotSeconds} s: ${counts.map(([state, count]) => `${count} ${state}`).join(", ")}`);
}

function drawParts(components, at) {
  const sorted = components.toSorted((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
  keyed(byId("parts"), sorted, ({ name }) => name, ({ name }) => el("article", { class: "card part", id: `part-${name}` },
    el("header", {}, icon("unknown", "lamp"), el("h3", {}, name === "model" ? el("a", { href: "/evaluation" }, partName(name)) : partName(name)), el("span", { class: "word" })),
    el("p", { class: "reason" }), el("p", { class: "number" }, el("b"), el("span", { class: "muted" })),
    el("div", { class: "slots", role: "img" }), el("p", { class: "foot" }, el("span", { class: "since" }), el("span", { class: "success" }))),
  (node, part) => drawPart(node, part, at));
}

function table(caption, head, rows) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, el("table", { class: "plain" },
    el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell)))))));
}

function drawLetters({ count, newest }, now) {
  const box = byId("letters");
  if (count === null) box.replaceChildren(el("p", { class: "muted" }, "Their number is not known: Kafka does not answer."));
  else if (!count) box.replaceChildren(el("p", { class: "muted" }, "None. Records that cannot be read are kept aside, counted here, and can be sent again."));
  else {
    const bytes = ({ key }) => (session.operator ? el("a", { href: `/api/dead-letters/${key.split("/").map(encodeURIComponent).join("/")}` }, key) : key);
    box.replaceChildren(
      el("p", {}, el("b", {}, String(count)), ` ${count === 1 ? "record was" : "records were"} skipped and kept aside. `, el("code", {}, "matchcast dead-letters list"), " shows them, ", el("code", {}, "matchcast dead-letters retry --all"), " sends them again."),
      table("Newest dead letters", ["Topic/partition/offset", "Reason", "When"], newest.map((letter) => [bytes(letter), letter.reason, ago(letter.at, now)])));
  }
}

const ORIGIN_NAMES = { real: "Real matches", simulated: "Simulated matches" };

function driftOf({ origin, drifted, since, at, matches, reference, signs, model_version: model }, now) {
  const name = ORIGIN_NAMES[origin] ?? origin;
  if (!signs.length) return el("article", {}, el("h3", {}, name), el("p", { class: "muted small" }, `${matches.toLocaleString("en")} so far: too few to tell. Reported ${ago(at, now)}.`));
  const state = drifted ? "warning" : "online";
  const simulated = drifted && origin === "simulated" ? " The simulator has changed, not football: no alarm about the model." : "";
  return el("article", { "data-state": state },
    el("header", {}, icon(state, "lamp"), el("h3", {}, name), el("span", { class: "word" }, drifted ? "Drifted" : "No drift")),
    el("p", { class: "small" }, `${drifted ? "Drifted" : "No drift"} in every report for ${ageText(now - Date.parse(since))} or longer; the newest ${ago(at, now)}. ${matches.toLocaleString("en")} matches beside ${reference.toLocaleString("en")} before them, as ${model} forecast them.${simulated}`),
    table(`Signs of drift, ${name.toLowerCase()}`, ["Sign", "Value", "Limit", "What it says"],
      [...signs].sort((a, b) => b.fires - a.fires).map((sign) => [sign.fires ? el("b", {}, sign.name) : sign.name, sign.value.toFixed(3), sign.limit.toFixed(3), sign.fires ? el("b", {}, sign.text) : sign.text])));
}

function drawDrift({ known, origins, damaged }, now) {
  const missing = known
    ? "No report yet: football_pipeline writes one at the end of each run that has brought finished matches."
    : "Not known: Kafka does not answer.";
  byId("drift").replaceChildren(
    ...(origins.length || damaged.length ? [] : [el("p", { class: "muted" }, missing)]),
    ...damaged.map(({ key, reason }) => el("p", { class: "problem" }, `${ORIGIN_NAMES[key] ?? key}: ${reason}`)),
    ...origins.toSorted((a, b) => a.origin.localeCompare(b.origin)).map((origin) => driftOf(origin, now)));
}

function definitions(pairs) {
  return el("dl", { class: "pairs" }, pairs.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function drawVersions(versions, components, streams) {
  const model = components.find(({ name }) => name === "model");
  byId("versions").replaceChildren(definitions([
    ...(model ? [["Model", model.reason]] : []), ...Object.entries(versions),
    ["Event streams", `${streams.open} open of at most ${streams.cap}`],
  ]));
}

function drawConfiguration(configuration) {
  byId("configuration").replaceChildren(configuration
    ? table("Settings", ["Setting", "Value", "From"], configuration.map(({ name, value, origin }) => [el("code", {}, breakable(name)), value, origin]))
    : el("p", { class: "muted" }, "The settings are shown to the operator. ", el("a", { href: "/login" }, "Log in")));
}

function runRow(dag, run, now) {
  const started = startedText(run);
  return [breakable(dag), el("a", { href: run.url, title: run.run_id, "aria-label": `${started}: ${run.run_id}` }, started), runWord(run), ago(run.start_date ?? run.queued_at, now), tookText(run, now), run.result ?? ""];
}

async function drawRuns() {
  const box = byId("runs");
  if (!box.dataset.url) return;
  try {
    const { dags } = await get("/api/airflow/dags");
    const runs = await Promise.all(dags.map(({ dag_id: dag }) => get(`/api/airflow/dags/${encodeURIComponent(dag)}/runs`).then((answer) => answer.runs)));
    const now = Date.now();
    const rows = dags.flatMap((dag, index) => {
      const newest = runs[index].slice(0, SHOWN_RUNS).map((run) => runRow(dag.dag_id, run, now));
      return newest.length ? newest : [[breakable(dag.dag_id), "", lastRunText(null, now), "", "", ""]];
    });
    box.replaceChildren(
      definitions(dags.map((dag) => [dag.dag_id, [dag.timetable, nextRunText(dag, now)].filter(Boolean).join(" · ")])),
      table("Runs", ["DAG", "Run", "State", "Started", "Took", "What came of it"], rows));
  } catch (problem) {
    box.replaceChildren(el("p", { class: "muted" }, problem.message));
  }
}

async function ask() {
  try {
    const status = await poller.get("/api/system/status") ?? lastGood;
    lastGood = status;
    const now = Date.parse(status.as_of);
    drawBanner(status.overall, headline(status.overall, status.components), `As of ${new Date(now).toLocaleTimeString()}`);
    drawStrip(status.components);
    drawParts(status.components, { now, slotSeconds: status.slot_seconds ?? 60, streams: status.streams });
    drawLetters(status.dead_letters, now);
    drawDrift(status.drift, now);
    drawVersions(status.versions, status.components, status.streams);
    drawConfiguration(status.configuration);
    setAttribute(byId("main"), "data-stale", null);
  } catch (problem) {
    const asOf = lastGood ? `What is below is as of ${new Date(lastGood.as_of).toLocaleTimeString()}.` : "";
    drawBanner("offline", "The dashboard does not answer", `${problem.message} ${asOf}`);
    setAttribute(byId("main"), "data-stale", "");
  }
}

showSession(byId("session"), () => { ask(); drawRuns(); });
setInterval(() => document.hidden || ask(), EVERY_MS);
setInterval(() => document.hidden || drawRuns(), EVERY_MS);
