// The race of expected goals: one step a shot, a dot a goal.

import { Chart } from "./chart.js";
import { minuteLabel } from "./clock.js";
import { GOALS, xgAt } from "./moment.js";
import { xgSentence } from "./words.js";

/** Columns for uPlot: x, home, away; a step at each shot, null in the breaks. */
export function stepColumns({ axis, stats, now }) {
  const shots = stats.shots.filter((shot) => shot.side && shot.period < 5);
  const sum = { home: 0, away: 0 };
  const columns = [[0], [0], [0]];
  const push = (x, home, away) => {
    const last = columns[0].at(-1);
    columns[0].push(x > last ? x : last + 0.01);
    columns[1].push(home);
    columns[2].push(away);
  };
  const breaks = axis.breaks.filter(([, to]) => to < now);
  for (const shot of shots) {
    const x = axis.x(shot);
    while (breaks.length && breaks[0][1] <= x) cross(breaks.shift());
    sum[shot.side] += shot.xg;
    push(x, sum.home, sum.away);
  }
  breaks.forEach(cross);
  if (now > columns[0].at(-1)) push(now, sum.home, sum.away);
  return columns;

  function cross([from, to]) {
    push(from, sum.home, sum.away);
    push(from + 1, null, null);
    push(to, sum.home, sum.away);
  }
}

const highest = ({ xg }) => Math.max(1, Math.ceil(2 * Math.max(xg.home, xg.away) + 0.2) / 2);

function rows({ stats }) {
  const sum = { home: 0, away: 0 };
  const body = stats.shots.filter((shot) => shot.side && shot.period < 5).map((shot) => {
    sum[shot.side] += shot.xg;
    return [`${minuteLabel(shot.period, shot.minute)}′`, shot.player ?? "", shot.xg.toFixed(2), sum.home.toFixed(2), sum.away.toFixed(2), shot.goal ? "goal" : ""];
  });
  return { head: ["Minute", "Shot by", "xG", stats.match.home_team, stats.match.away_team, ""], body };
}

/** The dots of goals: circles for home, diamonds for away, as everywhere on the page. */
function drawGoals(u, palette, { axis, stats }) {
  const { ctx } = u;
  const radius = 4.5 * window.devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 2 * window.devicePixelRatio;
  ctx.strokeStyle = palette.surface;
  for (const goal of stats.timeline) {
    if (!GOALS.has(goal.kind) || !goal.side) continue;
    const x = axis.x(goal);
    const left = u.valToPos(x, "x", true);
    const top = u.valToPos(xgAt(stats.shots, axis, x)[goal.side], "y", true);
    ctx.fillStyle = palette[goal.side];
    ctx.beginPath();
    if (goal.side === "home") ctx.arc(left, top, radius, 0, 2 * Math.PI);
    else {
      const reach = 1.25 * radius;
      ctx.moveTo(left, top - reach);
      ctx.lineTo(left + reach, top);
      ctx.lineTo(left, top + reach);
      ctx.lineTo(left - reach, top);
      ctx.closePath();
    }
    ctx.stroke();
    ctx.fill();
  }
  ctx.restore();
}

export function xgChart(scrub) {
  return new Chart("Expected goals", {
    height: 178,
    scrub,
    rows,
    data: stepColumns,
    sentence: ({ stats, xg }) => xgSentence(stats, xg),
    labels: ({ stats, xg }) => [
      { side: "home", at: xg.home, value: xg.home.toFixed(2), name: stats.match.home_team },
      { side: "away", at: xg.away, value: xg.away.toFixed(2), name: stats.match.away_team },
    ],
    make: (palette) => {
      const paths = window.uPlot.paths.stepped({ align: 1 });
      return {
        y: (view) => [0, highest(view)],
        ySplits: (view) => Array.from({ length: Math.floor(highest(view)) + 1 }, (_, goals) => goals),
        yValues: String,
        series: [
          { stroke: palette.home, width: 2.5, paths, points: { show: false } },
          { stroke: palette.away, width: 2.5, dash: [7, 3], paths, points: { show: false } },
        ],
        draw: drawGoals,
      };
    },
  });
}
