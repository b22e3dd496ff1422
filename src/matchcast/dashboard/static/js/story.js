// The story of the match: three charts on one clock, the goals and cards above them, one crosshair.

import { clockLabel } from "./clock.js";
import { el, mark, setAttribute, setText } from "./dom.js";
import { eventMarkers } from "./markers.js";
import { momentumChart } from "./momentum-chart.js";
import { GOALS, momentAt } from "./moment.js";
import { shareLabels } from "./percent.js";
import { probabilityChart } from "./probability-chart.js";
import { clockText, entrySentence, scoreText } from "./words.js";
import { xgChart } from "./xg-chart.js";

export class Story {
  constructor(root, scrub) {
    this.root = root;
    this.scrub = scrub;
    this.probability = probabilityChart(scrub);
    this.charts = [this.probability, xgChart(scrub), momentumChart(scrub)];
    this.markers = eventMarkers((entry) => this.#goTo(entry));
    this.slider = el("div", {
      class: "slider", role: "slider", tabindex: "0", "aria-label": "Moment of the match", "aria-valuemin": "0",
      "aria-describedby": "story-keys",
    });
    this.probability.figure.area.before(this.markers.node);
    this.probability.touch.append(this.slider);
    this.charts.forEach((chart) => { chart.onPress = () => this.slider.focus({ preventScroll: true }); });
    this.probability.onDraw = () => this.#placeMarkers();
    this.#build();
    scrub.onChange(() => this.#showMoment());
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  #build() {
    this.clock = el("b", { class: "at" });
    this.score = el("span", { class: "at-score" });
    this.shares = { home: el("span"), draw: el("span"), away: el("span") };
    this.xg = el("span", { class: "at-xg" });
    this.event = el("span", { class: "at-event" });
    this.back = el("button", { class: "button", onclick: () => { this.scrub.backToLive(); this.slider.focus({ preventScroll: true }); } }, "Back to live");
    this.root.append(
      el("div", { class: "story-head" },
        el("h2", { id: "story-title" }, "How the match has gone"),
        el("p", { class: "muted small", id: "story-keys" }, "Point, drag, or use ", el("kbd", {}, "←"), " ", el("kbd", {}, "→"), " for minutes, ", el("kbd", {}, "g"), " ", el("kbd", {}, "G"), " for goals.")),
      el("div", { class: "readout" },
        this.clock, this.score,
        el("span", { class: "at-numbers" }, ["home", "draw", "away"].map((side) => el("span", { class: "at-share" }, mark(side), this.shares[side])), this.xg),
        this.event, this.back),
      ...this.charts.map((chart) => chart.node),
    );
  }

  render(view) {
    this.view = view;
    for (const chart of this.charts) chart.render(view);
    this.#showMoment();
  }

  rebuild() {
    for (const chart of this.charts) chart.rebuild();
  }

  #placeMarkers() {
    if (this.view) this.markers.render(this.view, (x) => this.probability.left(x));
  }

  #goTo(entry) {
    this.scrub.set(this.view.axis.x(entry), { hold: true });
  }

  #showMoment() {
    const { view, scrub } = this;
    if (!view) return;
    const { live } = scrub;
    const x = live ? view.now : scrub.x;
    const at = momentAt(view, x);
    const { stats } = view;
    const score = live ? stats.score : at.score;
    const share = live && !view.over ? (view.model ? view.prediction.current : null) : at.share;
    const labels = share ? shareLabels(share, view.over && live) : null;
    const clock = live ? clockText(stats) : at.clock;
    const xg = live ? view.xg : at.xg;
    setText(this.clock, clock);
    setText(this.score, scoreText(score));
    for (const side of ["home", "draw", "away"]) setText(this.shares[side], labels?.[side] ?? "–");
    setText(this.xg, `xG ${xg.home.toFixed(2)} – ${xg.away.toFixed(2)}`);
    setText(this.event, !live && at.entry ? entrySentence(at.entry, stats.match) : "");
    this.back.hidden = live || !scrub.held;
    setText(this.back, view.over ? "Back to the end" : "Back to live");
    setAttribute(this.root, "data-scrubbing", live ? null : "");
    this.markers.point(live ? null : at.entry?.id ?? null);
    setAttribute(this.slider, "aria-valuemax", String(Math.round(view.now)));
    setAttribute(this.slider, "aria-valuenow", String(Math.round(x)));
    const spoken = labels ? `; ${stats.match.home_team} ${labels.home}, draw ${labels.draw}, ${stats.match.away_team} ${labels.away}` : "";
    setAttribute(this.slider, "aria-valuetext",
      `${live ? clock : clockLabel(at.at)}, ${stats.match.home_team} ${scoreText(score)} ${stats.match.away_team}${spoken}${at.entry && !live ? `. ${entrySentence(at.entry, stats.match)}` : ""}`);
  }

  #key(event) {
    if (!this.view || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest(".as-table, input, select, textarea")) return;
    const { axis, now, stats } = this.view;
    const goals = stats.timeline.filter(({ kind, period }) => GOALS.has(kind) && period < 5).map((entry) => axis.x(entry));
    const act = {
      ArrowLeft: () => this.scrub.step(axis.minutes(now), -1, now),
      ArrowRight: () => this.scrub.step(axis.minutes(now), +1, now),
      Home: () => this.scrub.set(0, { hold: true }),
      End: () => this.scrub.backToLive(),
      Escape: () => this.scrub.backToLive(),
      g: () => this.scrub.step(goals, +1, this.scrub.live ? -1 : now),
      G: () => this.scrub.step(goals, -1, now),
    }[event.key];
    if (!act || (event.key === "Escape" && this.scrub.live)) return;
    event.preventDefault();
    act();
  }
}
