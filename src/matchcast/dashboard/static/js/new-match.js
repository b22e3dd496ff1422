// The dialog that asks for a new match; who is not the operator is told that it needs the login.

import { loginPath, post, refreshSession, session } from "./ask.js";
import { byId } from "./dom.js";
import { isOver } from "./words.js";

export const ANCHOR = "#new-match";

const same = (wanted, name) => !wanted || wanted.toLowerCase() === name.toLowerCase();

/** The match that was asked for, or null: a running one that was not `known` then, between those teams. */
export function wishedMatch(matches, { known, home_team: home, away_team: away }) {
  return matches.find((row) => !known.has(row.match_id) && row.origin === "simulated" && !isOver(row.status)
    && same(home, row.home_team) && same(away, row.away_team)) ?? null;
}

/**
 * `state` has the list of matches and the one that is shown; `onAsked(wish)` takes what was asked for, with
 * the ids of the matches `known` before. Who has to log in first comes back to the same match and the dialog.
 */
export function installNewMatch(state, onAsked) {
  const dialog = byId("new-match");
  const form = byId("new-match-form");
  const problem = byId("new-match-problem");

  function fit() {
    byId("new-match-body").hidden = !session.operator;
    byId("new-match-stranger").hidden = session.operator;
  }

  function fail(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  async function open() {
    fail("");
    await refreshSession().catch(() => {});
    const match = state.matchId === null ? "" : `?match_id=${encodeURIComponent(state.matchId)}`;
    byId("new-match-login").href = loginPath(`/${match}${ANCHOR}`);
    fit();
    if (!dialog.open) dialog.showModal();
  }

  byId("new-match-button").addEventListener("click", open);
  if (location.hash === ANCHOR) {
    history.replaceState(history.state, "", location.pathname + location.search);
    open();
  }
  for (const id of ["new-match-cancel", "new-match-close"]) byId(id).addEventListener("click", () => dialog.close());

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fail("");
    const named = Object.entries(Object.fromEntries(new FormData(form))).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value);
    const names = Object.fromEntries(named);
    if (names.home_team && names.home_team === names.away_team) {
      fail("A team cannot play itself: name two.");
      return;
    }
    const known = new Set(state.matches.map(({ match_id: id }) => id));
    try {
      await post("/api/matches", names);
      dialog.close();
      form.reset();
      onAsked({ ...names, known });
    } catch (error) {
      if (error.status === 401) {
        session.operator = false;
        fit();
      } else fail(error.message);
    }
  });
}
