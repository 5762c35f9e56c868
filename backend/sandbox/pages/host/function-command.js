// Runs a function command: a ribbon button without a pane. The manifest's function file is loaded in a
// hidden frame; once office.js listens for `appCommandInvoked`, it is told the function's name, and the
// frame goes when the function has called `event.completed()`.

import { AddinFrame } from "./addin-frame.js";

/** Outlook gives a function command five minutes. */
const LIMIT_MS = 300_000;
/** Outlook says that an add-in is at work when that lasts. */
const PATIENCE_MS = 1_000;
/** The page must have loaded and listen by then. */
const START_LIMIT_MS = 30_000;
const PROGRESS = 1;
const ERROR = 2;

let invocations = 0;

/** Resolves when the command is done or given up; `true`: the function was found and called `completed`. */
export async function runCommand(button, outlook, methods, log) {
  const { manifest, message, text } = outlook;
  const item = message.restId;
  const workingKey = `sandbox-working-${button.id}`;
  const hidden = document.getElementById("hidden-frames");
  outlook.running = button;
  outlook.changed();
  const patience = setTimeout(
    () => outlook.notices.put(item, { key: workingKey, type: PROGRESS, message: text.working(manifest.name, button.label) }),
    PATIENCE_MS,
  );
  let frame;
  const isCompleted = await new Promise((resolve) => {
    const limits = [setTimeout(() => resolve(false), LIMIT_MS)];
    const start = setTimeout(() => resolve(false), START_LIMIT_MS);
    limits.push(start);
    frame = new AddinFrame({
      kind: "command",
      url: manifest.functionFile,
      title: button.label,
      manifest,
      host: methods,
      log,
      onCommandsReady: (ready) => {
        clearTimeout(start);
        invoke(ready, button);
      },
      // Positional: the invocation's id, an error code (0: none), the event as JSON.
      onCompleted: ({ 1: errorCode }) => {
        limits.forEach(clearTimeout);
        resolve(!errorCode);
      },
    });
    hidden.append(frame.element);
  });
  clearTimeout(patience);
  frame.close();
  outlook.notices.remove(item, workingKey);
  if (!isCompleted) {
    outlook.notices.put(item, { key: `sandbox-silent-${button.id}`, type: ERROR, message: text.commandSilent(button.label) });
  }
  outlook.running = null;
  outlook.changed();
  return isCompleted;
}

function invoke(frame, button) {
  frame.tell("appCommandInvoked", [`command-${++invocations}`, button.action.name, JSON.stringify({ source: { id: button.id } })]);
}
