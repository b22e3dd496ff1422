// A chart with its sentence in words and, on request, its numbers as a table.

import { el, setAttribute, setText } from "./dom.js";

let made = 0;

export class Figure {
  #table = null;

  /** `rows()` gives {head: [text], body: [[text]]}; it is asked only while the table is open. */
  constructor(title, rows) {
    const id = `figure-${++made}`;
    this.rows = rows;
    this.sentence = el("p", { class: "sentence", id: `${id}-sentence` });
    this.toggle = el("button", { class: "button quiet toggle", "aria-controls": `${id}-table`, onclick: () => this.#flip() }, "Show as table");
    this.plot = el("div", { class: "plot", role: "img" });
    this.area = el("div", { class: "plot-area" }, this.plot);
    this.holder = el("div", { class: "as-table", id: `${id}-table`, tabindex: "0", role: "region", "aria-label": `${title}, as a table`, hidden: true });
    this.title = title;
    this.node = el("figure", { class: "figure" },
      el("figcaption", {}, el("h3", {}, title), this.toggle, this.sentence), this.area, this.holder);
  }

  say(sentence) {
    setText(this.sentence, sentence);
    setAttribute(this.plot, "aria-label", `${this.title}. ${sentence}`);
    if (this.#table) this.#fill();
  }

  #flip() {
    const open = this.holder.hidden;
    this.holder.hidden = !open;
    setText(this.toggle, open ? "Hide the table" : "Show as table");
    this.#table = open ? el("table") : null;
    this.holder.replaceChildren(...(open ? [this.#table] : []));
    if (open) this.#fill();
  }

  #fill() {
    const { head, body } = this.rows();
    const place = this.holder.scrollTop;
    this.#table.replaceChildren(
      el("thead", {}, el("tr", {}, head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, body.map(([first, ...rest]) =>
        el("tr", {}, el("th", { scope: "row" }, first), rest.map((text) => el("td", {}, text))))),
    );
    this.holder.scrollTop = place;
  }
}
