// Momentum: a bar a minute for each side, home up, away down.

import { Chart } from "./chart.js";
import { minuteLabel } from "./clock.js";
import { momentumSentence } from "./words.js";

const LEAST = 10;
const highest = ({ stats }) => stats.momentum.reduce((most, { home, away }) => Math.max(most, home, away), LEAST);

function rows({ stats }) {
  return {
    head: ["Minute", stats.match.home_team, stats.match.away_team],
    body: stats.momentum.map(({ period, minute, home, away }) => [`${minuteLabel(period, minute)}′`, String(home), String(away)]),
  };
}

export function momentumChart(scrub) {
  return new Chart("Momentum", {
    height: 140,
    scrub,
    rows,
    sentence: ({ stats }) => momentumSentence(stats),
    data: ({ axis, stats }) => [
      stats.momentum.map(({ period, minute }) => axis.x({ period, minute, second: 30 })),
      stats.momentum.map(({ home }) => home),
      stats.momentum.map(({ away }) => -away),
    ],
    labels: (view) => [
      { side: "home", at: 0.55 * highest(view), value: "", name: view.stats.match.home_team },
      { side: "away", at: -0.55 * highest(view), value: "", name: view.stats.match.away_team },
    ],
    make: (palette) => ({
      y: (view) => [-1.05 * highest(view), 1.05 * highest(view)],
      ySplits: () => [0],
      yValues: () => "",
      series: ["home", "away"].map((side) => ({
        fill: palette[side], stroke: palette[side], width: 0, paths: bars, points: { show: false },
      })),
    }),
  });
}

/** Bars as wide as a minute is, whatever minutes there are. */
function bars(u, index, from, to) {
  const minute = Math.abs(u.valToPos(60, "x", true) - u.valToPos(0, "x", true));
  const width = Math.max(1, 0.72 * minute);
  const zero = u.valToPos(0, "y", true);
  const fill = new Path2D();
  for (let at = from; at <= to; at += 1) {
    const value = u.data[index][at];
    if (!value) continue;
    const top = u.valToPos(value, "y", true);
    fill.rect(u.valToPos(u.data[0][at], "x", true) - width / 2, Math.min(zero, top), width, Math.abs(top - zero));
  }
  return { stroke: null, fill, clip: null, flags: 0 };
}
