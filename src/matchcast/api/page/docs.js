"use strict";

// Each form sends what its text field holds to its own address and shows the answer below.
for (const form of document.querySelectorAll("form[data-path]")) {
  const body = form.querySelector("textarea");
  const choice = form.querySelector("select");
  const answer = form.querySelector("output");
  choice?.addEventListener("change", () => {
    body.value = choice.selectedOptions[0].dataset.body;
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const begun = performance.now();
    answer.replaceChildren("…");
    try {
      const response = await fetch(form.dataset.path.slice(1), {
        method: form.dataset.method,
        headers: body ? { "Content-Type": "application/json" } : {},
        body: body?.value,
      });
      const text = await response.text();
      const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
      const shown = document.createElement("pre");
      shown.textContent = isJson ? JSON.stringify(JSON.parse(text), null, 2) : text;
      const took = Math.round(performance.now() - begun);
      answer.replaceChildren(`${response.status} ${response.statusText} in ${took} ms`, shown);
    } catch (error) {
      answer.replaceChildren(`No answer: ${error.message}`);
    }
  });
}
