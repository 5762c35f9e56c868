// The bars above a mail: what the add-in put there through `notificationMessages`, and the page's own.

export class Notices {
  constructor(onChange) {
    this.byItem = new Map();
    this.onChange = onChange;
  }

  of(item) {
    return [...(this.byItem.get(item)?.values() ?? [])];
  }

  /** Adds, or replaces what has the same key. `notice`: `{key, type, message, persistent?}`, as Office.js sends it. */
  put(item, notice) {
    const ofItem = this.byItem.get(item) ?? new Map();
    ofItem.set(notice.key, notice);
    this.byItem.set(item, ofItem);
    this.onChange();
  }

  /** `false`: there was none of that key. */
  remove(item, key) {
    const removed = this.byItem.get(item)?.delete(key) ?? false;
    if (removed) {
      this.onChange();
    }
    return removed;
  }

  /** Outlook forgets what is not persistent when another item is opened; errors and progress go too. */
  left(item) {
    for (const { key, persistent } of this.of(item)) {
      if (!persistent) {
        this.byItem.get(item).delete(key);
      }
    }
  }
}
