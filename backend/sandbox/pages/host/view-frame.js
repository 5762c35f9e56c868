// What stands around the mail: the sandbox's banner, the bar with the person, the ribbon and the notices.

import { avatar, element, icon, refill } from "./dom.js";
import { menuButton } from "./menu.js";
import { folderName } from "./text.js";

export function renderBanner(container, outlook) {
  const { text, config } = outlook;
  refill(
    container,
    element("strong.banner__word", {}, text.sandbox),
    element("span.banner__text", {}, text.sandboxSays(config.company)),
    element("nav.banner__links", { "aria-label": text.sandbox },
      element("a", { href: "/host/journal", target: "journal" }, text.journal),
      element("a", { href: "/host/records", target: "records" }, text.records)),
  );
}

/** `acts`: `toggleTheme`, `setLanguage`, `switchPerson`. */
export function renderTopBar(container, outlook, acts) {
  const { text, person, config, language } = outlook;
  const languages = element("div.languages", { role: "group", "aria-label": text.language }, ["en", "de"].map((code) =>
    element(`button.bar-button${code === language ? ".bar-button--on" : ""}`,
      { type: "button", dataset: { key: `language ${code}` }, "aria-pressed": String(code === language), lang: code, onclick: () => acts.setLanguage(code) },
      code.toUpperCase())));
  const theme = element("button.bar-button",
    { type: "button", dataset: { key: "theme" }, "aria-pressed": String(outlook.isDark), "aria-label": text.theme, title: text.theme, onclick: acts.toggleTheme },
    icon(outlook.isDark ? "sun" : "moon"));
  const account = menuButton(
    element("button.account", { type: "button", dataset: { key: "account" }, "aria-label": text.account(person.name), title: person.upn },
      element("span.account__name", {}, person.name), avatar(person.name), icon("chevron", 16)),
    () => [
      { header: true, label: text.switchPerson },
      ...config.people.map((other) => ({
        label: `${other.name} · ${other.title}${other.hasLicence ? "" : ` · ${text.noLicence}`}`,
        leading: avatar(other.name, "small"),
        checked: other.upn === person.upn,
        act: () => acts.switchPerson(other),
      })),
    ],
  );
  refill(container, element("h1.bar__title", {}, icon("mail", 22), element("span", {}, config.company)), languages, theme, account);
}

/** `run(button)` is called for the add-in's buttons. */
export function renderRibbon(container, outlook, run) {
  const { text, message } = outlook;
  container.setAttribute("aria-label", text.commands);
  const none = !message || outlook.isReadOnly;
  refill(
    container,
    command("delete", "deleteditems", text.delete, { disabled: none, onclick: () => outlook.delete() }),
    menuButton(command("move", "move", text.move, { disabled: none, chevron: true }), () => moveEntries(outlook)),
    menuButton(command("categorize", "tag", text.categorize, { disabled: none, chevron: true }), () => categoryEntries(outlook)),
    command("read", message?.isRead ? "mail" : "mailOpen", message?.isRead ? text.markUnread : text.markRead,
      { disabled: none, onclick: () => outlook.toggleRead() }),
    outlook.manifest ? addinGroup(outlook, run) : null,
  );
}

function command(key, picture, label, { disabled, onclick, chevron, extra, tip } = {}) {
  return element("button.command",
    { type: "button", dataset: { key: `command ${key}`, command: key }, disabled, onclick, title: tip ?? label, ...extra },
    typeof picture === "string" ? icon(picture) : picture,
    element("span.command__label", {}, label),
    chevron ? icon("chevron", 14) : null);
}

function addinGroup(outlook, run) {
  const { manifest, text } = outlook;
  if (!outlook.hasAddin) {
    return element("span.ribbon__hint", {}, icon("info", 16), text.notHere(manifest.name));
  }
  const hint = manifest.isDefault && outlook.manifestProblem
    ? element("span.ribbon__warning", { title: text.manifestByDefault(outlook.manifestProblem), role: "img", "aria-label": text.manifestByDefault(outlook.manifestProblem) }, icon("warning", 16))
    : null;
  return element("div.ribbon__addin", { role: "group", "aria-label": manifest.name },
    manifest.buttons.map((button) => addinButton(outlook, button, run)), hint);
}

function addinButton(outlook, button, run) {
  const isPane = button.action.kind === "pane";
  const isRunning = outlook.running === button;
  const isOpen = isPane && outlook.pane.isOpen;
  const picture = isRunning ? icon("spinner") : button.icon ? pictureOf(button.icon) : icon(isPane ? "addin" : "check");
  return command(`addin-${button.id}`, picture, button.label, {
    disabled: !(outlook.message || (outlook.selected.length && button.action.canMultiSelect)) || Boolean(outlook.running),
    onclick: () => run(button),
    tip: button.tip || button.label,
    extra: {
      "aria-pressed": isPane ? String(isOpen) : null,
      "data-action": button.action.name ?? "pane",
    },
  });
}

// The add-in's own picture; where it cannot be loaded, ours.
function pictureOf(address) {
  const picture = element("img", { src: address, alt: "", width: 20, height: 20 });
  picture.addEventListener("error", () => picture.replaceWith(icon("addin")), { once: true });
  return picture;
}

function moveEntries(outlook) {
  const { text, mailbox, folder } = outlook;
  const targets = outlook.folders.get(mailbox.upn).filter(({ id }) => id !== folder.id);
  return [
    { header: true, label: text.moveTo },
    ...targets.map((target) => ({
      label: folderName(text, target),
      leading: icon(target.wellKnown ?? "folder", 18),
      act: () => outlook.moveTo(target),
    })),
  ];
}

function categoryEntries(outlook) {
  const { text, message, masterCategories } = outlook;
  const strangers = message.categories.filter((name) => outlook.category(name).isUnknown);
  const entry = (category, label = category.name) => ({
    label,
    leading: swatch(category.hex),
    checked: message.categories.some((name) => name.toLowerCase() === category.name.toLowerCase()),
    act: () => outlook.toggleCategory(category.name),
  });
  const entries = [
    ...masterCategories.map((category) => entry(category)),
    ...strangers.map((name) => entry(outlook.category(name), `${name} (${text.unknownCategory})`)),
  ];
  return entries.length ? entries : [{ label: text.noCategories, disabled: true, act() {} }];
}

function swatch(hex) {
  const node = element("span.swatch", { "aria-hidden": "true" });
  node.style.setProperty("--tone", hex);
  return node;
}

const NOTICE_LOOK = [
  { name: "info", picture: "info" },
  { name: "progress", picture: "spinner" },
  { name: "error", picture: "warning" },
  { name: "info", picture: "info" },
];

/** Bars above the mail; errors interrupt a screen reader, the rest waits for its turn. */
export function renderNotices(container, outlook) {
  const { message, manifest, text } = outlook;
  refill(container, outlook.notices.of(message?.restId).map(({ key, type, message: sentence }) => {
    const { name, picture } = NOTICE_LOOK[type] ?? NOTICE_LOOK[0];
    return element(`div.notice.notice--${name}`, { role: name === "error" ? "alert" : "status", dataset: { notice: key } },
      icon(picture, 18),
      element("span.notice__app", {}, manifest?.name ?? ""),
      element("span.notice__text", {}, sentence),
      element("button.notice__close", { type: "button", "aria-label": text.dismiss, onclick: () => outlook.notices.remove(message.restId, key) }, icon("close", 14)));
  }));
}

export function renderToast(container, outlook) {
  container.hidden = !outlook.toast;
  refill(container, outlook.toast
    ? [element("span", {}, outlook.toast),
       element("button.notice__close", { type: "button", "aria-label": outlook.text.dismiss, onclick: () => outlook.say(null) }, icon("close", 14))]
    : []);
}
