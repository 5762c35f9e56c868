// Signs the add-in in on behalf of whoever uses this page, as Outlook does for nested apps.
//
// msal-browser inside the pane sends `NestedAppAuthRequest`s as JSON text; the tokens come from the
// sandbox's Entra ID, which signs them. Tokens pass through here and are neither kept nor logged.

/**
 * Where accounts live: the host of the authority. msal-browser finds a cached token again only if the
 * bridge and the token's account agree on it and it is among the client's `knownAuthorities`.
 */
const ENVIRONMENT = location.host;
const CODES = { USER_INTERACTION_REQUIRED: "interaction_required" };

export class NestedAppAuth {
  /** @param {{tenantId: string}} config @param askPerson shows a consent window; resolves to true or false */
  constructor(config, log, askPerson) {
    this.config = config;
    this.log = log;
    this.askPerson = askPerson;
    this.faults = [];
  }

  /** The next `times` silent requests fail so, e.g. `USER_INTERACTION_REQUIRED`, `NO_NETWORK`, `DISABLED`. */
  fail(status, times = 1) {
    this.faults.push({ status, times });
  }

  /** JSON text in, JSON text out; never rejects. */
  async answer(text, person, frame) {
    const request = JSON.parse(text);
    const { method, requestId, tokenParams } = request;
    this.log.note(frame, "sign-in", method, { scope: tokenParams?.scope, clientId: tokenParams?.clientId });
    const outcome = await this.#perform(method, tokenParams, person);
    this.log.note(frame, "signed-in", method, outcome.error ? outcome.error : { person: person.upn });
    return JSON.stringify({ messageType: "NestedAppAuthResponse", requestId, success: !outcome.error, ...outcome });
  }

  async #perform(method, tokenParams, person) {
    if (method === "GetInitContext") {
      return { initContext: this.#initContext(person) };
    }
    if (method === "GetToken") {
      const fault = this.faults.find(({ times }) => times > 0);
      if (fault) {
        fault.times -= 1;
        return refusal(fault.status, "Asked for on the switchboard of the sandbox.");
      }
    } else if (method === "GetTokenPopup") {
      if (!(await this.askPerson(person, tokenParams))) {
        return refusal("USER_CANCEL", "The window was closed.");
      }
    } else {
      return refusal("PERSISTENT_ERROR", `The sandbox does not know the method ${method}.`);
    }
    return this.#token(tokenParams, person);
  }

  #initContext(person) {
    return {
      sdkName: "sandbox-host",
      sdkVersion: "1.0.0",
      accountContext: {
        homeAccountId: `${person.oid}.${this.config.tenantId}`,
        environment: ENVIRONMENT,
        tenantId: this.config.tenantId,
        username: person.upn,
      },
      capabilities: { queryAccount: true },
    };
  }

  async #token({ clientId, scope }, person) {
    let response;
    try {
      response = await fetch("/sandbox/naa/token", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ person: person.upn, clientId, scope }),
      });
    } catch {
      return refusal("NO_NETWORK", "The sandbox cannot be reached.");
    }
    const body = await response.json().catch(() => ({}));
    if (!response.ok) {
      const reason = body.error_description ?? body.error?.message ?? `Entra ID answers ${response.status}.`;
      return refusal(statusFor(body), reason, body.error?.code ?? body.error);
    }
    const { account, ...token } = body;
    return { token, account };
  }
}

function statusFor({ error }) {
  const needsPerson = ["interaction_required", "login_required", "consent_required"];
  return needsPerson.includes(error) ? "USER_INTERACTION_REQUIRED" : "PERSISTENT_ERROR";
}

// `status` is the bridge's word, `code` the one that msal-browser shows as `errorCode`.
function refusal(status, description, code = CODES[status] ?? status.toLowerCase()) {
  return { error: { status, description, code, subError: "", properties: {} } };
}
