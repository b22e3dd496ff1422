// Beside the match: which matches there are, the lamps, recent events; on a phone a drawer.

import { byId, el, keyed, setAttribute, setText } from "./dom.js";
import { renderLamps } from "./lamps.js";
import { clockText, isOver, ORIGINS } from "./words.js";

let unfolded = null; // the finished match for which the list of them was opened last

/** Those that run or will; the finished ones are folded, unless one of them is looked at. */
export function renderMatches(matches, selected, choose) {
  const over = matches.filter(({ status }) => isOver(status));
  byId("match-list-empty").hidden = matches.length > 0;
  renderList(byId("match-list"), matches.filter(({ status }) => !isOver(status)), selected, choose);
  renderList(byId("finished-list"), over, selected, choose);
  byId("finished").hidden = !over.length;
  setText(byId("finished-count"), `${over.length} finished`);
  const shown = over.some(({ match_id: id }) => id === selected) ? selected : null;
  if (shown !== null && shown !== unfolded) byId("finished").open = true;
  unfolded = shown;
}

function renderList(list, rows, selected, choose) {
  keyed(list, rows, ({ match_id: id }) => id, ({ match_id: id }) => el("li", {}, el("a", {
    href: `/?match_id=${encodeURIComponent(id)}`,
    onclick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      choose(id);
    },
  },
  el("span", { class: "name" }), el("span", { class: "goals" }), el("span", { class: "name" }), el("span", { class: "goals" }), el("span", { class: "when" }), el("span", { class: "origin" }),
  el("span", { class: "mini", "aria-hidden": "true" }, el("i"), el("i"), el("i")))), (node, row) => {
    const link = node.firstChild;
    const [home, homeGoals, away, awayGoals, when, origin, mini] = link.children;
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
    setText(origin, ORIGINS[row.origin] ?? row.origin);
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
