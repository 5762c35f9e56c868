// SANDBOX: stands before the real office.js in the file the sandbox serves under its name.
//
// It gives the pane's window what an Outlook of today puts there and what the library of 2022 cannot:
//   1. the parts of MicrosoftAjax.js that office.js would otherwise load from a Microsoft server,
//   2. `window.nestedAppAuthBridge`, by which msal-browser signs in through the host.
// It only talks to the window that frames the pane, and only at the origin this script came from. It uses
// no eval and no inline script, so it runs under the pane's content security policy.
(() => {
  "use strict";

  const CHANNEL = "sandbox-host";
  const hostOrigin = new URL(document.currentScript.src).origin;
  const framed = window.parent !== window;

  standInForMicrosoftAjax();
  if (framed) {
    offerNestedAppAuth();
  }

  // What office.js 16.0.15407 uses of MicrosoftAjax 3.5. It looks for these names before it loads the
  // file, and leaves the network alone when they are there.
  function standInForMicrosoftAjax() {
    if (window.Sys?.Serialization) {
      return;
    }
    window.Type = Function;
    Function.registerNamespace = (path) => {
      path.split(".").reduce((parent, name) => (parent[name] ??= {}), window);
    };
    Function.prototype.registerClass = function registerClass() {
      return this;
    };
    // It checks argument types for developers; null means "no complaint".
    Function._validateParams = () => null;
    window.Sys = {
      StringBuilder: function StringBuilder() {},
      Debug: { trace() {} },
      Serialization: {
        JavaScriptSerializer: { serialize: JSON.stringify, deserialize: (text) => JSON.parse(text) },
      },
    };
    Error.create = (message, info) => Object.assign(new Error(message), info);
    const kinds = [
      "argument", "argumentNull", "argumentOutOfRange", "argumentType", "argumentUndefined",
      "invalidOperation", "notImplemented", "parameterCount",
    ];
    for (const kind of kinds) {
      const name = `Sys.${kind[0].toUpperCase()}${kind.slice(1)}Exception`;
      Error[kind] = (parameter, message) =>
        Error.create(`${name}: ${message ?? parameter ?? ""}`, { name, paramName: parameter });
    }
    String.format ??= (pattern, ...values) =>
      pattern.replace(/\{(\d+)\}/g, (_, index) => String(values[Number(index)] ?? ""));
  }

  // msal-browser writes JSON text into `postMessage` and hears JSON text; both cross to the host as they
  // are. The host, not this window, knows who is signed in.
  function offerNestedAppAuth() {
    const listeners = new Set();
    window.nestedAppAuthBridge = Object.freeze({
      addEventListener: (type, listener) => type === "message" && listeners.add(listener),
      removeEventListener: (type, listener) => listeners.delete(listener),
      postMessage: (request) =>
        window.parent.postMessage({ channel: CHANNEL, kind: "nested-app-auth", body: request }, hostOrigin),
    });
    window.addEventListener("message", (event) => {
      const { data } = event;
      const fromHost = event.source === window.parent && event.origin === hostOrigin;
      if (fromHost && data?.channel === CHANNEL && data.kind === "nested-app-auth") {
        listeners.forEach((listener) => listener(data.body));
      }
    });
  }
})();
