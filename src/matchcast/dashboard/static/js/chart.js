// What the three charts over the match clock share: the axis, its breaks and stoppage, the crosshair.

import { el, setText } from "./dom.js";
import { Figure } from "./figure.js";
import { scrubByPointer } from "./scrub.js";

const NARROW = 560;
const NAMES = ["ink", "ink-2", "ink-3", "line", "surface", "raised", "home", "draw", "draw-outline", "away"];

/** The page's colours as canvas takes them: resolved for the scheme in force. */
export function readPalette() {
  const probe = el("i", { class: "probe", hidden: true });
  document.body.append(probe);
  const palette = {};
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    palette[name] = getComputedStyle(probe).color;
  }
  palette.font = getComputedStyle(document.body).fontFamily;
  probe.remove();
  return palette;
}

/** Whether the chart library was put into the package when it was built. */
export const chartsAvailable = () => typeof window.uPlot === "function";

export class Chart {
  #plot = null;
  #data = null;

  /**
   * `make(palette, narrow)` gives uPlot's series, bands, axes.y, scale.y and draw(u, palette);
   * `data(view)` gives its columns; `labels(view)` what is written at the ends of the lines.
   */
  constructor(title, { height, rows, make, data, labels, scrub, sentence }) {
    this.figure = new Figure(title, () => rows(this.view));
    Object.assign(this, { height, make, data, labels, scrub, sentence });
    this.crosshair = el("div", { class: "crosshair", hidden: true });
    this.now = el("div", { class: "now", hidden: true });
    this.ends = el("div", { class: "ends", "aria-hidden": "true" });
    this.touch = el("div", { class: "touch" });
    this.figure.area.append(this.now, this.crosshair, this.ends, this.touch);
    scrubByPointer(this.touch, scrub, (left) => this.#xAt(left), () => this.onPress?.());
    scrub.onChange(() => this.#placeCrosshair());
    new ResizeObserver(() => this.#resize()).observe(this.figure.area);
  }

  get node() {
    return this.figure.node;
  }

  /** Left edge, in pixels of the plot area, of a place on the axis. */
  left(x) {
    if (!this.#plot) return 0;
    return this.#plot.over.offsetLeft + this.#plot.valToPos(x, "x");
  }

  top(value) {
    return this.#plot.over.offsetTop + this.#plot.valToPos(value, "y");
  }

  #xAt(left) {
    if (!this.#plot || !this.view) return null;
    return Math.min(Math.max(Math.round(this.#plot.posToVal(left, "x")), 0), this.view.now);
  }

  render(view) {
    this.view = view;
    this.#data = this.data(view);
    this.figure.say(this.sentence(view));
    if (!chartsAvailable()) {
      this.figure.plot.replaceChildren(el("p", { class: "muted" }, "The chart library is not in this installation: install the package anew, with a network. The table has the numbers."));
      return;
    }
    if (!this.#plot) this.#build();
    else this.#plot.setData(this.#data);
  }

  /** Build anew with other colours or another width class. */
  rebuild() {
    if (this.#plot) this.#build();
  }

  #build() {
    const width = this.figure.area.clientWidth;
    if (!width) return;
    this.#plot?.destroy();
    const palette = readPalette();
    this.narrow = width < NARROW;
    const font = (size, weight = 400) => `${weight} ${size}px ${palette.font}`;
    const { series, bands = [], y, ySplits, yValues, draw } = this.make(palette, this.narrow);
    const common = { stroke: palette["ink-3"], font: font(11), ticks: { show: false }, border: { show: false } };
    this.#plot = new window.uPlot({
      width,
      height: this.narrow ? Math.round(this.height * 0.86) : this.height,
      padding: [6, this.narrow ? 58 : 132, 0, 0],
      cursor: { show: false },
      legend: { show: false },
      select: { show: false },
      scales: { x: { time: false, range: () => [0, this.view.axis.end] }, y: { range: () => y(this.view) } },
      series: [{}, ...series],
      bands,
      axes: [
        {
          ...common,
          size: 24,
          gap: 4,
          splits: () => this.view.axis.ticks(this.narrow ? 45 : 15).map(({ x }) => x),
          values: () => this.view.axis.ticks(this.narrow ? 45 : 15).map(({ text }) => text),
          grid: { show: false },
        },
        {
          ...common,
          size: 42,
          gap: 6,
          splits: () => ySplits(this.view),
          values: (_, splits) => splits.map(yValues),
          grid: { stroke: palette.line, width: 1 },
        },
      ],
      hooks: {
        drawClear: [(u) => this.#drawStoppages(u, palette)],
        draw: [...(draw ? [(u) => draw(u, palette, this.view)] : []), () => this.#placeAll()],
      },
    }, this.#data, this.figure.plot);
  }

  #drawStoppages(u, palette) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.fillStyle = palette.raised;
    for (const [from, to] of this.view.axis.stoppages) {
      const left = u.valToPos(from, "x", true);
      ctx.fillRect(left, bbox.top, u.valToPos(to, "x", true) - left, bbox.height);
    }
    ctx.restore();
  }

  #resize() {
    const width = this.figure.area.clientWidth;
    if (!this.view || !width || width === this.#plot?.width) return;
    if (!this.#plot || (width < NARROW) !== this.narrow) this.#build();
    else this.#plot.setSize({ width, height: this.#plot.height });
  }

  /** After uPlot drew, its scales are those of the data: put what lies over it in place. */
  #placeAll() {
    const { over } = this.#plot;
    Object.assign(this.touch.style, {
      left: `${over.offsetLeft}px`, top: `${over.offsetTop}px`, width: `${over.offsetWidth}px`, height: `${over.offsetHeight}px`,
    });
    this.#placeCrosshair();
    this.#placeEnds();
    const running = this.view.now < this.view.axis.end && !this.view.over;
    this.now.hidden = !running;
    this.#placeLine(this.now, this.view.now);
    this.onDraw?.();
  }

  #placeLine(line, x) {
    const { over } = this.#plot;
    Object.assign(line.style, { left: `${this.left(x)}px`, top: `${over.offsetTop}px`, height: `${over.offsetHeight}px` });
  }

  #placeCrosshair() {
    if (!this.#plot || !this.view) return;
    this.crosshair.hidden = this.scrub.live;
    if (!this.scrub.live) this.#placeLine(this.crosshair, this.scrub.x);
  }

  /** Labels at the lines' ends, moved apart where they would touch. */
  #placeEnds() {
    const labels = this.labels?.(this.view, this.narrow) ?? [];
    while (this.ends.children.length > labels.length) this.ends.lastChild.remove();
    while (this.ends.children.length < labels.length) this.ends.append(el("span", {}, el("i"), el("b"), el("span")));
    const { over } = this.#plot;
    const left = this.left(this.view.now) + 7;
    const height = this.narrow ? 17 : 32;
    const placed = labels
      .map((label, index) => ({ ...label, index, top: Math.min(Math.max(this.top(label.at) - height / 2, over.offsetTop - 4), over.offsetTop + over.offsetHeight - height + 4) }))
      .sort((a, b) => a.top - b.top);
    for (let index = 1; index < placed.length; index += 1) placed[index].top = Math.max(placed[index].top, placed[index - 1].top + height);
    const overflow = placed.length ? placed.at(-1).top + height - (over.offsetTop + over.offsetHeight + 6) : 0;
    if (overflow > 0) placed.forEach((label) => { label.top -= overflow; });
    for (const label of placed) {
      const node = this.ends.children[label.index];
      node.children[0].className = `mark ${label.side}`;
      setText(node.children[1], label.value);
      setText(node.children[2], this.narrow ? "" : label.name);
      Object.assign(node.style, { left: `${left}px`, top: `${label.top}px`, maxWidth: `${this.figure.area.clientWidth - left}px` });
    }
  }
}
