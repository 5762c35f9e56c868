// The mailboxes, as a mail client reads and changes them: `/sandbox/exchange`.

const BASE = "/sandbox/exchange";
/** How long the mailbox may hold its answer until something changes. */
const WAIT_MS = 25_000;
const SHOWN_FIRST = ["inbox", "drafts", "sentitems", "deleteditems", "junkemail", "archive", "outbox"];
/** How long to wait before asking again when the mailbox does not answer. */
const AGAIN_MS = 2_000;

/** A refusal by the mailbox; the message is the mailbox's own sentence. */
export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export class ExchangeClient {
  /** The person's own mailbox, then what others share with them. */
  async mailboxesOf(person) {
    const { oid, upn, name, sharedWithMe } = await this.#get(`/mailboxes/${part(person.upn)}`);
    const own = { oid, upn, name, right: "owner", onlyFolder: null };
    return [own, ...sharedWithMe.map(({ upn, name, right, folder }) => ({ upn, name, right, onlyFolder: folder }))];
  }

  /** In Outlook's order; `depth` 0 is the top. */
  async folders({ upn, onlyFolder }) {
    const { value } = await this.#get(`/mailboxes/${part(upn)}/folders`);
    const folders = inOrder(value.filter(({ isHidden }) => !isHidden));
    return onlyFolder ? folders.filter(({ id }) => id === onlyFolder) : folders;
  }

  /** Newest first. */
  async messages(upn, folder) {
    const { value } = await this.#get(`/mailboxes/${part(upn)}/messages?folder=${part(folder)}`);
    return value.map(messageOf);
  }

  /** With body. */
  async message(upn, id) {
    return messageOf(await this.#get(`/mailboxes/${part(upn)}/messages/${part(id)}`));
  }

  /** The master list: `{id, name, color, hex}`. */
  async masterCategories(upn) {
    const { value } = await this.#get(`/mailboxes/${part(upn)}/categories`);
    return value.map(({ id, displayName, color, hex }) => ({ id, name: displayName, color, hex }));
  }

  addMasterCategory(upn, displayName, color) {
    return this.#send("POST", `/mailboxes/${part(upn)}/categories`, { displayName, color });
  }

  async removeMasterCategory(upn, name) {
    const known = (await this.masterCategories(upn)).find((category) => category.name === name);
    return known && this.#send("DELETE", `/mailboxes/${part(upn)}/categories/${part(known.id)}`);
  }

  changeCategories(upn, id, { put, take }) {
    return this.#send("POST", `/mailboxes/${part(upn)}/messages/${part(id)}/categories`, { put, take });
  }

  markRead(upn, id, isRead) {
    return this.#send("POST", `/mailboxes/${part(upn)}/messages/${part(id)}/read`, { isRead });
  }

  move(upn, id, folder) {
    return this.#send("POST", `/mailboxes/${part(upn)}/messages/${part(id)}/move`, { to: folder });
  }

  delete(upn, id) {
    return this.#send("DELETE", `/mailboxes/${part(upn)}/messages/${part(id)}`);
  }

  /** Calls and awaits `onChange` whenever the mailbox has changed, until `signal` is aborted. */
  async watch(upn, signal, onChange) {
    let since = null;
    while (!signal.aborted) {
      try {
        const query = since === null ? "" : `?since=${since}&wait_ms=${WAIT_MS}`;
        const { version } = await this.#get(`/mailboxes/${part(upn)}/changes${query}`, signal);
        if (since !== null && version !== since && !signal.aborted) {
          await onChange();
        }
        since = version;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  async #get(path, signal) {
    return answer(await fetch(BASE + path, { signal }));
  }

  async #send(method, path, body) {
    const headers = body ? { "Content-Type": "application/json" } : {};
    return answer(await fetch(BASE + path, { method, headers, body: body && JSON.stringify(body) }));
  }
}

// The tree as a list: the distinguished folders as Outlook sorts them, then the others by name, children
// below their parents.
function inOrder(folders) {
  const rank = ({ wellKnownName }) => (SHOWN_FIRST.includes(wellKnownName) ? SHOWN_FIRST.indexOf(wellKnownName) : SHOWN_FIRST.length);
  const root = folders.find(({ wellKnownName }) => wellKnownName === "msgfolderroot");
  const below = (parent, depth) => folders
    .filter((folder) => folder.parentFolderId === parent && folder.id !== parent)
    .sort((one, other) => rank(one) - rank(other) || one.displayName.localeCompare(other.displayName))
    .flatMap((folder) => [folderOf(folder, depth), ...below(folder.id, depth + 1)]);
  return below(root.id, 0);
}

function folderOf({ id, wellKnownName, displayName, unreadItemCount }, depth) {
  return { id, wellKnown: wellKnownName, name: displayName, unread: unreadItemCount, depth };
}

// Graph's JSON with the sandbox's additions, in the page's words.
function messageOf(card) {
  const { body } = card;
  return {
    restId: card.restId,
    conversationId: card.conversationId,
    internetMessageId: card.internetMessageId,
    isDraft: card.isDraft ?? false,
    isMeetingRequest: (card["@odata.type"] ?? "").includes("eventMessage"),
    subject: card.subject ?? "",
    from: partyOf(card.from),
    sender: partyOf(card.sender),
    to: (card.toRecipients ?? []).map(partyOf),
    cc: (card.ccRecipients ?? []).map(partyOf),
    bcc: (card.bccRecipients ?? []).map(partyOf),
    attachments: card.attachments ?? [],
    hasAttachments: (card.attachments ?? []).some(({ isInline }) => !isInline),
    created: card.createdDateTime,
    modified: card.lastModifiedDateTime,
    received: card.receivedDateTime,
    sent: card.sentDateTime,
    isRead: card.isRead,
    categories: card.categories,
    preview: card.bodyPreview ?? "",
    body: body && (body.contentType === "html" ? { html: body.content } : { text: body.content }),
  };
}

function partyOf(recipient) {
  return recipient?.emailAddress ? { name: recipient.emailAddress.name, address: recipient.emailAddress.address } : null;
}

const part = encodeURIComponent;

async function answer(response) {
  const text = await response.text();
  const body = parsed(text);
  if (!response.ok) {
    throw new Refusal(response.status, body?.error?.message ?? body?.message ?? (text || `HTTP ${response.status}`));
  }
  return body;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
