// Who looks: a link to the login, or the operator's log-out.

import { loginPath, post, refreshSession, session } from "./ask.js";
import { el } from "./dom.js";

/** The address changes while a page is open: the link learns only now where to come back to. */
const comeBack = ({ currentTarget }) => { currentTarget.href = loginPath(location.pathname + location.search); };

export function showSession(box, onChange = () => {}) {
  const draw = () => box.replaceChildren(...(session.operator
    ? [el("span", {}, "Operator"), el("button", { class: "button quiet", onclick: leave }, "Log out")]
    : [el("span", {}, "Watching"), el("a", { class: "button quiet", href: "/login", onclick: comeBack }, "Log in")]));
  async function leave() {
    await post("/logout").catch(() => {});
    await refreshSession().catch(() => {});
    draw();
    onChange();
  }
  return refreshSession().catch(() => {}).then(() => { draw(); onChange(); });
}
