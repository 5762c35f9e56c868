// The page's address says what it shows, so that a reload, a link and a test show the same.
//
//   person   ada | ben | chiara | dan, or an address                     (default: the first person)
//   mailbox  an address, or `sales` for sales@…                          (default: the person's own)
//   folder   a well-known name or a folder id                            (default: inbox)
//   message  an id in any REST spelling, or `none`                       (default: the newest)
//   pane     open                                                        (default: closed)
//   pinned   1                                                           (default: not pinned)
//   theme    light | dark                                                (default: as the system)
//   lang     en | de                                                     (default: as the browser, else en)
//   fail     dispatch:code pairs, e.g. `157:9042,108:9038`; each once    (default: none)
//   naa      a status for the next silent sign-in, e.g. USER_INTERACTION_REQUIRED

export function readAddress(search, browserLanguages) {
  const parameters = new URLSearchParams(search);
  const language = parameters.get("lang") ?? (browserLanguages[0]?.startsWith("de") ? "de" : "en");
  return {
    person: parameters.get("person"),
    mailbox: parameters.get("mailbox"),
    folder: parameters.get("folder") ?? "inbox",
    message: parameters.get("message"),
    pane: parameters.get("pane") === "open",
    pinned: parameters.get("pinned") === "1",
    theme: { light: "light", dark: "dark" }[parameters.get("theme")] ?? "auto",
    language: language === "de" ? "de" : "en",
    faults: (parameters.get("fail") ?? "").split(",").filter(Boolean).map((pair) => pair.split(":").map(Number)),
    signInFault: parameters.get("naa"),
  };
}

/** Writes the state back, without faults: those are for once. */
export function writeAddress({ person, mailbox, folder, message, pane, theme, language }) {
  const parameters = new URLSearchParams();
  parameters.set("person", person.upn.split(".")[0]);
  if (mailbox && mailbox.upn !== person.upn) {
    parameters.set("mailbox", mailbox.upn);
  }
  if (folder) {
    parameters.set("folder", folder.wellKnown ?? folder.id);
  }
  if (message) {
    parameters.set("message", message.restId);
  }
  if (pane.isOpen) {
    parameters.set("pane", "open");
  }
  if (pane.isPinned) {
    parameters.set("pinned", "1");
  }
  if (theme !== "auto") {
    parameters.set("theme", theme);
  }
  parameters.set("lang", language);
  history.replaceState(null, "", `?${parameters}`);
}
