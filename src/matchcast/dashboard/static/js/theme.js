// Light, dark, or as the system has it. The choice is read before the first paint, in the page's head.

import { byId } from "./dom.js";

const KEY = "matchcast.theme";

export function installTheme(onChange) {
  const select = byId("theme");
  const root = document.documentElement;
  select.value = root.dataset.theme ?? "auto";
  select.addEventListener("change", () => {
    if (select.value === "auto") delete root.dataset.theme;
    else root.dataset.theme = select.value;
    try {
      if (select.value === "auto") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, select.value);
    } catch { /* the choice holds for this page alone */ }
    onChange();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}
