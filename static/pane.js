// Starts the pane: gives the wasm its two doors to JavaScript libraries, then runs it.
import init from "./frontend.js";
import { configure, prefetch, token } from "./sign-in.js";
import { outlook } from "./outlook.js";

globalThis.regarding = { configure, token, outlook };

// Office.js walks the Tab stops itself, and leaves the pane when the focus is on none, as on the status after a
// click. From there the browser finds the way.
addEventListener("keydown", event => {
  if (event.key === "Tab" && event.target.matches?.("[tabindex='-1']")) event.stopImmediatePropagation();
}, true);

prefetch();

init({ module_or_path: "/frontend_bg.wasm" }).catch(error => {
  console.error(error);
  const german = navigator.language.startsWith("de");
  const text = document.createElement("p");
  text.className = "poster";
  text.textContent = german
    ? "Regarding konnte nicht starten. Schließen Sie den Bereich, und öffnen Sie ihn erneut."
    : "Regarding could not start. Close the pane and open it again.";
  document.getElementById("app").replaceChildren(text);
});
