// Asks one question in a window of its own, which no other page can frame or cover, and tells the pane the
// answer. The words come behind the "#", as the JSON list [language, title, yes, no,
// ...lines]; they are text, never markup.
import { outlook } from "./outlook.js";

const [language, title, yes, no, ...lines] = words();
const find = id => document.getElementById(id);

document.documentElement.lang = language;
document.title = title;
find("title").textContent = title;
find("lines").replaceChildren(...lines.map(line => {
  const item = document.createElement("li");
  item.textContent = line;
  return item;
}));

answer("yes", yes);
answer("no", no);
outlook().then(() => {
  for (const id of ["yes", "no"]) find(id).disabled = false;
  find("no").focus();
}, () => {});

/** Nothing is trusted: whoever opens this page without a pane gets an empty question that goes nowhere. */
function words() {
  try {
    const list = JSON.parse(decodeURIComponent(location.hash.slice(1).split("&_xdm")[0]));
    if (Array.isArray(list) && list.length >= 4) return list.map(String);
  } catch { /* not ours */ }
  return ["en", "Regarding", "", ""];
}

function answer(id, text) {
  find(id).textContent = text;
  find(id).addEventListener("click", () => Office.context.ui.messageParent(id));
}
