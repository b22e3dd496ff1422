// Goals and cards above the plot: home in the upper lane, away in the lower. Each can be focused;
// a click anywhere in the strip takes the nearest, so that a finger needs no aim.

import { el, icon, keyed, setAttribute } from "./dom.js";
import { minuteLabel } from "./clock.js";
import { CARDS, GOALS, REDS } from "./moment.js";
import { entrySentence } from "./words.js";

const LANE = 22;
const REACH = 30;

function iconOf(kind) {
  if (GOALS.has(kind)) return "goal";
  return kind === "second_yellow" ? "cards" : "card";
}

export function eventMarkers(choose) {
  const strip = el("div", { class: "markers", role: "group", "aria-label": "Goals and cards" });
  let placed = [];

  function make(entry) {
    return el("button", { class: "marker", onclick: (event) => { if (event.detail === 0) choose(event.currentTarget.entry); } }, icon(iconOf(entry.kind)));
  }

  strip.addEventListener("click", (event) => {
    if (event.detail === 0 || !placed.length) return; // by keyboard: the button's own
    const box = strip.getBoundingClientRect();
    const [left, top] = [event.clientX - box.left, event.clientY - box.top];
    const distance = (marker) => Math.hypot(marker.left - left, marker.top + LANE / 2 - top);
    const nearest = placed.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    if (Math.abs(nearest.left - left) > REACH) return;
    nearest.node.focus({ preventScroll: true });
    choose(nearest.entry);
  });

  return {
    node: strip,
    render({ stats, axis }, leftOf) {
      const entries = stats.timeline.filter(({ kind, side, period }) => side && period < 5 && (GOALS.has(kind) || CARDS.has(kind)));
      keyed(strip, entries, ({ id }) => id, make, (node, entry) => {
        node.entry = entry;
        node.className = `marker ${entry.side} ${REDS.has(entry.kind) ? "red" : GOALS.has(entry.kind) ? "goal" : "yellow"}`;
        const text = `${minuteLabel(entry.period, entry.minute)}′ ${entrySentence(entry, stats.match)}`;
        setAttribute(node, "aria-label", text);
        setAttribute(node, "title", text);
        node.style.left = `${leftOf(axis.x(entry))}px`;
        node.style.top = entry.side === "home" ? "0" : `${LANE}px`;
      });
      placed = [...strip.children].map((node) => ({ node, entry: node.entry, left: parseFloat(node.style.left), top: parseFloat(node.style.top) }));
    },
    point(id) {
      for (const { node, entry } of placed) node.classList.toggle("pointed", id !== null && String(entry.id) === String(id));
    },
  };
}
