// What a page does beyond links and forms: pictures that do not come, suggestions, and a sale as it runs.
"use strict";

document.addEventListener("error", ({ target }) => {
  const fallback = target.dataset?.fallback;
  if (fallback && !target.src.endsWith(fallback)) target.src = fallback;
}, true);

// A picture may have failed before this ran.
for (const picture of document.querySelectorAll("img[data-fallback]")) {
  if (picture.complete && picture.naturalWidth === 0) picture.dispatchEvent(new Event("error"));
}

// The search box: a combobox whose list is filled by the server.
const box = document.getElementById("keyword");
const list = document.getElementById("suggestions");
const options = () => [...list.querySelectorAll("[role=option]")];

function open(shown) {
  list.hidden = !shown;
  box.setAttribute("aria-expanded", String(shown));
  if (!shown) select(null);
}

function select(chosen) {
  for (const option of options()) option.setAttribute("aria-selected", String(option === chosen));
  if (chosen) box.setAttribute("aria-activedescendant", chosen.id);
  else box.removeAttribute("aria-activedescendant");
}

new MutationObserver(() => open(options().length > 0 && document.activeElement === box))
  .observe(list, { childList: true });
box.addEventListener("keydown", (event) => {
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "Escape") return open(false);
  if (event.key === "Enter" && at >= 0 && !list.hidden) {
    event.preventDefault();
    return all[at].querySelector("a").click();
  }
  if (all.length === 0 || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  open(true);
  const step = event.key === "ArrowDown" ? 1 : -1;
  select(all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length]);
});
box.form.addEventListener("submit", () => open(false));
box.form.addEventListener("focusout", ({ relatedTarget }) => box.form.contains(relatedTarget) || open(false));

// A sale as it runs.
const product = document.querySelector("[data-events]");
if (product) follow(product);

function follow(product) {
  const countdown = document.getElementById("countdown");
  let opensAt = Number(product.dataset.opensAt);
  // How far the server's clock is ahead of ours. What comes late looks like less, so the greatest is the nearest.
  let ahead = Number(product.dataset.now) - Date.now();
  let timer;

  function show(state) {
    product.dataset.state = state;
    const button = document.getElementById("buy-button");
    if (button) button.disabled = state !== "open";
  }

  function tick() {
    clearTimeout(timer);
    const left = opensAt - (Date.now() + ahead);
    const waiting = product.dataset.state === "waiting";
    countdown.hidden = !waiting || left <= 0;
    if (!waiting) return;
    if (left <= 0) return show("open");
    const seconds = Math.ceil(left / 1000);
    const [days, clock] = [Math.floor(seconds / 86400), seconds % 86400];
    const parts = [clock / 3600, (clock % 3600) / 60, clock % 60].map((part) => String(Math.floor(part)).padStart(2, "0"));
    countdown.querySelector("time").textContent = (days > 0 ? `${days} · ` : "") + parts.join(":");
    timer = setTimeout(tick, Math.min(left, left % 1000 || 1000));
  }

  const events = new EventSource(product.dataset.events);
  events.addEventListener("sale", ({ data }) => {
    const sale = JSON.parse(data);
    ahead = Math.max(ahead, sale.now - Date.now());
    opensAt = sale.opens_at;
    for (const [name, text] of Object.entries(sale)) {
      for (const place of document.querySelectorAll(`[data-live="${name}"]`)) {
        if (place.textContent !== text) place.textContent = text;
      }
    }
    show(sale.state);
    tick();
  });
  events.addEventListener("gone", () => {
    show("closed");
    events.close();
  });
  // A page that comes back from the browser's memory has been without events.
  addEventListener("pagehide", () => events.close());
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  tick();
  show(product.dataset.state);

  // What was just bought or refused is read first; a new button knows the sale.
  document.addEventListener("htmx:after:swap", () => {
    show(product.dataset.state);
    const outcome = document.getElementById("outcome");
    if (outcome?.childElementCount) outcome.focus();
  });
}
