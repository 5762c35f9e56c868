// The window in which a person allows the add-in to sign in, when it asks for one (`acquireTokenPopup`).

import { avatar, element } from "./dom.js";

/** Resolves to `true` when the person goes on, `false` when the window is closed. */
export function askPerson(outlook, person, { scope }) {
  const { text, manifest } = outlook;
  return new Promise((resolve) => {
    const dialog = element("dialog.consent", { "aria-labelledby": "consent-title" });
    const answer = (isAllowed) => {
      resolve(isAllowed);
      dialog.remove();
    };
    dialog.append(
      element("h2", { id: "consent-title" }, text.consentTitle),
      element("div.consent__person", {}, avatar(person.name, "large"),
        element("div", {}, element("div", {}, person.name), element("div.mail__address", {}, person.upn))),
      element("p", {}, text.consentBody(manifest.name, person.name)),
      element("p.consent__scopes", {}, `${text.consentScopes} `, element("code", {}, scope)),
      element("div.consent__buttons", {},
        element("button.button.button--primary", { type: "button", dataset: { consent: "allow" }, onclick: () => answer(true) }, text.allow),
        element("button.button", { type: "button", dataset: { consent: "cancel" }, onclick: () => answer(false) }, text.cancel)),
    );
    dialog.addEventListener("cancel", () => answer(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}
