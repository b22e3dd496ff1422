// Beside the match: which matches there are, the lamps, recent events; on a phone a drawer.

import { byId, el, keyed, setAttribute, setText } from "./dom.js";
import { renderLamps } from "./lamps.js";
import { clockText } from "./words.js";

export function renderMatches(matches, selected, choose) {
  byId("match-list-empty").hidden = matches.length > 0;
  keyed(byId("match-list"), matches, ({ match_id: id }) => id, ({ match_id: id }) => el("li", {}, el("a", {
    href: `/?match_id=${encodeURIComponent(id)}`,
    onclick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      choose(id);
    },
  },
  el("span", { class: "name" }), el("span", { class: "goals" }), el("span", { class: "name" }), el("span", { class: "goals" }), el("span", { class: "when" }),
  el("span", { class: "mini", "aria-hidden": "true" }, el("i"), el("i"), el("i")))), (node, row) => {
    const link = node.firstChild;
    const [home, homeGoals, away, awayGoals, when, mini] = link.children;
    setAttribute(link, "aria-current", row.match_id === selected ? "true" : null);
    setAttribute(link, "data-status", row.status);
    setText(home, row.home_team);
    setText(away, row.away_team);
    const begun = row.status !== "scheduled";
    setText(homeGoals, begun ? String(row.score.home) : "");
    setText(awayGoals, begun ? String(row.score.away) : "");
    home.classList.toggle("leads", row.score.home > row.score.away);
    away.classList.toggle("leads", row.score.away > row.score.home);
    setText(when, { scheduled: "soon", finished: "FT", abandoned: "Abd", half_time: "HT" }[row.status] ?? clockText(row).replace(/^Shoot-out.*/, "Pens"));
    mini.hidden = !row.probability || row.status === "finished";
    if (row.probability) ["home", "draw", "away"].forEach((side, index) => { mini.children[index].style.flexGrow = String(row.probability[side]); });
  });
}

export function renderSystem(lamps) {
  renderLamps(byId("lamps"), lamps);
}

export function renderRecent(events) {
  keyed(byId("recent"), events.slice(0, 8), ({ partition, offset }) => `${partition}:${offset}`, (event) => el("li", {},
    el("span", { class: "when" }, event.clock ? `${event.clock}′` : ""),
    el("span", { class: "what" }, event.type, " ", el("span", {}, [event.player, event.team].filter(Boolean).join(", ")))));
}

/** Open and close the drawer of narrow screens; focus goes in with it and comes back. */
export function installDrawer() {
  const [sidebar, backdrop, page, opener] = ["sidebar", "backdrop", "page", "open-drawer"].map(byId);
  const show = (open) => {
    sidebar.classList.toggle("open", open);
    backdrop.hidden = !open;
    page.inert = open;
    setAttribute(opener, "aria-expanded", String(open));
    (open ? byId("close-drawer") : opener).focus();
  };
  const close = () => sidebar.classList.contains("open") && show(false);
  opener.addEventListener("click", () => show(true));
  byId("close-drawer").addEventListener("click", close);
  backdrop.addEventListener("click", close);
  addEventListener("keydown", (event) => event.key === "Escape" && close());
  matchMedia("(width >= 960px)").addEventListener("change", close);
  return { close };
}
