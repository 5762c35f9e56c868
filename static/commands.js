// The ribbon's Track and Untrack, which have no pane: one wish each, and a line above the message that says
// what became of it. Untrack keeps the CRM record, for nobody was asked.
import { outlook } from "./outlook.js";
import { configure, token } from "./sign-in.js";

const ENGLISH = {
  tracked: "Tracked.", untracked: "No longer tracked. The email in the CRM stays.",
  going: "Accepted; it is being carried out.", draft: "Send this message first, then track it.",
  signIn: "Please open the Regarding pane once to sign in.", offline: "Regarding cannot be reached. Nothing was changed.",
  working: "One moment…",
};
const GERMAN = {
  tracked: "Nachverfolgt.", untracked: "Nicht mehr nachverfolgt. Die E-Mail im CRM bleibt.",
  going: "Angenommen; es wird ausgeführt.", draft: "Senden Sie die Nachricht erst, dann verfolgen Sie sie nach.",
  signIn: "Bitte öffnen Sie einmal den Bereich „Regarding“, um sich anzumelden.",
  offline: "Regarding ist nicht erreichbar. Nichts wurde geändert.", working: "Einen Moment …",
};

const TRACK = { kind: "track", regarding: { kind: "keep" } };
const UNTRACK = { kind: "untrack", record: "keep" };

outlook().then(() => {
  Office.actions.associate("track", event => run(event, TRACK));
  Office.actions.associate("untrack", event => run(event, UNTRACK));
}, () => {});

async function run(event, wish) {
  const german = (Office.context.displayLanguage ?? "").startsWith("de");
  const words = german ? GERMAN : ENGLISH;
  // The user may go to another message meanwhile; the line belongs above this one.
  const item = Office.context.mailbox.item;
  try {
    await tell(item, words.working);
    await tell(item, await send(item, wish, words, german ? "de" : "en"));
  } catch (error) {
    const signedOut = error.kind && error.kind !== "offline";
    await tell(item, signedOut ? words.signIn : error.text ?? words.offline, "errorMessage");
  } finally {
    event.completed();
  }
}

/** Sends the wish and says what came of it; throws { text } or { kind } when it was refused. */
async function send(item, wish, words, language) {
  if (typeof item?.itemId !== "string") throw { text: words.draft };
  const mailbox = await mailboxOf(item);
  const config = await (await fetch("/api/config")).json();
  configure(config.client_id, config.authority, config.scope);
  const path = `/api/items/${encodeURIComponent(restId(item.itemId))}/wishes?mailbox=${encodeURIComponent(mailbox)}`;
  const answer = await fetch(path, {
    method: "POST",
    headers: {
      "Authorization": `Bearer ${await token(false)}`,
      "Accept-Language": language,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ id: crypto.randomUUID(), wish }),
  });
  const body = await answer.json();
  if (!answer.ok) throw { text: `${body.title} ${body.remedy}` };
  switch (body.status.is) {
    case "tracked": return words.tracked;
    case "not_tracked": return words.untracked;
    case "failed":
    case "waiting": throw { text: body.problem ? `${body.problem.title} ${body.problem.remedy}` : words.going };
    default: return words.going;
  }
}

/** Outlook's id in the form that Graph takes. */
function restId(id) {
  return Office.context.mailbox.convertToRestId?.(id, "v2.0") ?? id.replaceAll("/", "-").replaceAll("+", "_");
}

/** The mailbox the item lies in; the call exists only where the item is shared. */
function mailboxOf(item) {
  const own = Office.context.mailbox.userProfile.emailAddress;
  if (!item.getSharedPropertiesAsync) return own;
  return new Promise(resolve => item.getSharedPropertiesAsync(result =>
    resolve(result.value?.targetMailbox || result.value?.owner || own)));
}

/** Shows one line above the message; at most 150 characters fit. */
function tell(item, message, type = "informationalMessage") {
  const text = message.length > 150 ? `${message.slice(0, 149)}…` : message;
  const extras = type === "informationalMessage" ? { icon: "Mark.16", persistent: false } : {};
  return new Promise(resolve => {
    if (!item?.notificationMessages) return resolve();
    item.notificationMessages.replaceAsync("regarding", { type, message: text, ...extras }, resolve);
  });
}
