// Talks to MSAL: nested app authentication where Outlook offers it; where it does not, the same MSAL object
// signs in with an ordinary popup. Tokens stay in memory, and Outlook keeps its own.

const MSAL = "/vendor/msal-browser.min.js";
const INTEGRITY = "integrity:/vendor/msal-browser.min.js";

let settings;
let fetching;
let application;
let asking;

/** Says who we are. */
export function configure(clientId, authority, scope) {
  settings = { clientId, authority, scopes: [scope] };
}

/** Fetches MSAL ahead of time, behind everything that has to be painted first. */
export function prefetch() {
  script().catch(() => {});
}

/** An access token for our service; rejects with { kind, message }. */
export async function token(inWindow, claims) {
  try {
    const msal = await load();
    if (inWindow) return await ask(msal, claims);
    const request = { scopes: settings.scopes, account: msal.getActiveAccount() ?? undefined };
    return keep(msal, await msal.acquireTokenSilent(request));
  } catch (error) {
    throw { kind: kindOf(error), message: String(error?.errorMessage || error?.message || error?.errorCode || error) };
  }
}

/** One window at a time: a second click waits for the first one's. */
function ask(msal, claims) {
  const request = { scopes: settings.scopes, claims };
  asking ??= msal.acquireTokenPopup(request)
    .then(answer => keep(msal, answer))
    .finally(() => { asking = undefined; });
  return asking;
}

function keep(msal, answer) {
  msal.setActiveAccount(answer.account);
  return answer.accessToken;
}

// Not before Outlook is there: MSAL looks for its bridge only once.
function load() {
  application ??= script()
    .then(() => globalThis.msal.createNestablePublicClientApplication({
      auth: {
        clientId: settings.clientId,
        authority: settings.authority,
        knownAuthorities: [new URL(settings.authority).host],
        redirectUri: location.origin + "/signed-in.html",
      },
      cache: { cacheLocation: "memoryStorage" },
    }))
    .catch(error => { application = undefined; throw error; });
  return application;
}

function script() {
  if (globalThis.msal) return Promise.resolve();
  fetching ??= new Promise((resolve, reject) => {
    const element = document.createElement("script");
    if (INTEGRITY.startsWith("sha")) element.integrity = INTEGRITY;
    element.fetchPriority = "low";
    element.src = MSAL;
    element.onload = resolve;
    element.onerror = () => {
      element.remove();
      fetching = undefined;
      reject({ kind: "offline" });
    };
    document.head.append(element);
  });
  return fetching;
}

/** What the pane makes of MSAL's errors. */
function kindOf(error) {
  const code = error?.errorCode ?? "";
  if (error?.kind) return error.kind;
  if (/user_cancel|access_denied/.test(code)) return "cancelled";
  if (/network|post_request_failed|get_request_failed|no_network/.test(code)) return "offline";
  const wantsUser = globalThis.msal && error instanceof msal.InteractionRequiredAuthError;
  // Without an account nobody signed in yet.
  return wantsUser || /no_account|login_required|interaction_required/.test(code) ? "interaction" : "failed";
}
