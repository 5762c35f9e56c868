// Folders, message list and reading pane.

import { avatar, chip, element, icon, refill } from "./dom.js";
import { daysBetween, fileSize, folderName, longTime, shortTime } from "./text.js";

/** The folders of every mailbox that the person can open. */
export function renderFolders(container, outlook) {
  container.setAttribute("aria-label", outlook.text.folders);
  refill(container, outlook.mailboxes.map((mailbox) => element(
    "section.mailbox",
    { "aria-label": mailbox.name },
    element("h2.mailbox__name", { title: mailbox.upn },
      mailbox.right === "owner" ? null : icon("people", 16), mailbox.name),
    element("ul.folders", {}, (outlook.folders.get(mailbox.upn) ?? []).map((folder) => folderRow(outlook, mailbox, folder))),
  )));
}

function folderRow(outlook, mailbox, folder) {
  const isOpen = outlook.mailbox === mailbox && outlook.folder?.id === folder.id;
  const name = folderName(outlook.text, folder);
  const row = element("li", {}, element(
    `button.folder${isOpen ? ".folder--open" : ""}`,
    {
      type: "button",
      dataset: { key: `folder ${folder.id}` },
      "aria-current": isOpen ? "true" : null,
      "aria-label": folder.unread ? `${name}, ${folder.unread} ${outlook.text.unread}` : name,
      onclick: () => outlook.openFolder(mailbox, folder),
    },
    icon(folder.wellKnown ?? "folder", 18),
    element("span.folder__name", {}, name),
    folder.unread ? element("span.folder__count", {}, String(folder.unread)) : null,
  ));
  row.style.setProperty("--depth", folder.depth);
  return row;
}

/** The list: newest first, in groups by day. Up and Down walk it. */
export function renderList(container, outlook) {
  const { text, folder } = outlook;
  const title = element("h2.list__title", {}, folder ? folderName(text, folder) : "");
  if (!outlook.messages.length) {
    refill(container, title, emptyState("inbox", text.noMessages, text.noMessagesHint));
    return;
  }
  const list = element("div.list__rows", { role: "listbox", "aria-label": text.messages, "aria-multiselectable": "true", onkeydown: (event) => walk(event, outlook) });
  let group = null;
  for (const message of outlook.messages) {
    const name = dayGroup(message.received, text);
    if (name !== group) {
      list.append(element("div.list__group", { role: "presentation" }, name));
      group = name;
    }
    list.append(messageRow(outlook, message));
  }
  refill(container, title, list);
}

function messageRow(outlook, message) {
  const { text } = outlook;
  const isOpen = outlook.message?.restId === message.restId || outlook.selected.includes(message.restId);
  const who = message.from?.name || message.from?.address || text.nobody;
  const classes = `${message.isRead ? "" : ".row--unread"}${isOpen ? ".row--open" : ""}`;
  return element(
    `div.row${classes}`,
    {
      role: "option",
      tabindex: isOpen || (!outlook.message && !outlook.selected.length && message === outlook.messages[0]) ? "0" : "-1",
      "aria-selected": String(isOpen),
      dataset: { key: message.restId },
      onclick: (event) => choose(event, outlook, message.restId),
    },
    avatar(who),
    element("div.row__text", {},
      element("div.row__line", {},
        element("span.row__sender", {}, who),
        message.isRead ? null : element("span.visually-hidden", {}, text.unread),
        message.hasAttachments ? icon("clip", 14) : null,
        element("time.row__time", { datetime: message.received }, shortTime(message.received, outlook.locale))),
      element("div.row__subject", {}, message.subject || text.noSubject),
      element("div.row__preview", {}, message.preview),
      message.categories.length
        ? element("div.chips.chips--small", {}, message.categories.map((name) => chip(outlook.category(name))))
        : null),
  );
}

// With Ctrl (Cmd) one more, with Shift all up to here, else this one alone.
function choose(event, outlook, id) {
  if (event.ctrlKey || event.metaKey) {
    return outlook.toggleSelected(id);
  }
  return event.shiftKey ? outlook.extendSelection(id) : outlook.select(id);
}

function walk(event, outlook) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = outlook.messages.findIndex(({ restId }) => restId === event.target.dataset.key);
  if (step && at >= 0) {
    event.preventDefault();
    const next = outlook.messages[at + step];
    if (next) {
      event.currentTarget.querySelector(`[data-key="${CSS.escape(next.restId)}"]`).focus();
      event.shiftKey ? outlook.extendSelection(next.restId) : outlook.select(next.restId);
    }
  } else if ((event.key === "Enter" || event.key === " ") && at >= 0) {
    event.preventDefault();
    choose(event, outlook, event.target.dataset.key);
  } else if (event.key === "Delete" && outlook.message && !outlook.isReadOnly) {
    outlook.delete();
  }
}

function dayGroup(received, text) {
  const days = daysBetween(new Date(received), new Date());
  return days <= 0 ? text.today : days === 1 ? text.yesterday : text.older;
}

/** Everything about the open message but its body, which has its own frame (see `MailBody`). */
export function renderHead(container, outlook) {
  const { message, selected, text } = outlook;
  if (selected.length) {
    refill(container, emptyState("mail", text.selected(selected.length), text.selectedHint));
    return;
  }
  if (!message) {
    refill(container, emptyState("mail", text.choose, text.chooseHint));
    return;
  }
  const { from } = message;
  refill(
    container,
    element("h2.mail__subject", {}, message.subject || text.noSubject),
    element("div.chips", { "aria-label": text.categorize, role: "group" }, message.categories.map((name) =>
      chip(outlook.category(name), outlook.isReadOnly ? null : () => outlook.toggleCategory(name), text.removeCategory(name)))),
    element("div.mail__from", {},
      avatar(from?.name || from?.address || "?", "large"),
      element("div.mail__people", {},
        element("div.mail__sender", {}, from ? party(from) : text.nobody),
        recipients(text.to, message.to),
        message.cc.length ? recipients(text.cc, message.cc) : null),
      element("time.mail__time", { datetime: message.sent }, longTime(message.sent, outlook.locale))),
    attachments(outlook, message),
  );
}

function party({ name, address }) {
  return name && name !== address ? [element("span", {}, name), element("span.mail__address", {}, `<${address}>`)] : address;
}

function recipients(label, people) {
  return element("div.mail__recipients", {},
    element("span.mail__label", {}, `${label}: `),
    people.map(({ name, address }) => name || address).join("; ") || "–");
}

function attachments(outlook, message) {
  const files = message.attachments.filter(({ isInline }) => !isInline);
  return files.length
    ? element("ul.attachments", { "aria-label": outlook.text.attachments }, files.map(({ name, size }) =>
        element("li.attachment", {}, icon("clip", 18),
          element("span.attachment__name", { title: name }, name),
          element("span.attachment__size", {}, fileSize(size, outlook.locale)))))
    : null;
}

function emptyState(picture, title, hint) {
  return element("div.empty", {}, icon(picture, 48), element("p.empty__title", {}, title), element("p", {}, hint));
}

/**
 * The body, in a frame without scripts that the sandbox serves under its own content security policy. The
 * frame has this page's origin only so that its height can be measured.
 */
export class MailBody {
  constructor(container) {
    this.frame = element("iframe.mail__body", { sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox" });
    this.frame.addEventListener("load", () => this.#fit());
    container.append(this.frame);
  }

  render({ message, mailbox, isDark, text }) {
    this.frame.hidden = !message;
    this.frame.title = text.readingPane;
    const theme = isDark ? "dark" : "light";
    const address = message
      ? `/host/body/${encodeURIComponent(mailbox.upn)}/${encodeURIComponent(message.restId)}?theme=${theme}`
      : null;
    const shown = message && `${message.restId} ${theme}`;
    if (shown !== this.shown) {
      this.shown = shown;
      this.frame.src = address ?? "about:blank";
    }
  }

  #fit() {
    const body = this.frame.contentDocument?.documentElement;
    this.resizing?.disconnect();
    if (body) {
      const fit = () => { this.frame.style.height = `${body.offsetHeight + 8}px`; };
      this.resizing = new ResizeObserver(fit);
      this.resizing.observe(body);
      fit();
    }
  }
}
