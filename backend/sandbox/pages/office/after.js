// SANDBOX: stands after the real office.js in the file the sandbox serves under its name.
//
// It adds the members of Mailbox 1.13 and 1.14 that the library of 2022 has not got, once the library is
// ready and before the pane's own `Office.onReady` continues: `Office.context.officeTheme` and
// `mailbox.getSelectedItemsAsync`. Where the library brings a member itself, the library's stays.
(() => {
  "use strict";

  const CHANNEL = "sandbox-host";
  const hostOrigin = new URL(document.currentScript.src).origin;
  const host = window.parent;
  if (host === window) {
    return;
  }

  const start = whatTheHostSaid();
  let theme = start.theme ?? {};
  let nextCall = 1;
  const calls = new Map();

  window.addEventListener("message", (event) => {
    const { data } = event;
    if (event.source !== host || event.origin !== hostOrigin || data?.channel !== CHANNEL) {
      return;
    }
    if (data.kind === "theme") {
      theme = data.body;
    } else if (data.kind === "answer") {
      calls.get(data.call)?.(data.body);
      calls.delete(data.call);
    }
  });

  Microsoft.Office.WebExtension.onReadyInternal(({ host: application }) => {
    if (application !== "Outlook") {
      return;
    }
    const { context } = Office;
    if (!("officeTheme" in context)) {
      Object.defineProperty(context, "officeTheme", { enumerable: true, get: () => ({ ...theme }) });
    }
    const { mailbox } = context;
    if (mailbox && !mailbox.getSelectedItemsAsync) {
      Object.defineProperty(mailbox, "getSelectedItemsAsync", { enumerable: true, value: getSelectedItemsAsync });
    }
  });

  // The host writes it beside the library's own fields.
  function whatTheHostSaid() {
    try {
      return JSON.parse(window.name).sandbox ?? {};
    } catch {
      return {};
    }
  }

  // Takes (callback) or (options, callback). A missing permission throws at once, as it does in Office.js.
  function getSelectedItemsAsync(...given) {
    if (start.permission !== "ReadWriteMailbox") {
      throw new Error("Elevated permission is required to call the method: 'mailbox.getSelectedItemsAsync'.");
    }
    const callback = given.find((argument) => typeof argument === "function");
    const { asyncContext } = given.find((argument) => argument && typeof argument === "object") ?? {};
    const call = nextCall++;
    calls.set(call, ({ value, error }) =>
      callback?.({ value, error, asyncContext, status: error ? "failed" : "succeeded" }));
    host.postMessage({ channel: CHANNEL, kind: "get-selected-items", call }, hostOrigin);
  }
})();
