// What a snapshot and the updates after it make of a match: pure functions over plain objects.

import { byMoment } from "./clock.js";

/** Entries by id, the new ones over the old, in the order of the match. */
export function mergeEntries(old, fresh) {
  const byId = new Map(old.map((entry) => [String(entry.id), entry]));
  for (const entry of fresh) byId.set(String(entry.id), entry);
  return [...byId.values()].sort(byMoment);
}

/** Minutes of momentum, the changed ones over the old. */
export function mergeMinutes(old, fresh) {
  const key = ({ period, minute }) => 1000 * period + minute;
  const byMinute = new Map(old.map((entry) => [key(entry), entry]));
  for (const entry of fresh) byMinute.set(key(entry), entry);
  return [...byMinute.values()].sort((a, b) => key(a) - key(b));
}

/** Points of the forecast by their stream id, the new ones over the old. */
export function mergeHistory(old, fresh) {
  const byId = new Map(old.map((point) => [point.stream_id, point]));
  for (const point of fresh) byId.set(point.stream_id, point);
  return [...byId.values()].sort(byMoment);
}

/** Rows of the list of matches: changed ones replaced, new ones added, running first and newest first. */
export function mergeMatches(old, fresh) {
  const byId = new Map(old.map((row) => [row.match_id, row]));
  for (const row of fresh) byId.set(row.match_id, row);
  const rank = { live: 0, half_time: 0, scheduled: 1, finished: 2, abandoned: 2 };
  const placed = new Map(old.map((row, index) => [row.match_id, index]));
  const place = ({ match_id: id }) => placed.get(id) ?? -1;
  return [...byId.values()].sort((a, b) => (rank[a.status] ?? 1) - (rank[b.status] ?? 1) || place(a) - place(b));
}

/** The old rows of those matches that are still there, so that a new list does not shuffle the old one. */
export function keepOnly(old, fresh) {
  const ids = new Set(fresh.map((row) => row.match_id));
  return old.filter((row) => ids.has(row.match_id));
}

/** The newest events first, none twice. */
export function mergeRecent(old, fresh, length = 30) {
  const seen = new Set();
  return [...fresh, ...old].filter(({ partition, offset }) => {
    const key = `${partition}:${offset}`;
    return !seen.has(key) && seen.add(key);
  }).sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.offset - a.offset).slice(0, length);
}

/** The statistics after an update. */
export function mergeStats(stats, update) {
  if (!stats) return stats;
  return {
    ...stats,
    ...update.stats,
    timeline: update.timeline?.length ? mergeEntries(stats.timeline, update.timeline) : stats.timeline,
    shots: update.shots?.length ? mergeEntries(stats.shots, update.shots) : stats.shots,
    momentum: update.momentum?.length ? mergeMinutes(stats.momentum, update.momentum) : stats.momentum,
  };
}

/** The forecast after an update. */
export function mergePrediction(prediction, update) {
  if (!update) return prediction;
  const { history, ...rest } = update;
  return {
    ...prediction,
    ...rest,
    history: history?.length ? mergeHistory(prediction?.history ?? [], history) : prediction?.history ?? [],
  };
}
