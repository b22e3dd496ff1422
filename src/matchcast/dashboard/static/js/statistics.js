// Match statistics: home against away, each pair as two bars from the middle.

import { el, keyed, mark, setText } from "./dom.js";

const share = (value) => (value === null || value === undefined ? "–" : `${Math.round(100 * value)}%`);
const ROWS = [
  ["Possession", ({ possession }) => possession, share],
  ["Shots", ({ shots }) => shots],
  ["On target", ({ shots_on_target: onTarget }) => onTarget],
  ["Expected goals", ({ xg }) => xg, (value) => value.toFixed(2)],
  ["Passes", ({ passes }) => passes],
  ["Passes completed", ({ passes, passes_completed: completed }) => (passes ? completed / passes : null), share],
  ["Corners", ({ corners }) => corners],
  ["Fouls", ({ fouls }) => fouls],
  ["Offsides", ({ offsides }) => offsides],
  ["Yellow cards", ({ yellow_cards: yellow }) => yellow],
  ["Red cards", ({ red_cards: red }) => red],
];

export class StatisticsTable {
  constructor(root) {
    this.home = el("span");
    this.away = el("span");
    this.body = el("tbody");
    root.append(el("h2", { id: "statistics-title" }, "Match statistics"), el("table", { class: "versus" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, mark("home"), this.home), el("td"), el("th", { scope: "col" }, this.away, mark("away")))), this.body));
  }

  render({ stats: { match, statistics } }) {
    setText(this.home, match.home_team);
    setText(this.away, match.away_team);
    keyed(this.body, ROWS, ([name]) => name, ([name]) => el("tr", {},
      el("td", {}, el("span"), el("i", { class: "home" }, el("i"))), el("th", { scope: "row" }, name), el("td", {}, el("i", { class: "away" }, el("i")), el("span"))),
    (node, [, valueOf, say = String]) => {
      const [home, away] = [valueOf(statistics.home), valueOf(statistics.away)];
      const most = Math.max(home ?? 0, away ?? 0) || 1;
      setText(node.children[0].firstChild, say(home));
      setText(node.children[2].lastChild, say(away));
      node.children[0].lastChild.firstChild.style.width = `${(100 * (home ?? 0)) / most}%`;
      node.children[2].firstChild.firstChild.style.width = `${(100 * (away ?? 0)) / most}%`;
      node.children[0].classList.toggle("more", home > away);
      node.children[2].classList.toggle("more", away > home);
    });
  }
}
