// A button that opens a menu: arrow keys walk, Escape closes, a click elsewhere closes.

import { element } from "./dom.js";

let open = null;

/** `items()` gives the entries when the menu opens: `{label, act, checked?, leading?, header?, disabled?}`. */
export function menuButton(button, items) {
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => (open?.button === button ? closeMenu() : openMenu(button, items())));
  button.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      openMenu(button, items());
    }
  });
  return button;
}

export function closeMenu({ returnFocus = false } = {}) {
  if (!open) {
    return;
  }
  const { button, menu } = open;
  open = null;
  menu.remove();
  button.setAttribute("aria-expanded", "false");
  if (returnFocus) {
    button.focus();
  }
}

function openMenu(button, entries) {
  closeMenu();
  const menu = element("div.menu", { role: "menu", "aria-label": button.getAttribute("aria-label") ?? button.textContent });
  menu.append(...entries.map(entryNode));
  document.body.append(menu);
  place(menu, button);
  open = { button, menu };
  button.setAttribute("aria-expanded", "true");
  menu.addEventListener("keydown", (event) => steer(event, menu));
  menu.querySelector("button:not([disabled])")?.focus();
}

function entryNode({ label, act, checked, leading, header, disabled }) {
  if (header) {
    return element("div.menu__header", { role: "presentation" }, label);
  }
  const isChoice = checked !== undefined;
  const run = () => {
    closeMenu({ returnFocus: true });
    act();
  };
  return element(
    "button.menu__item",
    { type: "button", role: isChoice ? "menuitemcheckbox" : "menuitem", "aria-checked": isChoice ? String(checked) : null, disabled, onclick: run, tabindex: "-1" },
    element("span.menu__check", { "aria-hidden": "true" }, checked ? "✓" : ""),
    leading ?? null,
    element("span.menu__label", {}, label),
  );
}

function place(menu, button) {
  const { left, right, bottom } = button.getBoundingClientRect();
  const width = menu.offsetWidth;
  const x = left + width > window.innerWidth - 8 ? right - width : left;
  menu.style.left = `${Math.max(8, x)}px`;
  menu.style.top = `${bottom + 4}px`;
  menu.style.maxHeight = `${window.innerHeight - bottom - 16}px`;
}

function steer(event, menu) {
  const items = [...menu.querySelectorAll("button:not([disabled])")];
  const at = items.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    items[(at + step + items.length) % items.length]?.focus();
  } else if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    items.at(event.key === "Home" ? 0 : -1)?.focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    closeMenu({ returnFocus: true });
  }
}

document.addEventListener("pointerdown", (event) => {
  if (open && !open.menu.contains(event.target) && !open.button.contains(event.target)) {
    closeMenu();
  }
});
window.addEventListener("blur", () => closeMenu());
window.addEventListener("resize", () => closeMenu());
