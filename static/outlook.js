// Waits for Office.js, which comes from Microsoft and may come late, or never.

let arrival;

/** Resolves with the host's name, or null outside of one; rejects when Office.js did not load. */
export function outlook() {
  arrival ??= new Promise((resolve, reject) => {
    if (globalThis.Office) return resolve();
    const script = document.getElementById("office");
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    // It may have failed before anybody listened.
    addEventListener("load", () => globalThis.Office ? resolve() : reject());
    if (document.readyState === "complete") reject();
  });
  return arrival.then(() => Office.onReady()).then(info => info.host ?? null);
}
