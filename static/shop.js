// What a page does beyond links and forms: pictures that do not come, answers that do not come, suggestions, and a sale as
// it runs.
"use strict";

document.addEventListener("error", ({ target }) => {
  const fallback = target.dataset?.fallback;
  if (fallback && !target.src.endsWith(fallback)) target.src = fallback;
}, true);

// A picture may have failed before this ran.
for (const picture of document.querySelectorAll("img[data-fallback]")) {
  if (picture.complete && picture.naturalWidth === 0) picture.dispatchEvent(new Event("error"));
}

// What went wrong with the last thing that was asked for in place.
const notice = document.getElementById("notice");
document.addEventListener("htmx:before:request", () => notice.replaceChildren());
document.addEventListener("htmx:error", ({ detail }) => {
  if (!detail.ctx) return;
  const text = document.createElement("p");
  text.className = "fault";
  text.textContent = notice.dataset.offline;
  notice.replaceChildren(text);
});

// The search box: a combobox whose list is filled by the server.
const box = document.getElementById("keyword");
const list = document.getElementById("suggestions");
const options = () => [...list.querySelectorAll("[role=option]")];
// Suggestions that come after the search has begun are too late.
let wanted = false;

function open(shown) {
  list.hidden = !shown;
  box.setAttribute("aria-expanded", String(shown));
  if (!shown) select(null);
}

function close() {
  wanted = false;
  open(false);
}

function select(chosen) {
  for (const option of options()) option.setAttribute("aria-selected", String(option === chosen));
  if (chosen) box.setAttribute("aria-activedescendant", chosen.id);
  else box.removeAttribute("aria-activedescendant");
}

new MutationObserver(() => open(wanted && options().length > 0)).observe(list, { childList: true });
box.addEventListener("input", () => (wanted = true));
box.addEventListener("keydown", (event) => {
  const all = options();
  const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "Escape") return close();
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
box.form.addEventListener("submit", close);
box.form.addEventListener("focusout", ({ relatedTarget }) => box.form.contains(relatedTarget) || close());

// A sale as it runs.
const product = document.querySelector("[data-events]");
if (product) follow(product);

function follow(product) {
  const countdown = document.getElementById("countdown");
  let opensAt = Number(product.dataset.opensAt);
  // How far the server's clock is ahead of the one that runs here. What comes late looks like less, so the greatest is the
  // nearest.
  let ahead = Number(product.dataset.now) - performance.now();
  let timer;
  // The second click of a double click must not meet the next form.
  let restsUntil = 0;

  function show(state) {
    product.dataset.state = state;
    const rest = restsUntil - performance.now();
    const pending = document.querySelector("#outcome [data-pending]");
    document.getElementById("buy-button").disabled = state !== "open" || rest > 0 || pending !== null;
    if (rest > 0) setTimeout(() => show(product.dataset.state), rest);
  }

  function tick() {
    clearTimeout(timer);
    const left = opensAt - (performance.now() + ahead);
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

  function tell(name, text) {
    for (const place of document.querySelectorAll(`[data-live="${name}"]`)) {
      if (place.textContent !== text) place.textContent = text;
    }
  }

  let events = null;
  let gone = false;
  function listen() {
    if (events || gone || document.hidden) return;
    events = new EventSource(product.dataset.events);
    events.addEventListener("sale", ({ data }) => {
      const sale = JSON.parse(data);
      ahead = Math.max(ahead, sale.now - performance.now());
      opensAt = sale.opens_at;
      for (const name of ["label", "units", "wishes"]) tell(name, sale[name]);
      show(sale.state);
      tick();
    });
    events.addEventListener("gone", ({ data }) => {
      gone = true;
      tell("label", data);
      show("closed");
      hush();
    });
    // After an answer that is no stream a browser gives up by itself.
    events.addEventListener("error", () => {
      if (events?.readyState !== EventSource.CLOSED) return;
      hush();
      setTimeout(listen, 2000 + Math.random() * 6000);
    });
  }

  function hush() {
    events?.close();
    events = null;
  }

  // Browsers open few connections to one shop; what nobody sees needs none.
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
  // A page that comes back from the browser's memory has been without events.
  addEventListener("pagehide", hush);
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  listen();
  tick();
  show(product.dataset.state);

  // What was just bought or refused is read first; a new button knows the sale.
  document.addEventListener("htmx:after:swap", ({ detail }) => {
    if (detail.ctx.request.action.endsWith("/order")) {
      restsUntil = performance.now() + 1000;
      const outcome = document.getElementById("outcome");
      if (outcome.childElementCount) outcome.focus();
    }
    show(product.dataset.state);
  });
}
