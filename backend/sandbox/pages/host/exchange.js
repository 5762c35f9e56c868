// The mailboxes, as a mail client reads and changes them: `/sandbox/exchange`.

const BASE = "/sandbox/exchange";
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
  /** Mailboxes that this person can open, the own one first. */
  async mailboxesOf(person) {
    const { value } = await this.#get(`/mailboxes?person=${encodeURIComponent(person.upn)}`);
    return value.sort((one, other) => Number(other.upn === person.upn) - Number(one.upn === person.upn));
  }

  async folders(upn) {
    return (await this.#get(`/mailboxes/${part(upn)}/folders`)).value;
  }

  /** Newest first. */
  async messages(upn, folder) {
    const { value } = await this.#get(`/mailboxes/${part(upn)}/messages?folder=${encodeURIComponent(folder)}`);
    return value.sort((one, other) => other.received.localeCompare(one.received));
  }

  /** With body, recipients and attachments. */
  message(upn, id) {
    return this.#get(`/mailboxes/${part(upn)}/messages/${part(id)}`);
  }

  async masterCategories(upn) {
    return (await this.#get(`/mailboxes/${part(upn)}/categories`)).value;
  }

  addMasterCategory(upn, name, color) {
    return this.#send("POST", `/mailboxes/${part(upn)}/categories`, { name, color });
  }

  removeMasterCategory(upn, name) {
    return this.#send("DELETE", `/mailboxes/${part(upn)}/categories/${part(name)}`);
  }

  setCategories(upn, id, categories) {
    return this.#send("PUT", `/mailboxes/${part(upn)}/messages/${part(id)}/categories`, { categories });
  }

  markRead(upn, id, isRead) {
    return this.#send("PATCH", `/mailboxes/${part(upn)}/messages/${part(id)}`, { isRead });
  }

  move(upn, id, folder) {
    return this.#send("POST", `/mailboxes/${part(upn)}/messages/${part(id)}/move`, { folder });
  }

  delete(upn, id) {
    return this.#send("DELETE", `/mailboxes/${part(upn)}/messages/${part(id)}`);
  }

  /** Calls `onChange` whenever the mailbox has changed, until `signal` is aborted. */
  async watch(upn, signal, onChange) {
    let since = null;
    while (!signal.aborted) {
      try {
        const query = since === null ? "" : `?since=${since}`;
        const { version } = await this.#get(`/mailboxes/${part(upn)}/changes${query}`, signal);
        if (since !== null && version !== since && !signal.aborted) {
          onChange();
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
