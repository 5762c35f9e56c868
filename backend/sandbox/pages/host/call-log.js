// What the add-in asked of the host, and the faults one wants it to meet: `window.hostLog`.
//
// Tests and curious people read `hostLog.entries`; each has `at` (ms since the page opened), `from` (`pane`,
// `command` or `dialog`), `what`, `name` (a dispatch id or an event's name) and `detail`. Tokens never
// appear.

export class CallLog {
  constructor() {
    this.entries = [];
    this.faults = [];
    this.waiting = [];
  }

  note(frame, what, name, detail) {
    const entry = { at: Math.round(performance.now()), from: frame?.kind ?? "host", what, name, detail };
    this.entries.push(entry);
    this.waiting = this.waiting.filter(({ is, resolve }) => !(is(entry) && (resolve(entry), true)));
  }

  /** Entries of one kind, e.g. `hostLog.of("call", 157)`. */
  of(what, name) {
    return this.entries.filter((entry) => entry.what === what && (name === undefined || entry.name === name));
  }

  /** Resolves with the next entry for which `is(entry)` holds. */
  next(is) {
    return new Promise((resolve) => this.waiting.push({ is, resolve }));
  }

  /** The next `times` calls of this dispatch id fail with this code of Office.js, e.g. `fail(157, 9042)`. */
  fail(dispatchId, errorCode, times = 1) {
    this.faults.push({ dispatchId, errorCode, times });
  }

  /** The code with which this call must fail, if it must. */
  faultFor(dispatchId) {
    const fault = this.faults.find((armed) => armed.dispatchId === dispatchId && armed.times > 0);
    if (!fault) {
      return null;
    }
    fault.times -= 1;
    return fault.errorCode;
  }
}
