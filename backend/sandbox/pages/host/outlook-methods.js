// What Outlook does when the add-in calls it: the methods behind Office.js, by dispatch id.
//
// A method works on the item that was open when it was called; if another is open by the time it is done,
// Outlook says so (9030) instead of answering for the wrong mail. More than three calls at once are refused,
// as Outlook on the web does. What an add-in keeps (settings, custom properties) lives as long as the
// browser's tab.

import { itemDictionary, toEwsId, toRestId } from "./office-item.js";

/** Error codes of Office.js. */
const CODE = {
  notSupported: 5000,
  tooManyCalls: 5100,
  duplicateNotification: 9023,
  notificationNotFound: 9024,
  tooManyNotifications: 9025,
  itemChanged: 9030,
  accessDenied: 9038,
  internal: 9042,
  invalidCategory: 9044,
  duplicateCategory: 9045,
  genericToken: "GenericTokenError",
};
const CALLS_AT_ONCE = 3;
const NOTIFICATIONS_PER_ITEM = 5;
const NOTIFICATION_TYPES = ["informationalMessage", "progressIndicator", "errorMessage", "insightMessage"];
/** Of a delegate: read 1, write 2, delete own 4, delete all 8, edit own 16, edit all 32. */
const DELEGATE_PERMISSIONS = { reviewer: 1, editor: 63 };

class Refused extends Error {
  constructor(code) {
    super(`Office.js error ${code}`);
    this.code = code;
  }
}

export class OutlookMethods {
  /**
   * @param {object} outlook the page's state and acts: `person`, `manifest`, `mailbox`, `message`,
   *   `locale`, `isDark`, `changeCategories`, `masterCategories`, `notices`, `exchange`, `closePane`
   * @param {import("./call-log.js").CallLog} log
   * @param {import("./nested-app-auth.js").NestedAppAuth} broker
   */
  constructor(outlook, log, broker) {
    this.outlook = outlook;
    this.log = log;
    this.broker = broker;
    this.running = new WeakMap();
    this.methods = new Map([
      [2, () => ({ wasSuccessful: false, errorMessage: CODE.genericToken })],
      [3, () => this.#loadCustomProperties()],
      [4, ({ customProperties }) => this.#saveCustomProperties(customProperties)],
      [12, () => ({ wasSuccessful: false, errorMessage: CODE.genericToken })],
      [14, () => done("html")],
      [33, (notice) => this.#addNotification(notice)],
      [34, () => done(this.#notices().map(asShown))],
      [35, (notice) => this.#replaceNotification(notice)],
      [36, ({ key }) => this.#removeNotification(key)],
      [37, ({ coercionType }) => this.#body(coercionType)],
      [42, () => (this.outlook.closePane(), done())],
      [99, () => done("")],
      [108, () => this.#sharedProperties()],
      [157, () => this.#categories()],
      [158, ({ categories }) => this.#addCategories(categories)],
      [159, ({ categories }) => this.#removeCategories(categories)],
      [160, async () => done((await this.#masterList()).map(categoryDetails))],
      [161, ({ categoryDetails: added }) => this.#addMasterCategories(added)],
      [162, ({ categories }) => this.#removeMasterCategories(categories)],
      [404, ([settings]) => (store(this.#settingsKey(), settings), done())],
    ]);
  }

  initialData() {
    return itemDictionary(this.outlook.message, this.outlook);
  }

  settings() {
    return stored(this.#settingsKey()) ?? {};
  }

  locale() {
    return this.outlook.locale;
  }

  isDark() {
    return this.outlook.isDark;
  }

  signIn(request, frame) {
    return this.broker.answer(request, this.outlook.person, frame);
  }

  selectedItems() {
    return this.outlook.selectedMessages().map((message) => ({
      itemId: toEwsId(message.restId),
      subject: message.subject,
      conversationId: toEwsId(message.conversationId ?? ""),
      internetMessageId: message.internetMessageId,
      itemType: "message",
      itemMode: message.isDraft ? "Compose" : "Read",
      hasAttachment: message.hasAttachments,
    }));
  }

  /** A selected message, in the form of `loadItemByIdAsync`; where it is shared, with whose it is. */
  loadItem(itemId) {
    const message = this.outlook.selectedMessages().find(({ restId }) => toEwsId(restId) === itemId);
    if (!message) {
      return { error: { code: CODE.internal, message: "The item is not selected." } };
    }
    const shared = this.outlook.isShared ? this.#sharedFacts() : undefined;
    return { value: { itemId, itemType: "message", subject: message.subject, shared } };
  }

  /** Answers one call in the form that office.js expects; never rejects. */
  async execute(dispatchId, params, frame) {
    const running = this.running.get(frame) ?? 0;
    this.log.note(frame, "call", dispatchId, params);
    if (running >= CALLS_AT_ONCE) {
      return this.#answered(frame, dispatchId, failed(CODE.tooManyCalls));
    }
    this.running.set(frame, running + 1);
    try {
      return this.#answered(frame, dispatchId, await this.#perform(dispatchId, params ?? {}));
    } finally {
      this.running.set(frame, this.running.get(frame) - 1);
    }
  }

  #answered(frame, dispatchId, answer) {
    this.log.note(frame, "answer", dispatchId, answer);
    return answer;
  }

  async #perform(dispatchId, params) {
    const fault = this.log.faultFor(dispatchId);
    const method = this.methods.get(dispatchId);
    if (fault || !method) {
      return failed(fault ?? CODE.notSupported);
    }
    const openedFor = this.outlook.message?.restId;
    try {
      const answer = await method(params);
      return this.outlook.message?.restId === openedFor ? answer : failed(CODE.itemChanged);
    } catch (error) {
      return failed(error instanceof Refused ? error.code : error.status === 403 ? CODE.accessDenied : CODE.internal);
    }
  }

  // Categories of the item; Outlook paints them in the colours of the mailbox's master list.

  async #categories() {
    const list = await this.#masterList();
    return done(this.outlook.message.categories.map((name) =>
      categoryDetails(list.find((category) => sameName(category.name, name)) ?? { name, color: "none" })));
  }

  async #addCategories(names) {
    this.#mayWrite();
    const list = await this.#masterList();
    const known = names.map((name) => list.find((category) => sameName(category.name, name)));
    if (known.includes(undefined)) {
      throw new Refused(CODE.invalidCategory);
    }
    const { categories } = this.outlook.message;
    const added = known.map(({ name }) => name).filter((name) => !categories.some((has) => sameName(has, name)));
    await this.outlook.changeCategories([...categories, ...added]);
    return done();
  }

  async #removeCategories(names) {
    this.#mayWrite();
    const { categories } = this.outlook.message;
    await this.outlook.changeCategories(categories.filter((has) => !names.some((name) => sameName(has, name))));
    return done();
  }

  #mayWrite() {
    if (this.outlook.isReadOnly) {
      throw new Refused(CODE.accessDenied);
    }
  }

  #masterList() {
    return this.outlook.exchange.masterCategories(this.outlook.mailbox.upn);
  }

  async #addMasterCategories(added) {
    const list = await this.#masterList();
    if (added.some(({ displayName }) => list.some(({ name }) => sameName(name, displayName)))) {
      throw new Refused(CODE.duplicateCategory);
    }
    for (const { displayName, color } of added) {
      await this.outlook.exchange.addMasterCategory(this.outlook.mailbox.upn, displayName, color.toLowerCase());
    }
    await this.outlook.masterCategoriesChanged();
    return done();
  }

  async #removeMasterCategories(names) {
    for (const name of names) {
      await this.outlook.exchange.removeMasterCategory(this.outlook.mailbox.upn, name);
    }
    await this.outlook.masterCategoriesChanged();
    return done();
  }

  // The bars above the mail.

  #notices() {
    return this.outlook.notices.of(this.outlook.message?.restId);
  }

  #addNotification(notice) {
    const shown = this.#notices();
    if (shown.some(({ key }) => key === notice.key)) {
      throw new Refused(CODE.duplicateNotification);
    }
    if (shown.length >= NOTIFICATIONS_PER_ITEM) {
      throw new Refused(CODE.tooManyNotifications);
    }
    this.outlook.notices.put(this.outlook.message.restId, notice);
    return done();
  }

  #replaceNotification(notice) {
    this.outlook.notices.put(this.outlook.message.restId, notice);
    return done();
  }

  #removeNotification(key) {
    if (!this.outlook.notices.remove(this.outlook.message.restId, key)) {
      throw new Refused(CODE.notificationNotFound);
    }
    return done();
  }

  // Facts about the item.

  #body(coercionType) {
    const { body } = this.outlook.message;
    const wantsText = coercionType === 0 || coercionType === "text";
    return done(wantsText ? textOf(body) : body.html ?? body.text);
  }

  #sharedProperties() {
    if (!this.outlook.isShared) {
      throw new Refused(CODE.notSupported);
    }
    return done(this.#sharedFacts());
  }

  #sharedFacts() {
    const { mailbox } = this.outlook;
    return {
      owner: mailbox.upn,
      targetMailbox: mailbox.upn,
      targetRestUrl: `${location.origin}/api`,
      delegatePermissions: DELEGATE_PERMISSIONS[mailbox.right],
    };
  }

  // What the add-in keeps.

  #settingsKey() {
    return `roaming ${this.outlook.manifest.id} ${this.outlook.person.upn}`;
  }

  #propertiesKey() {
    return `properties ${this.outlook.manifest.id} ${this.outlook.message.restId}`;
  }

  #loadCustomProperties() {
    return { wasSuccessful: true, customProperties: JSON.stringify(stored(this.#propertiesKey()) ?? {}) };
  }

  #saveCustomProperties(properties) {
    store(this.#propertiesKey(), typeof properties === "string" ? JSON.parse(properties) : properties);
    return { wasSuccessful: true };
  }
}

const done = (data) => ({ error: false, errorCode: 0, wasSuccessful: true, data });
// Both spellings of failure: some methods of the library look at one, some at the other.
const failed = (errorCode) => ({ error: true, errorCode, wasSuccessful: false, errorMessage: `Error ${errorCode}` });
const sameName = (one, other) => one.toLowerCase() === other.toLowerCase();
const asShown = ({ key, type, message, icon, persistent }) =>
  ({ key, type: NOTIFICATION_TYPES[type] ?? NOTIFICATION_TYPES[0], message, icon, persistent });

// Office.js writes colours as `Preset0` and `None`, Graph as `preset0` and `none`.
const categoryDetails = ({ name, color }) =>
  ({ displayName: name, color: `${color[0].toUpperCase()}${color.slice(1)}` });

// Without its styles: this page's policy would complain of each one, even in a document never shown.
function textOf({ html, text }) {
  const plain = () => html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/\sstyle\s*=\s*("[^"]*"|'[^']*')/gi, "");
  return text ?? new DOMParser().parseFromString(plain(), "text/html").body.textContent.trim();
}

function stored(key) {
  return JSON.parse(sessionStorage.getItem(key) ?? "null");
}

function store(key, value) {
  sessionStorage.setItem(key, JSON.stringify(value));
}
