// One running add-in page: a frame with the real office.js in it, and the host's end of their conversation.
//
// office.js speaks JSON text by postMessage: requests that invoke a method or (un)register an event, and
// answers that repeat name, conversation and correlation. This file knows that envelope, and what the frame
// must be told at birth (in its `name`); what the methods mean is known to `outlook-methods.js`. Messages
// are taken only from the frame's own window at the pane's origin.

import { PERMISSION_ON_THE_WIRE } from "./manifest.js";
import { officeTheme, officeThemeEvent } from "./theme.js";

const CHANNEL = "sandbox-host";
const MESSAGE = { request: 0, answer: 1 };
const ACTION = { invoke: 0, register: 1, unregister: 2 };
const OUTLOOK_ON_THE_WEB = 64;
const KEYBOARD_EXITS = { 5: "forward", 6: "backward", 13: "forward", 14: "backward", 15: "escape", 17: "forward", 18: "backward" };
const DISPATCH = { commandCompleted: 94, messageParent: 144, messageDialog: 145 };

/** What host and library can do together: the library's 1.8 to 1.12, and what the sandbox's own addition gives it. */
const REQUIREMENTS = JSON.stringify({
  Mailbox: "1.15",
  DialogApi: "1.2",
  NestedAppAuth: "1.1",
  AddinCommands: "1.1",
  react: "1.0",
});

let framesMade = 0;

/**
 * Events (`on…` callbacks, all optional): `onReady()` office.js asked who hosts it; `onCommandsReady()` it
 * listens for function commands; `onCompleted(answer)` a function command called `event.completed`;
 * `onDialog(options)` the add-in wants a dialog in a frame; `onMessageParent(data)` a dialog speaks to its
 * opener; `onLeave(direction)` the keyboard leaves the frame: `forward`, `backward` or `escape`.
 */
export class AddinFrame {
  /**
   * @param {object} setup
   * @param {string} setup.url page to load, at the pane's origin
   * @param {string} setup.title accessible name of the frame
   * @param {object} setup.manifest from `manifest.js`
   * @param {object} setup.host methods: `initialData()`, `execute(dispatchId, params, frame)`,
   *   `selectedItems()`, `loadItem(id)`, `settings()`, `signIn(request)`, `locale()`, `isDark()`
   * @param {import("./call-log.js").CallLog} setup.log
   * @param {"pane"|"command"|"dialog"} setup.kind
   */
  constructor({ url, title, manifest, host, log, kind, ...events }) {
    this.kind = kind;
    this.host = host;
    this.log = log;
    this.manifest = manifest;
    this.events = events;
    this.origin = new URL(url).origin;
    this.registered = new Map();
    this.dialog = null;
    this.conversation = `sandbox${++framesMade}`;
    this.element = this.#frameFor(url, title);
    this.receive = (event) => this.#receive(event);
    window.addEventListener("message", this.receive);
  }

  /** Takes the frame off the page; nothing it still asks is answered. */
  close() {
    window.removeEventListener("message", this.receive);
    this.dialog?.close();
    this.element.remove();
  }

  /** Tells a registered event; `false`: the add-in does not listen to it. */
  tell(eventName, payload) {
    const registration = this.registered.get(eventName);
    if (!registration) {
      return false;
    }
    this.log.note(this, "event", eventName, payload);
    this.#answer(registration, payload, { isEvent: true });
    return true;
  }

  /** Other items are selected: told to whoever listens for `SelectedItemsChanged`. */
  selectionChanged() {
    this.log.note(this, "event", "olkSelectedItemsChanged");
    this.#post({ channel: CHANNEL, kind: "selected-items-changed" });
  }

  /** Another theme: the frame's media query follows by itself, Office.js is told. */
  themeChanged() {
    this.element.style.colorScheme = this.host.isDark() ? "dark" : "light";
    this.#post({ channel: CHANNEL, kind: "theme", body: officeTheme(this.host.isDark()) });
    this.tell("officeThemeChanged", officeThemeEvent(this.host.isDark()));
  }

  #frameFor(url, title) {
    const hostInfo = ["Outlook", "Web", "16.01", this.host.locale(), this.conversation, this.kind === "dialog" ? "isDialog" : "", "disableLogging", "0"];
    const address = new URL(url);
    address.searchParams.set("_host_Info", hostInfo.join("$"));
    const frame = document.createElement("iframe");
    frame.title = title;
    frame.className = `addin-frame addin-frame--${this.kind}`;
    // As Outlook on the web frames add-ins: scripts and their own origin, but no way to steer the top window.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads");
    frame.style.colorScheme = this.host.isDark() ? "dark" : "light";
    frame.name = JSON.stringify({
      baseFrameName: `_xdm_${this.manifest.id}${this.conversation}`,
      hostInfo: hostInfo.join("|"),
      xdmInfo: [this.conversation, this.manifest.id, location.origin].join("|"),
      serializerVersion: "1",
      flights: "[]",
      sandbox: { theme: officeTheme(this.host.isDark()), permission: this.manifest.permission },
    });
    frame.src = address.href;
    return frame;
  }

  #post(message) {
    this.element.contentWindow?.postMessage(message, this.origin);
  }

  #answer(request, data, { isEvent = false } = {}) {
    this.#post(JSON.stringify({
      _messageType: MESSAGE.answer,
      _actionName: request._actionName,
      _conversationId: request._conversationId,
      _correlationId: request._correlationId,
      _origin: location.origin,
      _data: data,
      _errorCode: 0,
      _responseType: isEvent ? 1 : 0,
      _serializerVersion: 1,
    }));
  }

  #receive(event) {
    if (event.source !== this.element.contentWindow || event.origin !== this.origin) {
      return;
    }
    if (event.data?.channel === CHANNEL) {
      this.#sideChannel(event.data);
    } else if (typeof event.data === "string") {
      const request = parsed(event.data);
      if (request?._messageType === MESSAGE.request) {
        this.#request(request);
      }
    }
  }

  async #sideChannel({ kind, call, body }) {
    if (kind === "nested-app-auth") {
      const answer = await this.host.signIn(body, this);
      this.#post({ channel: CHANNEL, kind, body: answer });
    } else if (kind === "get-selected-items") {
      this.#post({ channel: CHANNEL, kind: "answer", call, body: { value: this.host.selectedItems() } });
    } else if (kind === "load-item") {
      this.#post({ channel: CHANNEL, kind: "answer", call, body: this.host.loadItem(body.itemId) });
    }
  }

  #request(request) {
    const { _actionName: name, _actionType: type, _data: data } = request;
    if (type === ACTION.register) {
      this.log.note(this, "register", name, data);
      this.registered.set(name, request);
      this.#answer(request, { Error: 0 });
      this.#registered(name, data);
    } else if (type === ACTION.unregister) {
      this.registered.delete(name);
      if (name === "dialogMessageReceived") {
        this.dialog?.close();
        this.dialog = null;
      }
      this.#answer(request, { Error: 0 });
    } else {
      this.#invoked(request, name, data);
    }
  }

  #registered(name, data) {
    if (name === "dialogMessageReceived") {
      this.events.onDialog?.(parsed(data?.targetId) ?? {}, this);
    } else if (name === "appCommandInvoked") {
      this.events.onCommandsReady?.(this);
    }
  }

  #invoked(request, name, data) {
    switch (name) {
      case "ContextActivationManager_getAppContextAsync":
        this.log.note(this, "start", name);
        this.#answer(request, this.#appContext());
        this.events.onReady?.(this);
        break;
      case "ContextActivationManager_notifyHost":
        this.#notified(data?.[1]);
        break;
      case "ContextActivationManager_openWindowInHost":
        window.open(data?.strUrl, "_blank", "noopener");
        break;
      case "GetInitialData":
        this.log.note(this, "item", name);
        this.#answer(request, this.host.initialData());
        break;
      case "ExecuteMethod":
        this.#execute(request, data);
        break;
      case "executeMethod":
        this.#executeLibraryMethod(request, data);
        break;
      default:
        this.log.note(this, "unknown", name, data);
        this.#answer(request, {});
    }
  }

  async #execute(request, { ApiParams: params, MethodData: { DispatchId: dispatchId } }) {
    const answer = await this.host.execute(dispatchId, params, this);
    this.#answer(request, answer);
  }

  // Methods that belong to every Office application: commands and dialogs.
  #executeLibraryMethod(request, data) {
    const dispatchId = data?.DdaMethod?.DispatchId;
    this.log.note(this, "library-call", dispatchId, data);
    this.#answer(request, { Version: 1, Error: 0 });
    if (dispatchId === DISPATCH.commandCompleted) {
      this.events.onCompleted?.(data, this);
    } else if (dispatchId === DISPATCH.messageParent) {
      this.events.onMessageParent?.(data, this);
    } else if (dispatchId === DISPATCH.messageDialog) {
      this.dialog?.tell("dialogParentMessageReceived", {
        messageContent: data.messageContent,
        messageOrigin: this.origin,
      });
    }
  }

  // office.js walks its own page with Tab and tells the host when the keyboard wants out of the frame.
  #notified(action) {
    if (KEYBOARD_EXITS[action]) {
      this.events.onLeave?.(KEYBOARD_EXITS[action], this);
    }
  }

  #appContext() {
    return {
      _id: this.manifest.id,
      _appName: OUTLOOK_ON_THE_WEB,
      _appVersion: "16.01",
      _appUILocale: this.host.locale(),
      _dataLocale: this.host.locale(),
      _docUrl: "",
      _clientMode: 0,
      _settings: this.host.settings(),
      _reason: "inserted",
      _osfControlType: 1,
      _eToken: "",
      _correlationId: this.conversation,
      _appInstanceId: `${this.manifest.id}.${this.conversation}`,
      _requirementMatrix: REQUIREMENTS,
      _dialogRequirementMatrix: JSON.stringify({ DialogApi: "1.2" }),
      _hostFullVersion: "16.0.0.0",
      _addinName: this.manifest.name,
      _appDomains: [this.origin, ...this.manifest.appDomains],
      _featureGates: {},
      _initialDisplayMode: 0,
      _clientWindowWidth: window.innerWidth,
      _clientWindowHeight: window.innerHeight,
    };
  }
}

/** The number that stands for the manifest's permission in an item's dictionary. */
export function permissionOnTheWire(manifest) {
  return PERMISSION_ON_THE_WIRE[manifest.permission] ?? 0;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
