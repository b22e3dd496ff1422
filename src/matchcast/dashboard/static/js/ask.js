// Requests to this site's own JSON: answers, and problem details (RFC 9457) as errors that can be read.

/** A request that failed; the message is a sentence for the reader. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function read(answer) {
  const text = await answer.text();
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch { /* not JSON: the status alone speaks */ }
  if (!answer.ok) throw new Problem(answer.status, body?.detail ?? `The dashboard answered ${answer.status}.`);
  return body;
}

async function send(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Problem(0, "The dashboard cannot be reached.");
  }
}

/** The JSON at a path. */
export async function get(path, signal) {
  return read(await send(path, { headers: { Accept: "application/json" }, cache: "no-cache", signal }));
}

/** Where to log in, to come back to a place of this site after. */
export const loginPath = (place) => `/login?next=${encodeURIComponent(place)}`;

/** Who looks, and the token that guards what they do. */
export const session = { operator: false, csrf_token: "" };

/** Ask anew who looks. */
export async function refreshSession() {
  Object.assign(session, await get("/api/session"));
  return session;
}

/** Act: POST JSON with the session's token, once more with a new token when that one is old. */
export async function post(path, body = {}) {
  const attempt = async () => read(await send(path, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": session.csrf_token },
    body: JSON.stringify(body),
  }));
  try {
    return await attempt();
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    await refreshSession();
    return attempt();
  }
}

const PATIENCE_MS = 10_000;

/** Asks again and again, and is told "unchanged" (null) by ETag. */
export class Poller {
  #kept = new Map();

  async get(path) {
    const tag = this.#kept.get(path);
    const headers = { Accept: "application/json", ...(tag && { "If-None-Match": tag }) };
    const answer = await send(path, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.status === 304) return null;
    const body = await read(answer);
    const fresh = answer.headers.get("ETag");
    if (fresh) this.#kept.set(path, fresh);
    return body;
  }

  forget() {
    this.#kept.clear();
  }
}
