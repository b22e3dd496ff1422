// The one moment that all charts show: the newest, or the one that a reader points at.

export class Scrub {
  #listeners = new Set();

  constructor() {
    this.x = null; // place on the axis; null is live
    this.held = false; // stays when the pointer leaves
  }

  get live() {
    return this.x === null;
  }

  onChange(listener) {
    this.#listeners.add(listener);
  }

  set(x, { hold = false } = {}) {
    if (x === this.x && hold === this.held) return;
    this.x = x;
    this.held = x !== null && hold;
    this.#listeners.forEach((listener) => listener());
  }

  /** The pointer passes over: shown until it leaves, unless a moment is held. */
  hover(x) {
    if (!this.held) this.set(x);
  }

  backToLive() {
    this.set(null);
  }

  /** To the next (+1) or the previous (−1) of some places, which are in order. */
  step(places, direction, now) {
    const at = this.x ?? now;
    const next = direction > 0 ? places.find((x) => x > at + 0.5) : places.findLast((x) => x < at - 0.5);
    if (next !== undefined) this.set(next, { hold: true });
  }
}

/** Let a pointer scrub over a plot: hover with a mouse, drag with a finger (up and down still scrolls). */
export function scrubByPointer(target, scrub, xAt, focus) {
  let pressed = false;
  const move = (event) => {
    const x = xAt(event.clientX - target.getBoundingClientRect().left);
    if (x === null) return;
    if (pressed) scrub.set(x, { hold: true });
    else if (event.pointerType === "mouse") scrub.hover(x);
  };
  target.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pressed = true;
    if (event.isTrusted) target.setPointerCapture(event.pointerId);
    focus();
    move(event);
  });
  target.addEventListener("pointermove", move);
  const release = () => { pressed = false; };
  target.addEventListener("pointerup", release);
  target.addEventListener("pointercancel", release);
  target.addEventListener("pointerleave", () => scrub.hover(null));
}
