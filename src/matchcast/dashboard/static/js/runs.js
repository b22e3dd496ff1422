// Runs of Airflow's DAGs in words: how the last one went, when the next one comes.

import { ageText } from "./connection.js";

const WORDS = { success: "Succeeded", failed: "Failed", running: "Running", queued: "Waiting" };
const STARTED = { scheduled: "By the timetable", manual: "By hand", asset_triggered: "By an event" };
const LAMPS = { success: "online", failed: "offline", running: "unknown", queued: "unknown" };

/** Whether a run is still under way, so that it is worth asking again soon. */
export const isActive = (run) => run?.state === "running" || run?.state === "queued";

/** The state of a run as a word, and as the icon that says the same. */
export const runWord = (run) => WORDS[run.state] ?? run.state;
export const runLamp = (run) => (run ? LAMPS[run.state] ?? "unknown" : "absent");

/** What started a run; Airflow's own name of a run is too long to read. */
export const startedText = ({ run_type: type, run_id: id }) => STARTED[type] ?? id;

/** How the last run of a DAG went and when, or since when it runs. */
export function lastRunText(run, now) {
  if (!run) return "Has not run yet";
  const since = now - Date.parse(run.end_date ?? run.start_date ?? run.queued_at ?? "");
  if (Number.isNaN(since)) return runWord(run);
  return isActive(run) ? `${runWord(run)} for ${ageText(since)}` : `${runWord(run)} ${ageText(since)} ago`;
}

/** When the timetable starts the next run. */
export function nextRunText({ is_paused: paused, next_run: next }, now) {
  if (paused) return "Paused";
  const wait = Date.parse(next ?? "") - now;
  if (Number.isNaN(wait)) return "Runs when asked";
  return wait > 0 ? `Next in ${ageText(wait)}` : "Next is due";
}

/** How long a run took, or has taken so far; empty before it starts. */
export function tookText({ start_date: start, end_date: end }, now) {
  const took = (end ? Date.parse(end) : now) - Date.parse(start ?? "");
  return Number.isNaN(took) ? "" : ageText(took);
}
