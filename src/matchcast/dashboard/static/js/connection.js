// What the pill and the notice say of the connection: how old is what is on the screen, and why.

import { clockLabel } from "./clock.js";
import { SILENCE_MS } from "./feed.js";
import { isOver } from "./words.js";

const STALE_MS = 60_000; // the ball is never out for so long that a feed has nothing to say
const LONGEST_BREAK_MS = 30 * 60_000;
const QUIET_MS = 5_000; // what came in the last seconds is fresh, whatever a probe says

/** An age as people say it: `2 s`, `3 min`, `1 h`, `2 days`. */
export function ageText(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** Why no events come although the dashboard answers, or null. */
function sourceProblem(lamps, running, quiet) {
  const { kafka, producer } = lamps;
  if (quiet > QUIET_MS && kafka?.state === "offline") return `Kafka does not answer, so no events arrive. ${kafka.reason ?? ""}`;
  if (running && quiet > SILENCE_MS && producer && producer.state !== "online") {
    return `No producer is sending this match. ${producer.reason ?? ""}`;
  }
  return null;
}

/**
 * The state of the connection, its word for the pill, and a sentence where something is wrong.
 * States: connecting, live, waiting, polling, reconnecting, stale, finished.
 */
export function connectionOf({ feed, stats, lamps, changedAt }, now = Date.now()) {
  const silent = feed.heardAt === null ? 0 : now - feed.heardAt;
  const lost = feed.mode === "lost" || (feed.mode === "reconnecting" && silent > SILENCE_MS);
  const over = stats !== null && isOver(stats.status);
  const age = changedAt === null ? 0 : now - changedAt;
  const running = stats?.status === "live";
  const source = feed.mode === "stream" || feed.mode === "polling" ? sourceProblem(lamps, running, changedAt === null ? Infinity : age) : null;
  if (over) return { state: "finished", text: stats.status === "abandoned" ? "Abandoned" : "Finished", sentence: lost ? "The dashboard does not answer; this match is over." : source };
  if (lost || (source && stats)) {
    const since = stats && stats.period > 0 ? `Stale since ${clockLabel(stats)}` : "Stale";
    return { state: "stale", text: since, sentence: lost ? "The connection to the dashboard is lost; this page keeps trying." : source };
  }
  if (feed.mode === "reconnecting") return { state: "reconnecting", text: "Reconnecting…", sentence: null };
  if (feed.mode === "connecting") return { state: "connecting", text: "Connecting…", sentence: null };
  if (feed.mode === "polling") {
    return { state: "polling", text: `Every 5 s · ${ageText(age)} ago`, sentence: `${feed.reason ?? "The live stream does not come through."} This page asks every 5 seconds instead.` };
  }
  if (stats === null) return { state: "waiting", text: "Waiting for a match", sentence: source };
  if (stats.status === "scheduled") return { state: "waiting", text: "Waiting for kick-off", sentence: null };
  if (stats.status === "half_time" && age > STALE_MS && age <= LONGEST_BREAK_MS) return { state: "waiting", text: `Half-time · ${ageText(age)} ago`, sentence: null };
  if (age > STALE_MS) {
    return { state: "stale", text: `Stale · ${ageText(age)} ago`, sentence: "No event of this match has come since: what is here may be old." };
  }
  return { state: "live", text: `Live · ${ageText(age)} ago`, sentence: null };
}
