// Light and dark, and how Office.js hears of it.

const LIGHT = { bodyBackgroundColor: 0xffffff, bodyForegroundColor: 0x242424, controlBackgroundColor: 0xf5f5f5, controlForegroundColor: 0x242424 };
const DARK = { bodyBackgroundColor: 0x292929, bodyForegroundColor: 0xffffff, controlBackgroundColor: 0x1f1f1f, controlForegroundColor: 0xffffff };

/** As `Office.context.officeTheme` has it: CSS colours by name. */
export function officeTheme(isDark) {
  const css = (colour) => `#${colour.toString(16).padStart(6, "0")}`;
  return Object.fromEntries(Object.entries(isDark ? DARK : LIGHT).map(([name, colour]) => [name, css(colour)]));
}

/** As the event `officeThemeChanged` carries it: a list with JSON text, colours as numbers. */
export function officeThemeEvent(isDark) {
  return [JSON.stringify(isDark ? DARK : LIGHT)];
}

/** Puts the theme on the page; `auto` follows the system. Calls back now and at each change. */
export class Theme {
  constructor(wish, onChange) {
    this.wish = wish;
    this.system = window.matchMedia("(prefers-color-scheme: dark)");
    this.onChange = onChange;
    this.system.addEventListener("change", () => this.#apply());
    this.#apply();
  }

  get isDark() {
    return this.wish === "dark" || (this.wish === "auto" && this.system.matches);
  }

  toggle() {
    this.wish = this.isDark ? "light" : "dark";
    this.#apply();
  }

  #apply() {
    document.documentElement.dataset.theme = this.isDark ? "dark" : "light";
    this.onChange(this);
  }
}
