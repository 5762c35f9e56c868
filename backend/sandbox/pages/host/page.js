// Puts the page together: address, mailbox, ribbon, reading pane and add-in.
//
// For tests and for the console there are two globals: `hostLog` (see `call-log.js`) and `host`:
//   host.fail(dispatchId, errorCode, times = 1)   the add-in's next calls of that method fail
//   host.failSignIn(status, times = 1)            its next silent sign-ins fail
//   host.select(id | null)                        opens another message, or none
//   host.outlook                                  the state of the page

import { readAddress, writeAddress } from "./address.js";
import { CallLog } from "./call-log.js";
import { askPerson } from "./consent.js";
import { ExchangeClient } from "./exchange.js";
import { runCommand } from "./function-command.js";
import { loadManifest, manifestByDefault } from "./manifest.js";
import { NestedAppAuth } from "./nested-app-auth.js";
import { Outlook } from "./outlook.js";
import { OutlookMethods } from "./outlook-methods.js";
import { TaskPane } from "./task-pane.js";
import { Theme } from "./theme.js";
import { renderBanner, renderNotices, renderRibbon, renderToast, renderTopBar } from "./view-frame.js";
import { MailBody, renderFolders, renderHead, renderList } from "./view-mail.js";

const address = readAddress(location.search, navigator.languages);
const config = await (await fetch("/host/config")).json();
const log = new CallLog();
const outlook = new Outlook(new ExchangeClient(), config, address);
const broker = new NestedAppAuth(config, log, (person, asked) => askPerson(outlook, person, asked));
const methods = new OutlookMethods(outlook, log, broker);

const part = (id) => document.getElementById(id);
const pane = new TaskPane(part("pane"), outlook, methods, log);
const body = new MailBody(part("body"));
const acts = { toggleTheme: () => theme.toggle(), setLanguage, switchPerson: (person) => outlook.switchPerson(person) };
const theme = new Theme(address.theme, (changed) => {
  outlook.theme = changed;
  pane.themeChanged();
  if (outlook.mailbox) {
    outlook.changed();
  }
});

outlook.onChange(render);
address.faults.forEach(([dispatchId, errorCode]) => log.fail(dispatchId, errorCode));
if (address.signInFault) {
  broker.fail(address.signInFault);
}
exposeForTests();
await readTheManifest();
await outlook.start(address).catch((error) => outlook.say(`${outlook.text.mailboxUnreachable} ${error.message}`));
document.body.dataset.ready = "true";

function render() {
  document.documentElement.lang = outlook.language;
  document.title = `${outlook.message?.subject ?? config.company} – ${outlook.text.sandbox}`;
  renderBanner(part("banner"), outlook);
  renderTopBar(part("bar"), outlook, acts);
  renderRibbon(part("ribbon"), outlook, press);
  renderFolders(part("folders"), outlook);
  renderList(part("list"), outlook);
  renderNotices(part("notices"), outlook);
  renderHead(part("head"), outlook);
  renderToast(part("toast"), outlook);
  body.render(outlook);
  pane.render();
  if (outlook.mailbox) {
    writeAddress({ ...outlook, theme: theme.wish });
  }
}

function press(button) {
  if (button.action.kind === "pane") {
    outlook.pane.isOpen ? outlook.closePane() : outlook.openPane(button);
  } else {
    runCommand(button, outlook, methods, log);
  }
}

async function setLanguage(language) {
  outlook.language = language;
  await readTheManifest();
  outlook.changed();
  pane.reload();
}

async function readTheManifest() {
  try {
    outlook.manifest = await loadManifest(config.paneOrigin, outlook.language);
    outlook.manifestProblem = null;
  } catch (error) {
    outlook.manifest = manifestByDefault(config.paneOrigin);
    outlook.manifestProblem = error.message;
  }
}

function exposeForTests() {
  window.hostLog = log;
  window.host = {
    fail: (dispatchId, errorCode, times) => log.fail(dispatchId, errorCode, times),
    failSignIn: (status, times) => broker.fail(status, times),
    select: (id) => outlook.select(id),
    outlook,
  };
}
