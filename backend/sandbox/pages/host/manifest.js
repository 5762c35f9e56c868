// Reads the add-in's manifest as Outlook does when it is sideloaded, as far as the reading of mail needs it:
// who it is, what it may, which buttons it brings and which pages they open.
//
// Addresses in it name the origin it was written for. Their paths are taken over to the origin where the
// pane runs now, so that one manifest serves every port.

export const PERMISSION_ON_THE_WIRE = { ReadItem: 1, ReadWriteMailbox: 2, ReadWriteItem: 3 };

/** What the ribbon shows while no manifest can be had. */
export function manifestByDefault(paneOrigin) {
  const button = (id, label, action) => ({ id, label, tip: label, icon: null, action });
  return {
    id: "5a9db0c5-0000-4000-8000-00000000add0",
    name: "Regarding",
    permission: "ReadWriteMailbox",
    sharedFolders: true,
    appDomains: [],
    functionFile: `${paneOrigin}/commands.html`,
    buttons: [
      button("open", "Regarding", { kind: "pane", url: `${paneOrigin}/pane.html`, canPin: true, canMultiSelect: true }),
      button("track", "Track", { kind: "function", name: "track" }),
      button("untrack", "Untrack", { kind: "function", name: "untrack" }),
    ],
    isDefault: true,
  };
}

/** Fetches and reads `manifest.xml`; rejects with a sentence that says what is wrong. */
export async function loadManifest(paneOrigin, language) {
  const address = `${paneOrigin}/manifest.xml`;
  const response = await fetch(address, { credentials: "omit" }).catch(() => null);
  if (!response) {
    throw new Error(`${address} cannot be reached, or does not allow this page to read it (CORS).`);
  }
  if (!response.ok) {
    throw new Error(`${address} answers ${response.status}.`);
  }
  return readManifest(await response.text(), paneOrigin, language);
}

/** `language`: `en` or `de`. */
export function readManifest(xml, paneOrigin, language) {
  const document = new DOMParser().parseFromString(xml, "application/xml");
  if (document.querySelector("parsererror")) {
    throw new Error("manifest.xml is not well-formed XML.");
  }
  const root = document.documentElement;
  const overrides = all(root, "VersionOverrides").at(-1);
  const desktop = overrides && first(overrides, "DesktopFormFactor");
  const surface = desktop && all(desktop, "ExtensionPoint").find((point) => xsiType(point) === "MessageReadCommandSurface");
  if (!surface) {
    throw new Error("manifest.xml has no MessageReadCommandSurface for the desktop form factor.");
  }
  const resource = resources(overrides, paneOrigin, language);
  return {
    id: text(child(root, "Id")).replace(/[{}]/g, ""),
    name: localized(child(root, "DisplayName"), "DefaultValue", language),
    permission: text(child(root, "Permissions")) || "Restricted",
    sharedFolders: text(first(desktop, "SupportsSharedFolders")) === "true",
    appDomains: all(root, "AppDomain").map((domain) => text(domain)),
    functionFile: resource(first(desktop, "FunctionFile")),
    buttons: all(surface, "Control").concat(all(surface, "Item")).map((control) => buttonOf(control, resource)).filter(Boolean),
    isDefault: false,
  };
}

function buttonOf(control, resource) {
  const action = child(control, "Action");
  if (!action) {
    return null;
  }
  const icons = [...(child(control, "Icon")?.children ?? [])];
  const icon = icons.find((image) => image.getAttribute("size") === "32") ?? icons[0];
  const tip = child(control, "Supertip");
  return {
    id: control.getAttribute("id"),
    label: resource(child(control, "Label")),
    tip: (tip && resource(child(tip, "Description"))) || "",
    icon: icon ? resource(icon) : null,
    action: xsiType(action) === "ExecuteFunction"
      ? { kind: "function", name: text(child(action, "FunctionName")) }
      : {
          kind: "pane",
          url: resource(child(action, "SourceLocation")),
          canPin: text(child(action, "SupportsPinning")) === "true",
          canMultiSelect: text(child(action, "SupportsMultiSelect")) === "true",
        },
  };
}

// Gives the function that follows a `resid`.
function resources(overrides, paneOrigin, language) {
  const byId = new Map();
  for (const entry of [...all(overrides, "Image"), ...all(overrides, "Url"), ...all(overrides, "String")]) {
    const value = localized(entry, "DefaultValue", language);
    byId.set(entry.getAttribute("id"), entry.localName === "String" ? value : atOrigin(value, paneOrigin));
  }
  return (element) => byId.get(element?.getAttribute("resid")) ?? "";
}

function localized(element, attribute, language) {
  const override = [...(element?.children ?? [])].find(
    (child) => child.localName === "Override" && child.getAttribute("Locale")?.toLowerCase().startsWith(language),
  );
  return (override ? override.getAttribute("Value") : element?.getAttribute(attribute)) ?? "";
}

function atOrigin(address, origin) {
  const { pathname, search } = new URL(address, origin);
  return origin + pathname + search;
}

const all = (element, name) => [...element.getElementsByTagNameNS("*", name)];
const first = (element, name) => all(element, name)[0];
const child = (element, name) => [...(element?.children ?? [])].find((candidate) => candidate.localName === name);
const text = (element) => element?.textContent.trim() ?? "";
const xsiType = (element) => element.getAttributeNS("http://www.w3.org/2001/XMLSchema-instance", "type");
