// The header that stays: teams, score, clock, men sent off, and how fresh it all is.

import { byId, el, setAttribute, setText } from "./dom.js";
import { clockText, ORIGINS, scoreText } from "./words.js";

function showReds(node, count) {
  if (node.childElementCount && Number(node.dataset.count) === count) return;
  node.dataset.count = count;
  node.replaceChildren(...(count > 0
    ? [el("i", { class: "red", "aria-hidden": "true" }), count > 1 ? String(count) : "", el("span", { class: "visually-hidden" }, ` ${count} sent off`)]
    : []));
}

export function renderScoreboard(stats) {
  byId("fixture").hidden = stats === null;
  if (stats === null) {
    setText(byId("competition"), "");
    document.title = "Matchcast";
    return;
  }
  const { match, score, statistics } = stats;
  setText(byId("home-name"), match.home_team);
  setText(byId("away-name"), match.away_team);
  setText(byId("score"), stats.status === "scheduled" ? "–" : scoreText(score));
  setText(byId("clock"), clockText(stats));
  setText(byId("competition"), [match.competition, ORIGINS[match.origin] ?? match.origin].filter(Boolean).join(" · "));
  showReds(byId("home-reds"), statistics.home.red_cards);
  showReds(byId("away-reds"), statistics.away.red_cards);
  document.title = `${match.home_team} ${stats.status === "scheduled" ? "–" : scoreText(score)} ${match.away_team} · ${clockText(stats)}`;
}

export function renderPill({ state, text }) {
  setAttribute(byId("pill"), "data-state", state);
  setText(byId("pill-text"), text);
}
