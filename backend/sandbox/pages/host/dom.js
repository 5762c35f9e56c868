// Small things for building the page.

/** `element("button.primary", { "aria-label": "…", onclick }, "text", child…)`; text is never read as HTML. */
export function element(selector, properties = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = document.createElement(tag);
  if (classes.length) {
    node.className = classes.join(" ");
  }
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (name === "dataset") {
      Object.assign(node.dataset, value);
    } else {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SHAPES = {
  inbox: "M3 11l2-7h10l2 7v5H3z M3 11h4a3 3 0 0 0 6 0h4",
  sentitems: "M3 10l14-6-5 13-3-5z M9 12l4-4",
  drafts: "M4 16l1-4 8-8 3 3-8 8z M11 6l3 3",
  deleteditems: "M4 6h12 M8 6V4h4v2 M6 6l1 10h6l1-10 M9 9v4 M11 9v4",
  junkemail: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14 M5 5l10 10",
  archive: "M3 4h14v4H3z M4 8v8h12V8 M8 11h4",
  outbox: "M3 11l2-7h10l2 7v5H3z M10 3v7 M7 6l3-3 3 3",
  folder: "M3 5h5l2 2h7v9H3z",
  tag: "M4 4h6l6 6-6 6-6-6z M7.2 7.2h.1",
  move: "M3 5h5l2 2h7v3 M3 5v11h6 M12 14h6 M15.5 11.5L18 14l-2.5 2.5",
  mail: "M3 5h14v10H3z M3 5.5l7 5 7-5",
  mailOpen: "M3 8l7-5 7 5v8H3z M3 8.5l7 5 7-5",
  pin: "M7 3h6l-1 5 3 3H5l3-3z M10 11v6",
  close: "M5 5l10 10 M15 5L5 15",
  sun: "M10 7a3 3 0 1 0 0 6a3 3 0 0 0 0-6 M10 2v2 M10 16v2 M2 10h2 M16 10h2 M4.3 4.3l1.4 1.4 M14.3 14.3l1.4 1.4 M4.3 15.7l1.4-1.4 M14.3 5.7l1.4-1.4",
  moon: "M16 12.5A7 7 0 0 1 7.5 4 7 7 0 1 0 16 12.5z",
  chevron: "M6 8l4 4 4-4",
  clip: "M13.5 8.5l-5 5a2 2 0 0 1-3-3l6-6a3 3 0 0 1 4.2 4.2l-6.2 6.2",
  info: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14 M10 9v5 M10 6.2v.1",
  warning: "M10 3l7.5 13h-15z M10 8v4 M10 14v.1",
  people: "M7.5 9.5a2.7 2.7 0 1 0 0-5.4a2.7 2.7 0 0 0 0 5.4 M2.5 16c0-6 10-6 10 0z M13 9.5a2.2 2.2 0 1 0-.5-4.3 M14.5 16H18c0-3-1.8-4.5-4-4.5",
  addin: "M4 4h5v5H4z M11 4h5v5h-5z M4 11h5v5H4z M13.5 11v5 M11 13.5h5",
  check: "M4 10.5l4 4 8-9",
  spinner: "M10 3a7 7 0 1 1-7 7",
};

/** A line drawing; says nothing to screen readers. */
export function icon(name, size = 20) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const attributes = { viewBox: "0 0 20 20", width: size, height: size, "aria-hidden": "true", class: `icon icon--${name}` };
  Object.entries(attributes).forEach(([key, value]) => svg.setAttribute(key, value));
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name] ?? SHAPES.folder);
  svg.append(path);
  return svg;
}

/** Two letters on a colour that always is the same for the same name. */
export function avatar(name, size = "medium") {
  const words = name.replace(/\(.*?\)/g, "").split(/[\s.@]+/).filter(Boolean);
  const letters = (words.length > 1 ? words[0][0] + words.at(-1)[0] : (words[0] ?? "?").slice(0, 2)).toUpperCase();
  const tone = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  const node = element(`span.avatar.avatar--${size}`, { "aria-hidden": "true" }, letters);
  node.style.setProperty("--tone", tone);
  return node;
}

/** A category as Outlook shows it. `category`: `{name, hex}`. */
export function chip({ name, hex }, onRemove, removeLabel) {
  const node = element("span.chip", { title: name }, element("span.chip__name", {}, name));
  node.style.setProperty("--tone", hex);
  if (onRemove) {
    node.append(element("button.chip__remove", { type: "button", "aria-label": removeLabel, onclick: onRemove }, icon("close", 12)));
  }
  return node;
}

/** Replaces what is inside, and keeps the focus on the element with the same `data-key`. */
export function refill(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  container.replaceChildren(...children.flat(Infinity).filter(Boolean));
  if (focused) {
    container.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}
