// Shots on the pitch: the area of a mark grows with expected goals; home attacks right, away left.

import { el, keyed, setAttribute, setText, svg } from "./dom.js";
import { Figure } from "./figure.js";
import { minuteLabel } from "./clock.js";
import { shotsSentence, teamOf } from "./words.js";

const [LENGTH, WIDTH] = [120, 80];
const LEAST = 0.9;
const PER_ROOT_XG = 4.4;
const REACH = 6;

function pitch() {
  const line = (d) => svg("path", { d });
  return svg("g", { class: "pitch" },
    svg("rect", { x: 0, y: 0, width: LENGTH, height: WIDTH, rx: 0.5 }),
    line("M60 0V80"), svg("circle", { cx: 60, cy: 40, r: 10 }), svg("circle", { class: "spot", cx: 60, cy: 40, r: 0.5 }),
    line("M0 18H18V62H0M0 30H6V50H0M18 32.8A10 10 0 0 1 18 47.2"), svg("circle", { class: "spot", cx: 12, cy: 40, r: 0.5 }),
    line("M120 18H102V62H120M120 30H114V50H120M102 32.8A10 10 0 0 0 102 47.2"), svg("circle", { class: "spot", cx: 108, cy: 40, r: 0.5 }),
    line("M0 36H-1.6V44H0M120 36H121.6V44H120"));
}

/** Where a shot is drawn: both sides attack right in the data, the away side left on the map. */
export function placeOf(shot) {
  return shot.side === "home" ? [shot.x, shot.y] : [LENGTH - shot.x, WIDTH - shot.y];
}

function shape(shot) {
  const [x, y] = placeOf(shot);
  const radius = LEAST + PER_ROOT_XG * Math.sqrt(shot.xg);
  const reach = 1.25 * radius; // a diamond of the circle's area
  return shot.side === "home"
    ? svg("circle", { cx: x, cy: y, r: radius })
    : svg("path", { d: `M${x} ${y - reach}L${x + reach} ${y}L${x} ${y + reach}L${x - reach} ${y}Z` });
}

function filter(name, legend, choices, onChange) {
  const group = el("fieldset", { class: "segments" }, el("legend", { class: "visually-hidden" }, legend));
  for (const [value, text] of choices) {
    group.append(el("label", {}, el("input", { type: "radio", name, value, checked: value === "all", onchange: onChange }), el("span", {}, text)));
  }
  return group;
}

export class ShotMap {
  constructor(root) {
    this.figure = new Figure("Shot map", () => this.#rows());
    this.marks = svg("g", { class: "marks" });
    this.map = svg("svg", { viewBox: "-2.5 -1.5 125 83", "aria-hidden": "true" }, pitch(), this.marks);
    this.figure.plot.append(this.map);
    this.detail = el("p", { class: "detail small" });
    this.root = root;
    this.teams = null;
    this.filters = el("div", { class: "filters" });
    this.figure.area.before(this.filters);
    this.figure.area.after(this.detail);
    this.map.addEventListener("pointermove", (event) => this.#point(event));
    this.map.addEventListener("pointerdown", (event) => this.#point(event));
    this.map.addEventListener("pointerleave", () => this.#tell(null));
    root.append(this.figure.node);
  }

  render({ stats }) {
    const periods = stats.shots.some(({ period }) => period > 2) ? [["all", "Whole match"], ["1", "1st half"], ["2", "2nd half"], ["extra", "Extra time"]] : [["all", "Whole match"], ["1", "1st half"], ["2", "2nd half"]];
    const key = `${stats.match.id}|${stats.match.home_team}|${stats.match.away_team}|${periods.length}`;
    if (key !== this.key) {
      this.key = key;
      const again = () => this.#draw();
      this.filters.replaceChildren(
        filter("shots-team", "Shots of", [["all", "Both teams"], ["home", stats.match.home_team], ["away", stats.match.away_team]], again),
        filter("shots-half", "Shots in", periods, again));
      this.pointed = null;
    }
    this.stats = stats;
    this.#draw();
  }

  #shown() {
    const value = (name) => this.filters.querySelector(`input[name="${name}"]:checked`).value;
    const [team, half] = [value("shots-team"), value("shots-half")];
    return this.stats.shots.filter((shot) => shot.side && shot.period < 5
      && (team === "all" || shot.side === team)
      && (half === "all" || (half === "extra" ? shot.period > 2 : shot.period === Number(half))));
  }

  #draw() {
    const shots = this.#shown();
    const drawn = shots.filter(({ x, y }) => x !== null && y !== null).sort((a, b) => Number(a.goal) - Number(b.goal) || b.xg - a.xg);
    keyed(this.marks, drawn, ({ id }) => id, shape, (node, shot) => {
      node.shot = shot;
      setAttribute(node, "class", `${shot.side}${shot.goal ? " goal" : ""}`);
    });
    this.figure.say(shotsSentence(this.stats, shots));
    this.#tell(this.pointed);
  }

  #point(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.map.getScreenCTM().inverse());
    let nearest = null;
    let least = REACH;
    for (const node of this.marks.children) {
      const [x, y] = placeOf(node.shot);
      const distance = Math.hypot(x - at.x, y - at.y);
      if (distance < least) [nearest, least] = [node.shot, distance];
    }
    this.#tell(nearest);
  }

  #tell(shot) {
    this.pointed = shot;
    for (const node of this.marks.children) node.classList.toggle("pointed", shot !== null && node.shot.id === shot.id);
    setText(this.detail, shot ? `${minuteLabel(shot.period, shot.minute)}′ ${shot.player ?? teamOf(this.stats.match, shot.side)}${shot.penalty ? ", penalty" : ""}: ${shot.outcome}, xG ${shot.xg.toFixed(2)}` : "Point at a shot to see who took it.");
  }

  #rows() {
    return {
      head: ["Minute", "Team", "Player", "xG", "Outcome"],
      body: this.#shown().map((shot) => [`${minuteLabel(shot.period, shot.minute)}′`, teamOf(this.stats.match, shot.side), shot.player ?? "", shot.xg.toFixed(2), `${shot.outcome}${shot.penalty ? ", penalty" : ""}`]),
    };
  }
}
