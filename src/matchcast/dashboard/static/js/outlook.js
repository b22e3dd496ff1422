// The forecast now: three numbers, the bar, what the last goal changed, and what else is expected.

import { el, keyed, mark, setText } from "./dom.js";
import { minuteLabel } from "./clock.js";
import { beforeLastGoal } from "./moment.js";
import { percent, points, roundShares, shareLabels } from "./percent.js";
import { isOver, scoreText } from "./words.js";

function kickOffText({ kick_off: at }) {
  const time = Date.parse(at ?? "");
  return Number.isNaN(time) ? "" : `Kick-off ${new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}`;
}

const SIDES = ["home", "draw", "away"];

export class Outlook {
  constructor(root) {
    this.root = root;
    this.sides = Object.fromEntries(SIDES.map((side) => {
      const parts = { name: el("span", { class: "of" }), value: el("b"), change: el("span", { class: "change" }) };
      parts.node = el("div", { class: `share ${side}` }, el("p", {}, mark(side), parts.name), el("p", {}, parts.value, parts.change));
      return [side, parts];
    }));
    this.segments = SIDES.map((side) => el("i", { class: side }));
    this.bar = el("div", { class: "bar", role: "img" }, this.segments);
    this.ticks = el("div", { class: "ticks", "aria-hidden": "true" }, el("i"), el("i"));
    this.before = el("span", { class: "before" });
    this.basis = el("span");
    this.expected = el("dl", { class: "expected" });
    this.unavailable = el("div", { class: "unavailable", hidden: true }, el("h2", {}, "Forecast unavailable"), el("p", { class: "muted" }));
    this.notes = el("p", { class: "muted small notes" });
    this.forecast = el("div", { class: "forecast" },
      el("div", { class: "shares" }, SIDES.map((side) => this.sides[side].node)),
      el("div", { class: "bar-box" }, this.bar, this.ticks), el("p", { class: "bases" }, this.before, this.basis), this.expected, this.notes);
    root.append(this.unavailable, this.forecast);
  }

  render({ stats, prediction, model }) {
    const { current, pre_match: before } = prediction ?? {};
    this.unavailable.hidden = model;
    this.forecast.hidden = !model;
    if (!model) {
      setText(this.unavailable.lastChild, `${prediction?.reason ?? "No forecast has come yet."} The score and the events go on.`);
      return;
    }
    const over = isOver(stats.status);
    const labels = shareLabels(current, over);
    const goal = beforeLastGoal(prediction.history);
    const basis = goal?.share ?? (stats.status === "scheduled" ? null : before);
    const names = { home: stats.match.home_team, draw: "Draw", away: stats.match.away_team };
    const change = basis && points(current, basis);
    for (const side of SIDES) {
      const parts = this.sides[side];
      setText(parts.name, names[side]);
      setText(parts.value, labels[side]);
      setText(parts.change, change ? `${change[side]} pts` : "");
    }
    this.segments.forEach((segment, index) => {
      const share = current[SIDES[index]];
      segment.hidden = over && share === 0; // its gap would cut the bar short
      segment.style.flexGrow = String(over ? share : Math.max(share, 0.004));
    });
    this.bar.setAttribute("aria-label", `${names.home} ${labels.home}, draw ${labels.draw}, ${names.away} ${labels.away}`);
    const begun = stats.status !== "scheduled";
    this.ticks.hidden = !before || !begun;
    if (before) {
      this.ticks.children[0].style.left = `${100 * before.home}%`;
      this.ticks.children[1].style.left = `${100 * (before.home + before.draw)}%`;
    }
    setText(this.before, before && begun ? `Before kick-off ${roundShares(SIDES.map((side) => before[side])).join(" · ")}` : "");
    setText(this.basis, !basis ? kickOffText(stats.match) : goal ? `Change since the goal in minute ${minuteLabel(goal.goal.period, goal.goal.minute)}` : "Change since kick-off");
    this.#renderExpected(stats, current, over);
    setText(this.notes, current.notes?.join(" ") ?? "");
  }

  #renderExpected(stats, forecast, over) {
    const items = over ? [] : this.#items(stats, forecast);
    this.expected.hidden = !items.length;
    keyed(this.expected, items, ([term]) => term, ([term]) => el("div", {}, el("dt", {}, term), el("dd"), el("dd", { class: "muted" })), (node, [, main, more]) => {
      setText(node.children[1], main);
      setText(node.children[2], more);
    });
  }

  #items({ match, status, score }, forecast) {
    const { scores, next_goal: next, expected_goals: goals, advance } = forecast;
    const items = [];
    if (advance) {
      const side = advance.home >= advance.away ? "home" : "away";
      items.push(["Goes through", side === "home" ? match.home_team : match.away_team, percent(advance[side])]);
    }
    if (scores?.length) {
      const [first, ...rest] = scores;
      items.push(["Likeliest score", `${scoreText(first)}, ${percent(first.probability)}`, `then ${rest.slice(0, 2).map(scoreText).join(", ")}`]);
    }
    if (goals) items.push([status === "scheduled" ? "Goals expected" : "Goals still to come", (goals.home + goals.away).toFixed(1), `${goals.home.toFixed(2)} and ${goals.away.toFixed(2)}`]);
    if (next) {
      const [name, value] = [[match.home_team, next.home], [match.away_team, next.away], ["No more goals", next.none]].sort((a, b) => b[1] - a[1])[0];
      items.push(["Next goal", name, percent(value)]);
    }
    if (forecast.over_2_5 !== undefined) items.push(["Over 2.5 goals", score.home + score.away > 2 ? "Certain" : percent(forecast.over_2_5), ""]);
    if (forecast.both_teams_to_score !== undefined) items.push(["Both teams score", score.home && score.away ? "Certain" : percent(forecast.both_teams_to_score), ""]);
    return items;
  }
}
