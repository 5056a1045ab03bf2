// What attributes cannot say. The pages work without this file.
"use strict";

const LOST_AFTER = 3;
const kept = new WeakMap();
let failures = 0;

const isPoll = (event) => event.target instanceof Element && event.target.matches("[data-poll]");

// Written only when it changes: screen readers announce each change of a status.
function tell(words) {
  const place = document.getElementById("connection");
  if (place && place.textContent !== words) place.textContent = words;
}

function countFailure(event) {
  if (!isPoll(event)) return;
  failures += 1;
  if (failures >= LOST_AFTER) tell("Connection lost. Retrying.");
}

// A hidden tab does not poll; coming back asks at once.
document.addEventListener("htmx:config:request", (event) => {
  if (document.hidden && isPoll(event)) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const region of document.querySelectorAll("[data-poll]")) region.dispatchEvent(new Event("poll-now"));
});

// Three failed polls in a row: say so, until one succeeds. A 404 is an answer (the region ends itself).
document.addEventListener("htmx:error", countFailure);
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status !== 404) countFailure(event);
});
document.addEventListener("htmx:after:request", (event) => {
  const { status } = event.detail.ctx.response;
  if (!isPoll(event) || (status >= 400 && status !== 404)) return;
  failures = 0;
  tell("");
});

// A button that leaves the shop says so; Back from the provider (bfcache) brings its own words again.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.leaving) return;
  kept.set(button, [...button.childNodes]);
  button.replaceChildren(button.dataset.leaving);
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button[data-leaving]")) {
    if (kept.has(button)) button.replaceChildren(...kept.get(button));
  }
});
