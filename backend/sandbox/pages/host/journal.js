// A live view of `/sandbox/journal`.

import { element } from "./dom.js";

const SERVICES = ["entra", "graph", "dataverse", "host", "control"];
const EVERY_MS = 1_000;
/** Rows on the page; the journal itself keeps more. */
const SHOWN = 300;

const shown = new Set(["entra", "graph", "dataverse"]);
const entries = new Map();
let mark = 0;

drawTools();
follow();

function drawTools() {
  const boxes = SERVICES.map((service) => element("label", {},
    element("input", {
      type: "checkbox", checked: shown.has(service),
      onchange: ({ target }) => (target.checked ? shown.add(service) : shown.delete(service), draw()),
    }), ` ${service}`));
  const fromHere = element("button.button", { type: "button", onclick: () => (mark = Math.max(0, ...entries.keys()), draw()) }, "Start from here");
  document.getElementById("tools").append(...boxes, fromHere);
}

async function follow() {
  for (;;) {
    try {
      await readOn();
    } catch (error) {
      document.getElementById("entries").replaceChildren(element("tr", {}, element("td", { colspan: "5" }, `The journal cannot be read: ${error.message}`)));
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

// Entries that were still running are asked for again, because their end and effects come later.
async function readOn() {
  const running = [...entries.values()].filter(({ ended }) => ended === null).map(({ seq }) => seq);
  const after = Math.min(...running, Math.max(0, ...entries.keys()) + 1) - 1;
  const response = await fetch(`/sandbox/journal?after=${after}`);
  if (!response.ok) {
    throw new Error(`the sandbox answers ${response.status}`);
  }
  const { entries: news } = await response.json();
  news.filter(({ path }) => !path.startsWith("/sandbox/journal")).forEach((entry) => entries.set(entry.seq, entry));
  if (news.length) {
    draw();
  }
}

function draw() {
  const rows = [...entries.values()]
    .filter(({ seq, service }) => seq > mark && shown.has(service))
    .sort((one, other) => other.seq - one.seq)
    .slice(0, SHOWN);
  document.getElementById("entries").replaceChildren(
    ...(rows.length ? rows.map(row) : [element("tr", {}, element("td", { colspan: "5" }, "Nothing yet."))]),
  );
}

function row({ seq, parent, service, method, path, query, caller, status, at, effects }) {
  const address = query ? `${path}?${query}` : path;
  const isBad = status >= 400;
  return element(`tr${parent ? ".part" : ""}`, {},
    element("td.number", {}, String(seq)),
    element("td.number", {}, new Date(at).toLocaleTimeString(undefined, { hour12: false })),
    element("td", {},
      element(`span.badge.badge--${service}`, {}, service), " ",
      element("code", { title: address }, `${method} ${readable(address)}`),
      effects.length ? element("ul.effects", {}, effects.map(effect)) : null),
    element("td.number", { title: caller }, caller.replace(/@.*$/, "")),
    element("td", {}, element(`span.badge${isBad ? ".badge--bad" : ""}`, {}, status === null ? "…" : String(status))));
}

function effect({ kind, target, detail }) {
  const facts = detail && Object.keys(detail).length ? ` ${JSON.stringify(detail)}` : "";
  return element("li", { title: target }, element("strong", {}, kind), ` ${shortened(target)}${facts}`);
}

function readable(address) {
  try {
    return shortened(decodeURIComponent(address));
  } catch {
    return shortened(address);
  }
}

// Exchange's ids are long, and differ only at the end.
function shortened(text) {
  return text.replace(/AA[\w-]{40,}=*/g, (id) => `AA…${id.slice(-12)}`);
}
