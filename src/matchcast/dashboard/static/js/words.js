// Sentences about a match: what a chart shows, said in words.

import { minuteLabel, periodName } from "./clock.js";
import { GOALS } from "./moment.js";
import { percent, points, shareLabels } from "./percent.js";

const KINDS = {
  goal: "Goal",
  own_goal: "Own goal",
  penalty_goal: "Penalty scored",
  missed_penalty: "Penalty missed",
  yellow_card: "Yellow card",
  second_yellow: "Second yellow card",
  red_card: "Red card",
  substitution: "Substitution",
  shoot_out_goal: "Shoot-out: scored",
  shoot_out_miss: "Shoot-out: missed",
};

export const ORIGINS = { simulated: "Simulated", replay: "Replay", live: "Live feed", real: "Live feed" };

/** How a model did on each set of matches that was held back; null where nobody judged it, or an older server does not say. */
export function heldOutText(sets = []) {
  const told = sets.map(({ name, matches, log_loss: loss }) => `${loss.toFixed(4)} on ${name} (${matches.toLocaleString("en")})`);
  return told.length ? `held-out log loss ${told.join(", ")}` : null;
}

export const isOver = (status) => status === "finished" || status === "abandoned";
export const scoreText = ({ home, away }) => `${home}–${away}`;
export const teamOf = (match, side) => (side === "home" ? match.home_team : side === "away" ? match.away_team : null);

/** What happened, in a word or two. */
export function kindName(entry) {
  if (entry.kind === "period_start") {
    if (entry.period === 1) return "Kick-off";
    return entry.period === 5 ? "Shoot-out" : `Start of the ${periodName(entry.period)}`;
  }
  if (entry.kind === "period_end") {
    return { 1: "Half-time", 2: "Full time", 3: "Half-time in extra time", 4: "End of extra time", 5: "End of the shoot-out" }[entry.period] ?? "End of the period";
  }
  return KINDS[entry.kind] ?? entry.kind.replaceAll("_", " ");
}

/** A timeline entry as one sentence, also for the announcer. */
export function entrySentence(entry, match) {
  const parts = [kindName(entry)];
  if (entry.player) parts.push(entry.kind === "substitution" && entry.detail ? `${entry.detail} for ${entry.player}` : entry.player);
  const team = teamOf(match, entry.side) ?? entry.team;
  if (team) parts.push(team);
  let text = parts.join(", ");
  if (GOALS.has(entry.kind) || entry.kind.startsWith("shoot_out") || entry.kind === "period_end") {
    text += `. ${match.home_team} ${scoreText(entry.score)} ${match.away_team}`;
  }
  return `${text}.`;
}

/** The clock as the header shows it. */
export function clockText(stats) {
  switch (stats.status) {
    case "scheduled": return "Before kick-off";
    case "finished": return stats.shoot_out ? `After penalties, ${scoreText(stats.shoot_out)}` : stats.period > 2 ? "After extra time" : "Full time";
    case "abandoned": return `Abandoned, ${stats.clock}′`;
    case "half_time": return stats.period === 1 ? "Half-time" : "Break";
    default: return stats.period === 5 ? `Shoot-out ${stats.shoot_out ? scoreText(stats.shoot_out) : ""}` : `${stats.clock}′`;
  }
}

function standing({ match, score, status, clock }) {
  const done = isOver(status);
  const when = done ? "" : status === "half_time" ? " at the break" : ` in minute ${clock}`;
  if (status === "scheduled") return `${match.home_team} against ${match.away_team} has not begun.`;
  if (status === "abandoned") return `${match.home_team} against ${match.away_team} was abandoned at ${scoreText(score)}.`;
  if (score.home === score.away) return `${match.home_team} and ${match.away_team} ${done ? "drew" : "are level"} ${scoreText(score)}${when}.`;
  const leader = score.home > score.away ? match.home_team : match.away_team;
  const [more, less] = [Math.max(score.home, score.away), Math.min(score.home, score.away)];
  return `${leader} ${done ? "won" : "lead"} ${more}–${less}${when}.`;
}

/** The largest change that one goal or red card made, for whom, and when. */
function largestSwing(history, match) {
  let best = null;
  for (let index = 1; index < history.length; index += 1) {
    const point = history[index];
    if (point.kind !== "goal" && point.kind !== "red_card") continue;
    for (const side of ["home", "away"]) {
      const gain = point[side] - history[index - 1][side];
      if (!best || gain > best.gain) best = { gain, side, point, before: history[index - 1] };
    }
  }
  if (!best || Math.round(100 * best.gain) < 5) return "";
  const { side, point, before } = best;
  const cause = point.kind === "goal" ? "goal" : "red card";
  return ` The largest swing: ${points(point, before)[side]} points for ${teamOf(match, side)} with the ${cause} in minute ${minuteLabel(point.period, point.minute)}.`;
}

/** What the chart of probabilities shows. */
export function probabilitySentence(stats, prediction) {
  const { match } = stats;
  const now = prediction?.current;
  const text = standing(stats);
  if (isOver(stats.status)) return text + largestSwing(prediction?.history ?? [], match);
  if (!now) return `${text} There is no forecast at the moment.`;
  const labels = shareLabels(now);
  const before = prediction.pre_match ? shareLabels(prediction.pre_match) : null;
  return `${text} The forecast: ${match.home_team} ${labels.home}, draw ${labels.draw}, ${match.away_team} ${labels.away}`
    + `${before && stats.status !== "scheduled" ? `; before kick-off ${before.home}, ${before.draw}, ${before.away}` : ""}.`
    + largestSwing(prediction.history, match);
}

/** What the race of expected goals shows. */
export function xgSentence({ match, shots }, xg) {
  const counted = shots.filter((shot) => shot.side && shot.period < 5);
  if (!counted.length) return "No shots yet.";
  const best = counted.reduce((a, b) => (b.xg > a.xg ? b : a));
  return `${match.home_team} ${xg.home.toFixed(2)}, ${match.away_team} ${xg.away.toFixed(2)} expected goals from ${counted.length} ${counted.length === 1 ? "shot" : "shots"}. `
    + `The best chance: ${best.player ?? teamOf(match, best.side)} in minute ${minuteLabel(best.period, best.minute)} (${best.xg.toFixed(2)}).`;
}

/** What the bars of momentum show. */
export function momentumSentence({ match, momentum }) {
  const total = momentum.reduce((sum, minute) => ({ home: sum.home + minute.home, away: sum.away + minute.away }), { home: 0, away: 0 });
  if (total.home + total.away === 0) return "No pressure from either side yet.";
  const late = momentum.slice(-10).reduce((sum, minute) => sum + minute.home - minute.away, 0);
  const more = total.home >= total.away ? "home" : "away";
  const share = total[more] / (total.home + total.away);
  const lately = late === 0 ? "even" : `with ${teamOf(match, late > 0 ? "home" : "away")}`;
  return `${teamOf(match, more)} had ${percent(share, true)} of the pressure (shots, corners and passes near goal count); the last ten minutes were ${lately}.`;
}

/** What the shot map shows. */
export function shotsSentence({ match }, shots) {
  const of = (side) => shots.filter((shot) => shot.side === side);
  const say = (side) => {
    const taken = of(side);
    const goals = taken.filter(({ goal }) => goal).length;
    return `${teamOf(match, side)} ${taken.length} ${taken.length === 1 ? "shot" : "shots"}, ${goals} ${goals === 1 ? "goal" : "goals"}`;
  };
  return `${say("home")}; ${say("away")}. Area grows with expected goals; goals are filled.`;
}

/** The text that a screen reader hears when something of weight happens, or null. */
export function announcement(entry, match) {
  const heard = GOALS.has(entry.kind) || entry.kind === "red_card" || entry.kind === "second_yellow" || entry.kind.startsWith("period_");
  return heard ? entrySentence(entry, match) : null;
}

