// The page's state, and what a person can do in it. Views read the state and call the acts; only this file
// changes it, and every change ends in one `changed` call.
//
// All writing goes to the mailbox as the person would do it in Outlook, never through the program under
// trial. A change made by anybody else arrives through the mailbox's version and is shown at once.

import { Notices } from "./notices.js";
import { LOCALES, textIn } from "./text.js";

export class Outlook {
  /** @param {import("./exchange.js").ExchangeClient} exchange @param config from `/host/config` */
  constructor(exchange, config, address) {
    this.exchange = exchange;
    this.config = config;
    this.language = address.language;
    this.manifest = null;
    this.manifestProblem = null;
    this.person = personNamed(config.people, address.person);
    this.mailboxes = [];
    this.mailbox = null;
    this.folders = new Map();
    this.folder = null;
    this.messages = [];
    this.message = null;
    /** Ids of the selected messages, when they are several; no message is open then. */
    this.selected = [];
    this.masterCategories = [];
    this.pane = { isOpen: address.pane, isPinned: address.pinned, button: null };
    /** The add-in's button whose function command runs. */
    this.running = null;
    /** Id of the message that is being deleted or moved by the person. */
    this.leaving = null;
    this.toast = null;
    this.theme = null;
    this.notices = new Notices(() => this.changed());
    this.listeners = [];
    this.itemListeners = [];
    this.watch = null;
  }

  // What others ask.

  get text() {
    return textIn(this.language);
  }

  get locale() {
    return LOCALES[this.language];
  }

  get isDark() {
    return this.theme?.isDark ?? false;
  }

  get isShared() {
    return Boolean(this.mailbox) && this.mailbox.upn !== this.person.upn;
  }

  /** Whether this mailbox may only be read by this person. */
  get isReadOnly() {
    return this.mailbox?.right === "reviewer";
  }

  /** Whether the add-in is offered here. */
  get hasAddin() {
    return Boolean(this.manifest) && (!this.isShared || this.manifest.sharedFolders);
  }

  /** Name and colour of a category; a name that the master list does not know has Outlook's grey. */
  category(name) {
    const known = this.masterCategories.find((category) => category.name.toLowerCase() === name.toLowerCase());
    return known ?? { name, color: "none", hex: "#8a8a8a", isUnknown: true };
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Called with the reason (`selected`, `several`, `person`) when another item, several or none are open. */
  onItem(listener) {
    this.itemListeners.push(listener);
  }

  changed() {
    this.listeners.forEach((listener) => listener());
  }

  // Opening things.

  /** Opens person, mailbox, folder and message as the address says. */
  async start({ mailbox, folder, message }) {
    this.mailboxes = await this.exchange.mailboxesOf(this.person);
    await this.openMailbox(mailboxNamed(this.mailboxes, mailbox) ?? this.#ownMailbox(), folder, message);
  }

  async switchPerson(person) {
    this.person = person;
    this.pane.isOpen = false;
    this.mailboxes = await this.exchange.mailboxesOf(person);
    await this.openMailbox(this.#ownMailbox());
    this.itemListeners.forEach((listener) => listener("person"));
  }

  #ownMailbox() {
    return this.mailboxes.find(({ upn }) => upn === this.person.upn) ?? this.mailboxes[0];
  }

  async openMailbox(mailbox, folderName = "inbox", messageId = null) {
    this.mailbox = mailbox;
    await Promise.all(this.mailboxes.map((each) => this.#loadFolders(each)));
    this.masterCategories = await this.exchange.masterCategories(mailbox.upn);
    await this.openFolder(mailbox, this.#folderNamed(folderName), messageId);
    this.#watchMailbox();
  }

  #folderNamed(name) {
    const folders = this.folders.get(this.mailbox.upn);
    return folders.find(({ id, wellKnown }) => id === name || wellKnown === name) ?? folders[0];
  }

  async #loadFolders(mailbox) {
    this.folders.set(mailbox.upn, await this.exchange.folders(mailbox));
  }

  async openFolder(mailbox, folder, messageId = null) {
    if (mailbox !== this.mailbox) {
      return this.openMailbox(mailbox, folder.id, messageId);
    }
    this.folder = folder;
    this.messages = await this.exchange.messages(mailbox.upn, folder.id);
    await this.select(messageId === "none" ? null : messageId ?? this.messages[0]?.restId ?? null);
  }

  /** The messages that are selected: several, the open one, or none. */
  selectedMessages() {
    return this.selected.length
      ? this.messages.filter(({ restId }) => this.selected.includes(restId))
      : this.message ? [this.message] : [];
  }

  /** Selects a message beside what is selected, or takes it out of the selection. */
  toggleSelected(id) {
    const now = this.selectedMessages().map(({ restId }) => restId);
    return this.selectSeveral(now.includes(id) ? now.filter((one) => one !== id) : [...now, id]);
  }

  /** Selects all from what was selected first to this one. */
  extendSelection(id) {
    const at = (wanted) => this.messages.findIndex(({ restId }) => restId === wanted);
    const from = this.selectedFrom ?? this.message?.restId ?? id;
    const [first, last] = [at(from), at(id)].sort((one, other) => one - other);
    return this.selectSeveral(this.messages.slice(first, last + 1).map(({ restId }) => restId), from);
  }

  /** As Outlook on the web: with several messages selected none is open. */
  async selectSeveral(ids, from = null) {
    if (ids.length < 2) {
      return this.select(ids[0] ?? null);
    }
    this.selectedFrom = from ?? this.selectedFrom ?? this.message?.restId ?? ids[0];
    this.selected = ids;
    if (this.message) {
      this.notices.left(this.message.restId);
      this.message = null;
    }
    this.changed();
    this.itemListeners.forEach((listener) => listener("several"));
  }

  /** Opens a message, or none. */
  async select(id) {
    const wereSeveral = this.selected.length > 0;
    this.selected = [];
    this.selectedFrom = null;
    const before = this.message?.restId;
    const message = id ? await this.exchange.message(this.mailbox.upn, id).catch(() => null) : null;
    if (before && before !== message?.restId) {
      this.notices.left(before);
    }
    this.message = message && (await this.#read(message));
    this.changed();
    if (before !== message?.restId || wereSeveral) {
      this.itemListeners.forEach((listener) => listener("selected"));
    }
  }

  // Outlook on the web marks a message as read as soon as it is opened.
  async #read(message) {
    if (message.isRead || this.isReadOnly) {
      return message;
    }
    await this.exchange.markRead(this.mailbox.upn, message.restId, true).catch(() => null);
    this.folder.unread = Math.max(0, this.folder.unread - 1);
    this.messages = this.messages.map((row) => (row.restId === message.restId ? { ...row, isRead: true } : row));
    return { ...message, isRead: true };
  }

  // What a person does with the open message.

  toggleCategory(name) {
    const { categories } = this.message;
    const isSet = categories.some((has) => has.toLowerCase() === name.toLowerCase());
    const next = isSet ? categories.filter((has) => has.toLowerCase() !== name.toLowerCase()) : [...categories, name];
    return this.#act(() => this.changeCategories(next), this.text.categorize);
  }

  /** Sets the categories of the open message; rejects when the mailbox refuses. */
  async changeCategories(categories) {
    const { restId, categories: before } = this.message;
    await this.exchange.changeCategories(this.mailbox.upn, restId, {
      put: categories.filter((name) => !before.includes(name)),
      take: before.filter((name) => !categories.includes(name)),
    });
    if (this.message?.restId === restId) {
      this.message = { ...this.message, categories };
      this.changed();
    }
  }

  async masterCategoriesChanged() {
    this.masterCategories = await this.exchange.masterCategories(this.mailbox.upn);
    this.changed();
  }

  delete() {
    return this.#leaveWith((upn, id) => this.exchange.delete(upn, id), this.text.delete);
  }

  moveTo(folder) {
    return this.#leaveWith((upn, id) => this.exchange.move(upn, id, folder.id), this.text.move);
  }

  // The message leaves the folder: Outlook opens the one below it.
  #leaveWith(act, what) {
    const { restId } = this.message;
    const at = this.messages.findIndex((message) => message.restId === restId);
    const next = this.messages[at + 1] ?? this.messages[at - 1];
    return this.#act(async () => {
      this.leaving = restId;
      await act(this.mailbox.upn, restId);
      this.messages = this.messages.filter((message) => message.restId !== restId);
      await this.select(next?.restId ?? null);
    }, what).finally(() => (this.leaving = null));
  }

  toggleRead() {
    const { restId, isRead } = this.message;
    return this.#act(() => this.exchange.markRead(this.mailbox.upn, restId, !isRead), isRead ? this.text.markUnread : this.text.markRead);
  }

  // What an act changed is seen when the mailbox tells of it; an act that fails is told to the person.
  async #act(act, what) {
    try {
      await act();
    } catch (error) {
      this.say(`${this.text.actFailed(what ?? this.text.markRead)} ${error.message}`);
    }
  }

  say(sentence) {
    this.toast = sentence;
    this.changed();
  }

  // Pane, theme, language.

  openPane(button) {
    this.pane = { ...this.pane, isOpen: true, button };
    this.changed();
  }

  closePane() {
    this.pane = { ...this.pane, isOpen: false };
    this.changed();
  }

  togglePin() {
    this.pane = { ...this.pane, isPinned: !this.pane.isPinned };
    this.changed();
  }

  // Keeping up with the mailbox.

  /** Reads folder and open message again; the open item stays open unless it is gone. */
  async refresh() {
    const { mailbox, folder } = this;
    const [messages, categories] = await Promise.all([
      this.exchange.messages(mailbox.upn, folder.id),
      this.exchange.masterCategories(mailbox.upn),
      this.#loadFolders(mailbox),
    ]);
    if (mailbox !== this.mailbox || folder.id !== this.folder.id) {
      return;
    }
    this.messages = messages;
    // What left the folder is selected no more.
    const isHere = (id) => messages.some(({ restId }) => restId === id);
    if (this.selected.some((id) => !isHere(id))) {
      await this.selectSeveral(this.selected.filter(isHere));
    }
    this.masterCategories = categories;
    this.folder = this.folders.get(mailbox.upn).find(({ id }) => id === folder.id) ?? this.folder;
    await this.#refreshMessage();
    this.changed();
  }

  async #refreshMessage() {
    const open = this.message?.restId;
    if (!open || open === this.leaving) {
      return;
    }
    // Deleted, or moved: a moved message has another id.
    const message = await this.exchange.message(this.mailbox.upn, open).catch(() => null);
    if (this.message?.restId !== open) {
      return;
    }
    if (message) {
      this.message = message;
    } else {
      await this.select(null);
    }
  }

  #watchMailbox() {
    this.watch?.abort();
    this.watch = new AbortController();
    const { signal } = this.watch;
    this.exchange.watch(this.mailbox.upn, signal, () => this.refresh().catch(() => this.say(this.text.mailboxUnreachable)));
  }
}

/** `ada`, `Ada Brandt` or the address. */
function personNamed(people, wish) {
  const wanted = (wish ?? "").toLowerCase();
  return people.find(({ upn, name }) => [upn, upn.split(".")[0], name.toLowerCase()].includes(wanted)) ?? people[0];
}

/** The address, or what stands before its `@`. */
function mailboxNamed(mailboxes, wish) {
  return wish ? mailboxes.find(({ upn }) => upn === wish || upn.split("@")[0] === wish) : undefined;
}
