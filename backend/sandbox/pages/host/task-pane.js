// The add-in's task pane at the right: opened by its button, pinned or not, told when another mail is open.

import { AddinFrame } from "./addin-frame.js";
import { element, icon, refill } from "./dom.js";

/** The width in which Outlook on the web shows a task pane, in CSS pixels. */
const WIDTH = 320;

export class TaskPane {
  constructor(container, outlook, methods, log) {
    this.container = container;
    this.outlook = outlook;
    this.methods = methods;
    this.log = log;
    this.frame = null;
    this.head = element("div.pane__head");
    this.stage = element("div.pane__stage");
    this.stage.style.width = `${WIDTH}px`;
    container.append(this.head, this.stage);
    outlook.onItem((reason) => this.#itemChanged(reason));
  }

  render() {
    const { pane, manifest, message, selected, hasAddin, text } = this.outlook;
    const wanted = pane.isOpen && hasAddin && Boolean(message || this.frame || (selected.length && this.#takesSeveral()));
    this.container.hidden = !wanted;
    if (!wanted) {
      this.#empty();
      return;
    }
    this.container.setAttribute("aria-label", text.addinPane(manifest.name));
    this.#renderHead();
    if (!this.frame && !this.isOpening) {
      this.#open();
    }
  }

  /** Loads the page anew, e.g. in another language. */
  reload() {
    this.#empty();
    this.render();
  }

  themeChanged() {
    this.frame?.themeChanged();
  }

  #renderHead() {
    const { manifest, text, pane } = this.outlook;
    const button = this.#button();
    const canPin = button?.action.canPin;
    refill(
      this.head,
      element("h2.pane__title", {}, manifest.name),
      canPin
        ? element("button.bar-button.pane__pin", {
            type: "button", dataset: { key: "pin" }, "aria-pressed": String(pane.isPinned),
            "aria-label": pane.isPinned ? text.unpin : text.pin, title: pane.isPinned ? text.unpin : text.pin,
            onclick: () => this.outlook.togglePin(),
          }, icon("pin"))
        : null,
      element("button.bar-button.pane__close", {
        type: "button", dataset: { key: "close" }, "aria-label": text.close, title: text.close,
        onclick: () => this.outlook.closePane(),
      }, icon("close")),
    );
  }

  #button() {
    return this.outlook.pane.button ?? this.outlook.manifest.buttons.find(({ action }) => action.kind === "pane");
  }

  #takesSeveral() {
    return Boolean(this.#button()?.action.canMultiSelect);
  }

  async #open() {
    const { config, text, manifest } = this.outlook;
    this.isOpening = true;
    const problem = await this.#problem();
    this.isOpening = false;
    if (!this.outlook.pane.isOpen) {
      return;
    }
    if (problem) {
      this.stage.replaceChildren(problem);
      return;
    }
    this.frame = new AddinFrame({
      kind: "pane",
      url: this.#button().action.url,
      title: text.addinPane(manifest.name),
      manifest,
      host: this.methods,
      log: this.log,
      onLeave: leaveFrame,
      onDialog: (options, frame) => showDialog(options, frame, this.outlook, this.methods, this.log),
    });
    this.stage.replaceChildren(this.frame.element);
    this.log.note(this.frame, "opened", config.paneOrigin);
  }

  // Why the pane cannot be shown, in words; `null`: it can.
  async #problem() {
    const { config, text } = this.outlook;
    if (config.library.missing.length) {
      return this.#trouble(text.libraryMissing, text.libraryMissingHint, config.library.install, () => location.reload());
    }
    const isServed = await fetch(this.#button().action.url, { method: "HEAD", mode: "no-cors", credentials: "omit" }).then(() => true, () => false);
    if (isServed) {
      return null;
    }
    return this.#trouble(text.paneUnreachable(config.paneOrigin), text.paneUnreachableHint, "cargo xtask run", () => this.reload());
  }

  #trouble(title, hint, command, again) {
    return element("div.trouble", { role: "alert" },
      icon("warning", 40),
      element("p.empty__title", {}, title),
      element("p", {}, hint),
      element("code.trouble__command", {}, command),
      element("button.button", { type: "button", onclick: again }, this.outlook.text.tryAgain));
  }

  #itemChanged(reason) {
    if (reason === "person") {
      this.#empty();
    } else if (this.outlook.pane.isPinned || this.#takesSeveral()) {
      // Outlook on the web keeps the pane of an add-in that takes several messages, pinned or not.
      this.frame?.tell("olkItemSelectedChanged", this.methods.initialData() ?? "");
      this.frame?.selectionChanged();
    } else if (this.frame) {
      this.outlook.closePane();
    }
  }

  #empty() {
    this.frame?.close();
    this.frame = null;
    this.stage.replaceChildren();
  }
}

// Where the keyboard goes from the pane: on to the top of the page, back to the pane's head, or to the mail.
function leaveFrame(direction) {
  const target = {
    forward: "#banner a",
    backward: "#pane .pane__close",
    escape: "#list [aria-selected=true]",
  }[direction];
  document.querySelector(target)?.focus();
}

/** A dialog that the add-in wants in a frame (`displayInIframe`); others open as windows by themselves. */
function showDialog({ url, width, height }, opener, outlook, methods, log) {
  const { manifest, text } = outlook;
  const backdrop = element("dialog.office-dialog", { "aria-label": text.dialog(manifest.name) });
  const frame = new AddinFrame({
    kind: "dialog", url, title: text.dialog(manifest.name), manifest, host: methods, log,
    onMessageParent: ({ messageToParent }) =>
      opener.tell("dialogMessageReceived", { messageType: 0, messageContent: messageToParent, messageOrigin: frame.origin }),
  });
  const DIALOG_CLOSED_BY_PERSON = 12006;
  const close = frame.close.bind(frame);
  frame.close = () => {
    close();
    backdrop.remove();
  };
  const closeByPerson = () => {
    opener.tell("dialogMessageReceived", { messageType: DIALOG_CLOSED_BY_PERSON });
    opener.dialog = null;
    frame.close();
  };
  backdrop.style.width = `${width ?? 50}vw`;
  backdrop.style.height = `${height ?? 50}vh`;
  backdrop.append(
    element("button.bar-button.office-dialog__close", { type: "button", "aria-label": text.dismiss, onclick: closeByPerson }, icon("close")),
    frame.element,
  );
  backdrop.addEventListener("cancel", closeByPerson);
  document.body.append(backdrop);
  backdrop.showModal();
  opener.dialog = frame;
}
