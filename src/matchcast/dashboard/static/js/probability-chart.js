// Win probability over the match clock: home below, the draw between, away above.

import { Chart } from "./chart.js";
import { minuteLabel } from "./clock.js";
import { shareLabels } from "./percent.js";
import { probabilitySentence } from "./words.js";

const MISSING = 300; // seconds of the match without a point: the forecast was not there

/** Columns for uPlot: x, home, home and draw, all; doubled where the value jumps, null in the breaks. */
export function stackedColumns({ axis, history, now }) {
  const columns = [[], [], [], []];
  const push = (x, point) => {
    const last = columns[0].at(-1);
    if (last !== undefined && x <= last) x = last + 0.01;
    columns[0].push(x);
    columns[1].push(point && point.home);
    columns[2].push(point && point.home + point.draw);
    columns[3].push(point && 1);
  };
  let before = null;
  for (const point of history) {
    const x = axis.x(point);
    if (before) {
      const previous = axis.x(before);
      if (before.period !== point.period && before.period > 0) {
        push(axis.breaks[Math.max(point.period, 2) - 2]?.[0] ?? previous, before);
        push(previous + 1, null);
      } else if (x - previous > MISSING) push(previous + 1, null);
      else if (point.kind === "goal" || point.kind === "red_card") push(x - 0.5, before);
    }
    push(x, point);
    before = point;
  }
  if (before && now > axis.x(before) && now - axis.x(before) <= MISSING) push(now, before);
  return columns;
}

function rows({ stats, history }) {
  let minute = null;
  const body = [];
  for (const point of history) {
    const label = minuteLabel(point.period, point.minute) || "0";
    if (label === minute && point.kind === "sample") continue;
    minute = label;
    const { home, draw, away } = shareLabels(point);
    body.push([`${label}′`, home, draw, away, { goal: "goal", red_card: "red card", period: "period" }[point.kind] ?? ""]);
  }
  return { head: ["Minute", stats.match.home_team, "Draw", stats.match.away_team, "What happened"], body };
}

function labels({ stats, prediction, history, over, model }) {
  const last = prediction?.current ?? history.at(-1);
  if (!last || !model) return [];
  const text = shareLabels(last, over);
  return [
    { side: "away", at: last.home + last.draw + last.away / 2, value: text.away, name: stats.match.away_team },
    { side: "draw", at: last.home + last.draw / 2, value: text.draw, name: "Draw" },
    { side: "home", at: last.home / 2, value: text.home, name: stats.match.home_team },
  ];
}

export function probabilityChart(scrub) {
  return new Chart("Win probability", {
    height: 268,
    scrub,
    rows,
    labels,
    data: stackedColumns,
    sentence: ({ stats, prediction }) => probabilitySentence(stats, prediction),
    make: (palette) => ({
      y: () => [0, 1],
      ySplits: () => [0, 0.25, 0.5, 0.75, 1],
      yValues: (value) => (value % 0.5 ? "" : `${100 * value}%`),
      series: [
        { width: 0, fill: palette.home, points: { show: false } },
        { width: 0, points: { show: false } },
        { width: 0, points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: palette.draw }, { series: [3, 2], fill: palette.away }],
      draw: (u) => outlineDraw(u, palette),
    }),
  });
}

/** Along both edges of the draw a separator, and in it a thin dark line: its fill is too light alone. */
function outlineDraw(u, palette) {
  const { ctx, data } = u;
  const path = new Path2D();
  for (const values of [data[1], data[2]]) {
    let pen = "moveTo";
    values.forEach((value, index) => {
      if (value !== null) path[pen](u.valToPos(data[0][index], "x", true), u.valToPos(value, "y", true));
      pen = value === null ? "moveTo" : "lineTo";
    });
  }
  ctx.save();
  ctx.lineJoin = "round";
  for (const [colour, width] of [[palette.surface, 3], [palette["draw-outline"], 1]]) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width * window.devicePixelRatio;
    ctx.stroke(path);
  }
  ctx.restore();
}
