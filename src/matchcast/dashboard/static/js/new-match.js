// The dialog that asks for a new match; who is not the operator is told that it needs the login.

import { post, refreshSession, session } from "./ask.js";
import { byId } from "./dom.js";

export function installNewMatch(onAsked) {
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

  byId("new-match-button").addEventListener("click", async () => {
    fail("");
    await refreshSession().catch(() => {});
    fit();
    dialog.showModal();
  });
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
    try {
      await post("/api/matches", names);
      dialog.close();
      form.reset();
      onAsked(names);
    } catch (error) {
      if (error.status === 401) {
        session.operator = false;
        fit();
      } else fail(error.message);
    }
  });
}
