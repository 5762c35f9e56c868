// SANDBOX: stands after the real office.js in the file the sandbox serves under its name.
//
// It adds the members of Mailbox 1.13 to 1.15 that the library of 2022 has not got, once the library is
// ready and before the pane's own `Office.onReady` continues: `Office.context.officeTheme`,
// `mailbox.getSelectedItemsAsync`, `mailbox.loadItemByIdAsync` and the event `SelectedItemsChanged`. Where the
// library brings a member itself, the library's stays.
(() => {
  "use strict";

  const CHANNEL = "sandbox-host";
  const SELECTED_ITEMS_CHANGED = "olkSelectedItemsChanged";
  const hostOrigin = new URL(document.currentScript.src).origin;
  const host = window.parent;
  if (host === window) {
    return;
  }

  const start = whatTheHostSaid();
  let theme = start.theme ?? {};
  let nextCall = 1;
  const calls = new Map();
  const selectionHandlers = [];
  let loaded = null;

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
    } else if (data.kind === "selected-items-changed") {
      selectionHandlers.forEach((handler) => handler({ type: SELECTED_ITEMS_CHANGED }));
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
      Object.defineProperty(mailbox, "loadItemByIdAsync", { enumerable: true, value: loadItemByIdAsync });
      bringSelectedItemsChanged();
    }
  });

  // The library refuses events that it does not know; this one is taken before it looks.
  function bringSelectedItemsChanged() {
    Office.EventType.SelectedItemsChanged = SELECTED_ITEMS_CHANGED;
    const facade = OSF._OfficeAppFactory.getHostFacade();
    const { AddEventHandler } = OSF.DDA.DispIdHost.Methods;
    const add = facade[AddEventHandler];
    facade[AddEventHandler] = (given, ...rest) => {
      const [type, handler, ...others] = given;
      if (type !== SELECTED_ITEMS_CHANGED) {
        add(given, ...rest);
        return;
      }
      selectionHandlers.push(handler);
      others.find((argument) => typeof argument === "function")?.({ status: "succeeded" });
    };
  }

  // The host writes it beside the library's own fields.
  function whatTheHostSaid() {
    try {
      return JSON.parse(window.name).sandbox ?? {};
    } catch {
      return {};
    }
  }

  // Takes (callback) or (options, callback).
  function getSelectedItemsAsync(...given) {
    demand("getSelectedItemsAsync");
    ask("get-selected-items", undefined, given, (items) => items);
  }

  // Takes (id, callback) or (id, options, callback). One item at a time: it has to be unloaded before the next.
  function loadItemByIdAsync(itemId, ...given) {
    demand("loadItemByIdAsync");
    if (loaded) {
      callbackOf(given)?.({ status: "failed", error: { code: 9061, message: "Another item is loaded." } });
      return;
    }
    ask("load-item", { itemId }, given, (item) => (loaded = loadedItem(item)));
  }

  function loadedItem({ shared, ...item }) {
    const own = { ...item, unloadAsync: (...given) => ((loaded = null), callbackOf(given)?.({ status: "succeeded" })) };
    return shared
      ? { ...own, getSharedPropertiesAsync: (...given) => callbackOf(given)?.({ status: "succeeded", value: shared }) }
      : own;
  }

  // A missing permission throws at once, as it does in Office.js.
  function demand(method) {
    if (start.permission !== "ReadWriteMailbox") {
      throw new Error(`Elevated permission is required to call the method: 'mailbox.${method}'.`);
    }
  }

  function ask(kind, body, given, read) {
    const callback = callbackOf(given);
    const { asyncContext } = given.find((argument) => argument && typeof argument === "object") ?? {};
    const call = nextCall++;
    calls.set(call, ({ value, error }) => callback?.(error
      ? { error, asyncContext, status: "failed" }
      : { value: read(value), asyncContext, status: "succeeded" }));
    host.postMessage({ channel: CHANNEL, kind, call, body }, hostOrigin);
  }

  function callbackOf(given) {
    return given.find((argument) => typeof argument === "function");
  }
})();
