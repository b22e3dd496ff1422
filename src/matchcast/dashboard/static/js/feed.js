// The feed of one tab: server-sent events, a watchdog over them, and asking every 5 s while they fail.
//
// EventSource gives up for good on an HTTP error and never shows comments, so the server sends a
// real `tick` every 10 s; 25 s without any message is a dead stream. A stream is made anew after
// 1, 2, 4 … 30 s, jittered so that many tabs do not come back at once.

import { Poller } from "./ask.js";

export const SILENCE_MS = 25_000;
export const POLL_MS = 5_000;
const LONGEST_WAIT_MS = 30_000;
const HIDDEN_MS = 60_000;
const FAILURES_BEFORE_POLLING = 2;
const FAILURES_BEFORE_GONE = 5;
const POLLS_PER_STATUS = 3;

/** Milliseconds to wait before the n-th new attempt (from 1). */
export function backoff(failures, random = Math.random) {
  const longest = Math.min(LONGEST_WAIT_MS, 1000 * 2 ** (failures - 1));
  return longest * (0.5 + 0.5 * random());
}

export class Feed {
  #matchId = null;
  #source = null;
  #failures = 0;
  #retry = null;
  #poll = null;
  #polls = 0;
  #poller = new Poller();
  #hidden = null;
  #generation = 0;

  /** `handlers`: snapshot(data), update(data), tick(data), gone() when there is
   *  no such match, change() when the feed's own state did. */
  constructor(handlers) {
    this.handlers = handlers;
    this.mode = "connecting"; // connecting, stream, reconnecting, polling, lost
    this.reason = null;
    this.heardAt = null;
    setInterval(() => this.#watch(), 1000);
    document.addEventListener("visibilitychange", () => this.#followVisibility());
    addEventListener("pagehide", () => this.#stop());
    addEventListener("pageshow", (event) => event.persisted && this.open(this.#matchId));
  }

  /** Follow a match, or with null the list of matches alone. */
  open(matchId) {
    this.#stop();
    this.#matchId = matchId;
    this.#failures = 0;
    this.#poller.forget();
    this.heardAt = null;
    this.#become("connecting", null);
    this.#connect();
  }

  /** Start over now instead of waiting. */
  refresh() {
    this.open(this.#matchId);
  }

  #become(mode, reason = this.reason) {
    if (mode === this.mode && reason === this.reason) return;
    this.mode = mode;
    this.reason = reason;
    this.handlers.change();
  }

  #path(path) {
    return this.#matchId === null ? path : `${path}?match_id=${encodeURIComponent(this.#matchId)}`;
  }

  #connect() {
    this.#retry = null;
    const source = new EventSource(this.#path("/api/stream"));
    this.#source = source;
    this.openedAt = Date.now();
    for (const name of ["snapshot", "update", "tick"]) {
      source.addEventListener(name, (event) => {
        if (source !== this.#source) return;
        this.#heard();
        this.handlers[name](JSON.parse(event.data));
      });
    }
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      if (source.readyState === EventSource.CLOSED) this.#fail(true);
      else if (this.mode === "stream") this.#become("reconnecting");
    });
  }

  #heard() {
    this.heardAt = Date.now();
    this.#failures = 0;
    this.#endPolling();
    this.#become("stream", null);
  }

  #watch() {
    const last = Math.max(this.heardAt ?? 0, this.openedAt ?? 0);
    if (this.#source && Date.now() - last > SILENCE_MS) this.#fail(false);
  }

  /** The stream is dead: wait, make a new one; after some failures ask instead. */
  async #fail(refused) {
    this.#source?.close();
    this.#source = null;
    this.#failures += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), backoff(this.#failures));
    if (this.mode === "stream" || this.mode === "connecting") this.#become("reconnecting");
    const problem = refused ? await this.#whyRefused() : null;
    if (this.#source || !this.#retry) return;
    if (problem?.status === 404 && (this.#failures >= FAILURES_BEFORE_GONE || await this.#isReady()) && this.#retry) {
      this.#stop();
      this.handlers.gone();
      return;
    }
    const full = problem?.type?.endsWith(":too-many-streams") ?? false;
    if (full) this.reason = problem.detail;
    if (full || !refused || this.#failures >= FAILURES_BEFORE_POLLING) this.#startPolling();
  }

  /** Whether the dashboard has caught up: until then it may not know a match that there is. */
  #isReady() {
    return fetch("/ready", { cache: "no-store" }).then(({ ok }) => ok, () => false);
  }

  /** An EventSource hides the status; ask for the same once more to read the problem. */
  async #whyRefused() {
    const abort = new AbortController();
    try {
      const answer = await fetch(this.#path("/api/stream"), { signal: abort.signal, cache: "no-store" });
      if (answer.headers.get("Content-Type")?.startsWith("application/problem+json")) return await answer.json();
    } catch { /* it cannot be reached at all */ } finally {
      abort.abort();
    }
    return null;
  }

  #startPolling() {
    if (this.#poll !== null) return;
    this.#poller.forget();
    this.#polls = 0;
    const generation = ++this.#generation;
    const again = async () => {
      await this.#ask(generation);
      if (generation === this.#generation) this.#poll = setTimeout(again, POLL_MS);
    };
    this.#poll = setTimeout(again, 0);
  }

  #endPolling() {
    this.#generation += 1;
    clearTimeout(this.#poll);
    this.#poll = null;
  }

  async #ask(generation) {
    const paths = {
      matches: "/api/matches",
      recent: "/api/kafka/events?limit=20",
      ...(this.#polls++ % POLLS_PER_STATUS === 0 && { system: "/api/system/status" }),
      ...(this.#matchId !== null && { stats: this.#path("/api/match-stats"), prediction: this.#path("/api/prediction") }),
    };
    try {
      const answers = await Promise.all(Object.values(paths).map((path) => this.#poller.get(path)));
      if (generation !== this.#generation) return;
      const found = Object.fromEntries(Object.keys(paths).map((name, index) => [name, answers[index]]));
      this.heardAt = Date.now();
      this.#become("polling");
      this.handlers.snapshot({
        ...(found.matches && { matches: found.matches.matches }),
        ...(found.recent && { recent_events: found.recent.events }),
        ...(found.stats && { stats: found.stats }),
        ...(found.prediction && { prediction: found.prediction }),
        ...(found.system && { status: Object.fromEntries(found.system.components.map((part) => [part.name, part])) }),
      });
    } catch {
      if (generation === this.#generation) this.#become("lost");
    }
  }

  #followVisibility() {
    clearTimeout(this.#hidden);
    if (document.hidden) this.#hidden = setTimeout(() => this.#stop(), HIDDEN_MS);
    else if (!this.#source && !this.#retry && !this.#poll) this.open(this.#matchId);
  }

  #stop() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#retry);
    this.#retry = null;
    this.#endPolling();
  }
}
