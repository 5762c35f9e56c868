// Everything the page says, in English and German.

const TEXT = {
  en: {
    sandbox: "Sandbox",
    sandboxSays: (company) => `This is not Outlook. ${company} exists only on this computer, and nothing you do here leaves it.`,
    journal: "Journal",
    records: "CRM records",
    folders: "Folders",
    messages: "Messages",
    readingPane: "Reading pane",
    commands: "Commands",
    delete: "Delete",
    move: "Move",
    moveTo: "Move to",
    categorize: "Categorize",
    noCategories: "This mailbox has no categories yet",
    unknownCategory: "not in the list",
    markUnread: "Mark as unread",
    markRead: "Mark as read",
    removeCategory: (name) => `Remove category ${name}`,
    account: (name) => `Signed in as ${name}. Switch person`,
    switchPerson: "Who uses this page?",
    noLicence: "no CRM licence",
    theme: "Dark theme",
    language: "Language",
    shared: "Shared mailbox",
    to: "To",
    cc: "Cc",
    nobody: "Nobody",
    noSubject: "(no subject)",
    noMessages: "Nothing here",
    noMessagesHint: "This folder is empty.",
    selected: (count) => `${count} messages selected`,
    selectedHint: "Ctrl+click adds one, Shift+click all up to it.",
    choose: "Select a message to read it",
    chooseHint: "Nothing is selected.",
    attachments: "Attachments",
    unread: "unread",
    today: "Today",
    yesterday: "Yesterday",
    older: "Earlier",
    addinPane: (name) => `${name} add-in`,
    pin: "Pin: keep the pane open for other messages",
    unpin: "Unpin: close the pane when another message is opened",
    close: "Close the pane",
    notHere: (name) => `${name} is not offered in shared mailboxes: its manifest does not support shared folders.`,
    working: (name, label) => `${name} is working on your ${label} request.`,
    commandSilent: (label) => `${label} did not answer. Is the add-in being served?`,
    dismiss: "Dismiss",
    libraryMissing: "The Office library is not installed",
    libraryMissingHint: "The pane needs two packages from the npm registry. Run this, then reload the page:",
    paneUnreachable: (origin) => `Nothing answers at ${origin}`,
    paneUnreachableHint: "The pane and its API are served by the program under trial. Start it, then try again:",
    tryAgain: "Try again",
    mailboxUnreachable: "The mailbox does not answer.",
    actFailed: (what) => `${what} did not work:`,
    consentTitle: "Sign in",
    consentBody: (app, name) => `${app} wants to sign in as ${name}.`,
    consentScopes: "It asks for:",
    allow: "Continue",
    cancel: "Cancel",
    dialog: (name) => `${name} dialog`,
    manifestByDefault: (reason) => `The buttons are shown by default. ${reason}`,
    folderNames: {},
  },
  de: {
    sandbox: "Sandbox",
    sandboxSays: (company) => `Das ist nicht Outlook. ${company} gibt es nur auf diesem Rechner, und nichts verlässt ihn.`,
    journal: "Journal",
    records: "CRM-Datensätze",
    folders: "Ordner",
    messages: "Nachrichten",
    readingPane: "Lesebereich",
    commands: "Befehle",
    delete: "Löschen",
    move: "Verschieben",
    moveTo: "Verschieben nach",
    categorize: "Kategorisieren",
    noCategories: "Dieses Postfach hat noch keine Kategorien",
    unknownCategory: "nicht in der Liste",
    markUnread: "Als ungelesen markieren",
    markRead: "Als gelesen markieren",
    removeCategory: (name) => `Kategorie ${name} entfernen`,
    account: (name) => `Angemeldet als ${name}. Person wechseln`,
    switchPerson: "Wer benutzt diese Seite?",
    noLicence: "ohne CRM-Lizenz",
    theme: "Dunkles Design",
    language: "Sprache",
    shared: "Freigegebenes Postfach",
    to: "An",
    cc: "Cc",
    nobody: "Niemand",
    noSubject: "(kein Betreff)",
    noMessages: "Nichts da",
    noMessagesHint: "Dieser Ordner ist leer.",
    selected: (count) => `${count} Nachrichten ausgewählt`,
    selectedHint: "Strg+Klick nimmt eine dazu, Umschalt+Klick alle bis dahin.",
    choose: "Wählen Sie eine Nachricht aus",
    chooseHint: "Nichts ist ausgewählt.",
    attachments: "Anlagen",
    unread: "ungelesen",
    today: "Heute",
    yesterday: "Gestern",
    older: "Früher",
    addinPane: (name) => `Add-In ${name}`,
    pin: "Anheften: Bereich bei anderen Nachrichten offen lassen",
    unpin: "Lösen: Bereich bei anderen Nachrichten schließen",
    close: "Bereich schließen",
    notHere: (name) => `${name} wird in freigegebenen Postfächern nicht angeboten: Das Manifest unterstützt keine freigegebenen Ordner.`,
    working: (name, label) => `${name} bearbeitet „${label}“.`,
    commandSilent: (label) => `„${label}“ hat nicht geantwortet. Wird das Add-In ausgeliefert?`,
    dismiss: "Schließen",
    libraryMissing: "Die Office-Bibliothek ist nicht installiert",
    libraryMissingHint: "Der Bereich braucht zwei Pakete aus der npm-Registry. Führen Sie dies aus und laden Sie die Seite neu:",
    paneUnreachable: (origin) => `Unter ${origin} antwortet nichts`,
    paneUnreachableHint: "Bereich und API liefert das Programm, das hier ausprobiert wird. Starten Sie es und versuchen Sie es erneut:",
    tryAgain: "Erneut versuchen",
    mailboxUnreachable: "Das Postfach antwortet nicht.",
    actFailed: (what) => `${what} hat nicht geklappt:`,
    consentTitle: "Anmelden",
    consentBody: (app, name) => `${app} möchte Sie als ${name} anmelden.`,
    consentScopes: "Angefragt wird:",
    allow: "Weiter",
    cancel: "Abbrechen",
    dialog: (name) => `Dialog von ${name}`,
    manifestByDefault: (reason) => `Die Schaltflächen sind die vorgegebenen. ${reason}`,
    folderNames: {
      inbox: "Posteingang",
      drafts: "Entwürfe",
      sentitems: "Gesendete Elemente",
      deleteditems: "Gelöschte Elemente",
      junkemail: "Junk-E-Mail",
      archive: "Archiv",
      outbox: "Postausgang",
    },
  },
};

export const LOCALES = { en: "en-US", de: "de-DE" };

/** The texts of one language, `en` where it is not known. */
export function textIn(language) {
  return TEXT[language] ?? TEXT.en;
}

/** A folder's name as Outlook shows it in this language. */
export function folderName(text, folder) {
  return text.folderNames[folder.wellKnown] ?? folder.name;
}

/** How the list shows a time: hour today, weekday this week, else the date. */
export function shortTime(iso, locale, now = new Date()) {
  const at = new Date(iso);
  const days = daysBetween(at, now);
  if (days === 0) {
    return at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  }
  if (days > 0 && days < 7) {
    return at.toLocaleDateString(locale, { weekday: "short" }) + " " + at.toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  }
  return at.toLocaleDateString(locale, { day: "2-digit", month: "2-digit", year: "numeric" });
}

/** How the reading pane shows it. */
export function longTime(iso, locale) {
  return new Date(iso).toLocaleString(locale, {
    weekday: "short", day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit",
  });
}

/** Calendar days from one moment to another. */
export function daysBetween(at, now) {
  const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}

export function fileSize(bytes, locale) {
  const [unit, size] = bytes >= 1_048_576 ? ["MB", bytes / 1_048_576] : ["KB", Math.max(1, bytes / 1024)];
  return `${size.toLocaleString(locale, { maximumFractionDigits: size < 10 ? 1 : 0 })} ${unit}`;
}
