// What happened, newest first: an ordered list that is also the accessible record of the match.

import { el, icon, keyed, setText } from "./dom.js";
import { GOALS, REDS } from "./moment.js";
import { kindName, scoreText } from "./words.js";

const ICONS = {
  goal: "goal", own_goal: "goal", penalty_goal: "goal", missed_penalty: "missed",
  yellow_card: "card", second_yellow: "cards", red_card: "card", substitution: "substitution",
  period_start: "period", period_end: "period", shoot_out_goal: "goal", shoot_out_miss: "missed",
};

function make(entry) {
  const weight = GOALS.has(entry.kind) || REDS.has(entry.kind) ? " weighty" : "";
  if (entry.kind.startsWith("period_")) {
    return el("li", { class: "period" }, el("span", { class: "what" }), el("b", { class: "stand" }));
  }
  return el("li", { class: `${entry.side ?? "none"} ${entry.kind}${weight}` },
    el("span", { class: "when" }), el("span", { class: "sign" }, icon(ICONS[entry.kind] ?? "period")),
    el("span", { class: "what" }, el("b"), el("span", { class: "more" })), el("b", { class: "stand" }));
}

function update(node, entry) {
  const scored = GOALS.has(entry.kind) || entry.kind.startsWith("shoot_out");
  const [what, stand] = [node.querySelector(".what"), node.querySelector(".stand")];
  if (entry.kind.startsWith("period_")) {
    setText(what, kindName(entry));
    setText(stand, entry.kind === "period_end" ? scoreText(entry.score) : "");
    return;
  }
  const [main, more] = what.children;
  const swap = entry.kind === "substitution";
  setText(node.querySelector(".when"), `${entry.clock}′`);
  setText(main, (swap ? entry.detail ?? entry.player : entry.player) ?? entry.team ?? "");
  const kind = swap && entry.detail && entry.player ? `for ${entry.player}` : kindName(entry);
  setText(more, [kind, entry.player && entry.team ? entry.team : null].filter(Boolean).join(" · "));
  setText(stand, scored ? scoreText(entry.score) : "");
}

export class Timeline {
  constructor(root) {
    this.list = el("ol", { class: "timeline", reversed: true });
    this.none = el("p", { class: "muted" }, "Nothing yet.");
    root.append(el("h2", { id: "record-title" }, "Timeline"), this.list, this.none);
  }

  render({ stats }) {
    keyed(this.list, stats.timeline.toReversed(), ({ id, kind }) => `${id}|${kind}`, make, update);
    this.none.hidden = stats.timeline.length > 0;
  }
}
